"""The embedded PostgreSQL, used from processes of their own, as servers do."""

import asyncio
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from graphs.persistence.cluster import Cluster, ClusterError
from graphs.persistence.embedded import ensure_embedded, release_embedded, restart_embedded
from graphs.persistence.settings import PROJECT_ROOT, PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.checkpoints import history, put
from tests.support.postgres import make_data_folder

_LINGER = 0.3

# What a server does: it uses the embedded PostgreSQL, and on Ctrl-C flushes before it ends.
_USER = """
import signal, sys, time
from pathlib import Path
import psycopg
from graphs.persistence.embedded import ensure_embedded

uri = ensure_embedded(Path(sys.argv[1]), linger=float(sys.argv[2]))
try:
    print(uri, flush=True)
    while True:
        time.sleep(0.05)
except KeyboardInterrupt:
    time.sleep(0.5)
    with psycopg.connect(uri, autocommit=True) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS flushed ()")
    print("flushed", flush=True)
"""


@pytest.fixture
def folder():
    # Not tmp_path: the server isn't root's, and the path of its socket is short.
    parent = Path(tempfile.mkdtemp(prefix="holdfast-embedded-"))
    parent.chmod(0o711)
    data = parent / "postgres"
    make_data_folder(data)
    yield data
    release_embedded(data)
    Cluster(data, {}).stop("immediate")
    _wait_for_keeper(parent / "postgres.keeper.lock")
    shutil.rmtree(parent)


def _wait_for_keeper(lock):
    if lock.exists():
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)


@contextmanager
def _user_of(folder, linger=_LINGER):
    command = [sys.executable, "-c", _USER, str(folder), str(linger)]
    with subprocess.Popen(
        command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def _running(folder):
    return Cluster(folder, {}).postmaster() is not None


def _stops(folder, within=10.0):
    deadline = time.monotonic() + within
    while _running(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _ask(uri, query="SELECT 1"):
    with psycopg.connect(uri, autocommit=True) as conn:
        cursor = conn.execute(query)
        return cursor.fetchall() if cursor.description else None


def test_a_second_user_finds_it_running_and_the_last_one_ends_it(folder):
    with _user_of(folder) as (first, uri), _user_of(folder) as (second, same_uri):
        assert uri == same_uri
        _ask(uri, "CREATE TABLE kept ()")

        first.kill()
        first.wait()
        time.sleep(2 * _LINGER)
        assert _ask(uri, "SELECT count(*) FROM kept") == [(0,)]

        second.kill()
        second.wait()
        assert _stops(folder)

    # What they stored is there at the next start, and so is nothing that hinders it.
    assert _ask(ensure_embedded(folder, linger=_LINGER), "SELECT count(*) FROM kept") == [(0,)]


def test_it_outlasts_a_server_that_reloads(folder):
    with _user_of(folder, linger=3) as (_, uri):
        before = _ask(uri, "SELECT pg_postmaster_start_time()")
    with _user_of(folder, linger=3) as (_, uri):
        assert _ask(uri, "SELECT pg_postmaster_start_time()") == before


def test_ctrl_c_leaves_it_running_until_the_server_has_flushed(folder):
    with _user_of(folder) as (process, _):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does

        assert process.stdout.read().strip() == "flushed"
        assert process.wait() == 0
        assert _stops(folder)


def test_release_stops_it_at_once_whatever_the_keeper_does_then(folder):
    for _ in range(5):
        ensure_embedded(folder, linger=_LINGER)
        time.sleep(0.1)  # the keeper waits for the release by now, and wakes up with it
        assert _running(folder)

        release_embedded(folder)
        assert not _running(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hand it to another account")
def test_made_by_root_it_belongs_to_an_account_without_rights(folder):
    made = folder.with_name("made")
    Cluster(made, {}).initialise(sync=False)

    assert made.stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert made.stat().st_mode & 0o077 == 0
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".made-")]


async def test_sessions_outlive_a_restart(folder):
    ensure_embedded(folder, linger=_LINGER)
    async with open_saver(PersistenceSettings(embedded_folder=folder, outage_budget=30)) as saver:
        await put(saver, "t")
        restarting = asyncio.create_task(asyncio.to_thread(restart_embedded, folder, "immediate"))
        for _ in range(20):
            await put(saver, "t")
        await restarting

        assert len(await history(saver, "t")) == 21


def test_starts_after_a_crash_even_if_its_process_number_is_taken(folder):
    uri = ensure_embedded(folder, linger=_LINGER)
    cluster = Cluster(folder, {})
    postmaster = cluster.postmaster()
    assert postmaster is not None
    os.kill(postmaster, signal.SIGKILL)
    while cluster.processes():
        time.sleep(0.02)
    lock_file = folder / "postmaster.pid"
    _, _, rest = lock_file.read_text().partition("\n")
    lock_file.write_text(f"{os.getpid()}\n{rest}")  # this process, which is no PostgreSQL

    assert ensure_embedded(folder, linger=_LINGER) == uri
    assert _ask(uri) == [(1,)]


def test_a_long_path_has_its_socket_elsewhere(folder):
    deep = folder.parent / ("d" * 60) / ("e" * 60) / "postgres"
    try:
        uri = ensure_embedded(deep, linger=_LINGER)
        assert _ask(uri) == [(1,)]
        assert str(deep) not in uri
        socket_folder = Path(str(conninfo_to_dict(uri)["host"]))
    finally:
        release_embedded(deep)
    _wait_for_keeper(deep.parent / "postgres.keeper.lock")
    shutil.rmtree(socket_folder)


def test_a_folder_of_another_version_is_left_alone(folder):
    (folder / "PG_VERSION").write_text("16\n")

    with pytest.raises(ClusterError, match=r"made by PostgreSQL 16.*CHECKPOINT_EMBEDDED_FOLDER"):
        ensure_embedded(folder, linger=_LINGER)


def test_what_the_server_says_is_in_the_error(folder):
    cluster = Cluster(folder, {"port": "none"})

    with pytest.raises(ClusterError, match='invalid value for parameter "port"'):
        cluster.start()
