"""The sizing calculator: its arithmetic, and the command."""

import os
import subprocess
import sys

import pytest

from graphs.client.cli import _switch_of
from graphs.client.sizing import Deployment
from graphs.persistence.settings import PersistenceSettings


def test_the_defaults_fit_the_defaults_of_postgresql():
    deployment = Deployment()

    assert deployment.problems == ()
    assert (deployment.total, deployment.available, deployment.room) == (20, 97, 3)


@pytest.mark.parametrize("isolated_loops", [True, False])
@pytest.mark.parametrize("jobs", [0, 1, 10])
@pytest.mark.parametrize("budget", [11, 20, 47])
def test_pools_are_as_large_as_the_server_makes_them(budget, jobs, isolated_loops):
    settings = PersistenceSettings(
        connection_budget=budget, jobs_per_worker=jobs, isolated_loops=isolated_loops
    )

    deployment = Deployment(budget=budget, jobs=jobs, isolated_loops=isolated_loops)

    assert deployment.loops == settings.event_loops
    assert deployment.pool_size == settings.pool_size


def test_connections_are_replicas_times_loops_times_the_size_of_a_pool():
    deployment = Deployment(replicas=3, jobs=10, isolated_loops=True, budget=47)

    assert (deployment.loops, deployment.pool_size) == (11, 4)
    assert deployment.total == 3 * 11 * 4


def test_what_postgresql_reserves_and_others_hold_is_not_there():
    assert Deployment(max_connections=50, reserved=5, others=26).problems
    assert not Deployment(max_connections=50, reserved=5, others=25).problems


@pytest.mark.parametrize(
    ("deployment", "remedy"),
    [
        (Deployment(replicas=6), "set CHECKPOINT_CONNECTION_BUDGET=16,"),
        (Deployment(replicas=6), "set max_connections=123 in PostgreSQL"),
        (Deployment(replicas=6), "no more than 4 replicas"),
        (Deployment(replicas=30, isolated_loops=True), "CHECKPOINT_CONNECTION_BUDGET=3 and unset BG_JOB"),
        (Deployment(isolated_loops=True, budget=10), "CHECKPOINT_CONNECTION_BUDGET=11 or more"),
        (Deployment(replicas=2, server_pool=150), "set LANGGRAPH_POSTGRES_POOL_MAX_SIZE=28"),
        (Deployment(replicas=2, users=25), "set N_JOBS_PER_WORKER=13, or run 3 replicas"),
        (Deployment(jobs=0, users=25), "set N_JOBS_PER_WORKER=25."),
        (Deployment(users=500), "wait in the queue: set N_JOBS_PER_WORKER=500."),
        (
            Deployment(users=500, isolated_loops=True),
            "wait in the queue: set N_JOBS_PER_WORKER=500 and unset BG_JOB_ISOLATED_LOOPS.",
        ),
        (
            Deployment(users=15, isolated_loops=True, max_connections=17),
            "set N_JOBS_PER_WORKER=15 with max_connections=19 in PostgreSQL, or run 2 replicas with "
            "max_connections=25 in PostgreSQL.",
        ),
        (Deployment(others=97), "Set max_connections=120 in PostgreSQL"),
    ],
)
def test_what_does_not_fit_comes_with_what_to_change(deployment, remedy):
    [problem] = deployment.problems
    assert remedy in problem


@pytest.mark.parametrize(
    "changed",
    [
        {"replicas": 6, "budget": 16},
        {"replicas": 6, "max_connections": 123},
        {"replicas": 4},
        {"replicas": 30, "budget": 3},
        {"isolated_loops": True, "budget": 11},
        {"replicas": 2, "server_pool": 28},
        {"replicas": 2, "users": 25, "jobs": 13},
        {"replicas": 3, "users": 25},
        {"users": 500, "jobs": 500},
        {"users": 15, "jobs": 15, "isolated_loops": True, "max_connections": 19},
        {"users": 15, "replicas": 2, "isolated_loops": True, "max_connections": 25},
    ],
)
def test_the_changes_that_it_names_make_it_fit(changed):
    assert Deployment(**changed).problems == ()


@pytest.mark.parametrize("name", ["replicas", "budget", "max_connections"])
def test_a_number_that_makes_no_sense_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} is 0: give 1 or more"):
        Deployment(**{name: 0})
    with pytest.raises(ValueError, match="others is -1: give 0 or more"):
        Deployment(others=-1)


def sizing(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "graphs.client.cli", "sizing", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_command_says_whether_it_fits():
    fits = sizing("--replicas", "4", CHECKPOINT_CONNECTION_BUDGET="24")
    assert fits.returncode == 0, fits.stderr
    assert fits.stdout.startswith("It fits.\n")
    assert "connections of all processes\t96\n" in fits.stdout

    too_many = sizing("--replicas", "5", CHECKPOINT_CONNECTION_BUDGET="24")
    assert too_many.returncode == 1
    assert too_many.stdout.startswith("It does not fit.\n")
    assert "set CHECKPOINT_CONNECTION_BUDGET=19" in too_many.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "told"),
    [
        (["--replicas", "0"], {}, "'--replicas': it is '0': give a whole number of 1 or more."),
        (["--users", "some"], {}, "'--users': it is 'some': give a whole number of 0 or more."),
        (
            [],
            {"CHECKPOINT_CONNECTION_BUDGET": "1.5"},
            "(env var: 'CHECKPOINT_CONNECTION_BUDGET'): it is '1.5': give a whole number of 1 or more.",
        ),
        (
            [],
            {"BG_JOB_ISOLATED_LOOPS": "maybe"},
            "BG_JOB_ISOLATED_LOOPS is 'maybe': set it to true or false, or unset it.",
        ),
        (
            ["--budget", "5", "--isolated-loops"],
            {},
            "--budget 5 is below one connection for each of the 11 event loops that --isolated-loops makes, "
            "so the server does not start: set CHECKPOINT_CONNECTION_BUDGET=11 or more, or unset "
            "BG_JOB_ISOLATED_LOOPS.",
        ),
        (
            ["--max-connections", "2"],
            {},
            "--max-connections 2 leaves nothing for this deployment: --reserved 3 and --others 0 take 3. "
            "Set max_connections=23 in PostgreSQL, or correct these options.",
        ),
    ],
)
def test_the_command_names_the_option_its_value_and_the_remedy_and_counts_nothing(
    arguments: list[str], environment: dict[str, str], told: str
) -> None:
    refused = sizing(*arguments, **environment)

    assert refused.returncode == 2
    assert told in " ".join(refused.stderr.replace("│", " ").split())
    assert refused.stdout == ""


@pytest.mark.parametrize("word", ["1", "On", "true", "0", "off", "false", ""])
def test_a_switch_in_the_environment_is_read_as_the_server_reads_it(word, monkeypatch):
    monkeypatch.setenv("BG_JOB_ISOLATED_LOOPS", word)

    assert _switch_of("BG_JOB_ISOLATED_LOOPS") is PersistenceSettings().isolated_loops
