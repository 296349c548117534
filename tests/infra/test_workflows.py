"""The workflows of GitHub Actions: their schema, and what a schema can't know."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from graphs.server.process import PROJECT_ROOT

FOLDER = PROJECT_ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
RELEASE = FOLDER / "workflows" / "release.yml"
MADE_BY_A_STEP = {"backend_override.tf", "release.auto.tfvars", "release.tfplan"}
each_workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)


def load(file: Path) -> dict[str, Any]:
    return YAML(typ="safe").load(file)


def steps_of(file: Path) -> Iterator[dict[str, Any]]:
    for job in load(file)["jobs"].values():
        yield from job.get("steps", [])


def scripts_of(file: Path) -> list[str]:
    return [step["run"] for step in steps_of(file) if "run" in step]


@pytest.mark.parametrize(
    ("schema", "files"),
    [("vendor.github-workflows", WORKFLOWS), ("vendor.dependabot", [FOLDER / "dependabot.yml"])],
)
def test_schema(schema: str, files: list[Path]) -> None:
    command = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", schema, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@each_workflow
def test_actions_are_pinned_to_a_commit_and_say_its_version(file: Path) -> None:
    used = [line.strip() for line in file.read_text().splitlines() if re.match(r"\s*(- )?uses:", line)]
    assert used
    for line in used:
        if local := re.fullmatch(r"(?:- )?uses: \./(\S+)", line):
            assert (PROJECT_ROOT / local[1]).is_file()
        else:
            assert re.fullmatch(
                r"- uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", f"- {line.removeprefix('- ')}"
            )


def test_each_action_has_one_version_everywhere() -> None:
    used = {step["uses"] for file in WORKFLOWS for step in steps_of(file) if "uses" in step}
    names = [action.partition("@")[0] for action in used]
    assert len(names) == len(set(names))


@each_workflow
def test_scripts_are_shell_and_get_values_from_the_environment_alone(file: Path) -> None:
    """An expression in a script would be code by whoever names a branch or a tag."""
    for script in scripts_of(file):
        assert "${{" not in script
        subprocess.run(["bash", "-n"], input=script, text=True, timeout=30, check=True)


@each_workflow
def test_what_scripts_name_is_there(file: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE))
    for script in scripts_of(file):
        assert set(re.findall(r"^make ([a-z-]+)", script, re.MULTILINE)) <= targets
        for path in re.findall(r"(?<![\w./-])((?:\.ci|\.venv|infra|tests|graphs)/[\w./-]+)", script):
            assert Path(path).name in MADE_BY_A_STEP or (PROJECT_ROOT / path).exists(), path


@each_workflow
def test_a_secret_goes_to_the_one_step_that_needs_it(file: Path) -> None:
    text = file.read_text()
    assert set(re.findall(r"secrets\.(\w+)", text)) <= {"LANGGRAPH_API_KEY"}
    assert "secrets: inherit" not in text
    assert not re.search(r"aws-(access-key-id|secret-access-key)", text), "a role by OIDC has no key"
    for step in steps_of(file):
        if "secrets." in str(step):
            assert step["run"] == 'make smoke URL="$DEPLOYED_URL"'
            assert "secrets." not in str(step | {"env": {}})
        assert "set -x" not in step.get("run", "")
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


@each_workflow
def test_permissions_are_least(file: Path) -> None:
    workflow = load(file)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assumes_role = "configure-aws-credentials" in str(job)
        expected = {"contents": "read", "id-token": "write"} if assumes_role else {"contents": "read"}
        assert job["permissions"] == expected


def test_a_release_goes_step_by_step_and_waits_for_approval() -> None:
    workflow = load(RELEASE)
    jobs = workflow["jobs"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "test": None,
        "build": "test",
        "plan": "build",
        "apply": "plan",
        "smoke": "apply",
    }
    assert [name for name, job in jobs.items() if "environment" in job] == ["apply"]
    assert jobs["apply"]["environment"]["name"] == "production"
    assert workflow["concurrency"] == {"group": "release", "cancel-in-progress": False}
    roles = {
        name: step["with"]["role-to-assume"]
        for name, job in jobs.items()
        for step in job.get("steps", [])
        if "role-to-assume" in step.get("with", {})
    }
    assert len(set(roles.values())) == len(roles) == 3, "a role each"


def test_nothing_is_installed_while_there_are_credentials() -> None:
    for name, job in load(RELEASE)["jobs"].items():
        steps = [str(step) for step in job.get("steps", [])]
        with_role = next((i for i, step in enumerate(steps) if "role-to-assume" in step), len(steps))
        assert not any("make install" in step for step in steps[with_role:]), name


def test_an_image_is_scanned_before_it_is_pushed() -> None:
    steps = load(RELEASE)["jobs"]["build"]["steps"]
    names = [step.get("name") for step in steps]
    assert names.index("Build") < names.index("Scan") < names.index("Push")
    scan = steps[names.index("Scan")]["with"]
    assert scan["fail-build"] is True
    built = re.search(r"--tag (\S+)", steps[names.index("Build")]["run"])
    assert built
    assert scan["image"] == built[1]
