"""Terraform in temporary folders, and an AWS that moto emulates, on a free port."""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from graphs.server.process import free_port
from tests.infra.terraform import PROJECT_ROOT, TERRAFORM, Workspace, workspace

REGION = "eu-central-1"
TOOLS = PROJECT_ROOT / ".venv-infra" / "bin"
_START_SECONDS = 120

_OVERRIDE = """
provider "aws" {
  # moto answers what it lacks with 500, which the provider would try again for minutes
  max_retries       = 3
  s3_use_path_style = true
}
"""


@dataclass(frozen=True)
class EmulatedAws:
    """moto's server, empty when the block begins."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point AWS's clients there."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """Return AWS's own client of a service."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def inventory(self) -> dict[str, set[str]]:
        """Return names or ids of what there is, by service and kind."""
        done = subprocess.run(
            [TOOLS / "python", "-m", "tests.infra.inventory"],
            cwd=PROJECT_ROOT,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return {kind: set(names) for kind, names in json.loads(done.stdout).items()}

    def hosted_zone(self, name: str) -> str:
        """Make a zone of Route 53 and return its id."""
        made = self.client("route53").create_hosted_zone(Name=name, CallerReference=name)
        return made["HostedZone"]["Id"].rpartition("/")[2]


@pytest.fixture(scope="session", autouse=True)
def terraform_is_installed() -> None:
    """Leave these tests out on a machine without Terraform; `make infra-test` refuses to run there."""
    if shutil.which("terraform") is None:
        pytest.skip("Terraform is not installed")


@pytest.fixture(scope="module")
def monkeypatch_module() -> Generator[pytest.MonkeyPatch]:
    """Changes that last for a module."""
    with pytest.MonkeyPatch.context() as changes:
        yield changes


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Generator[EmulatedAws]:
    """An AWS of the module's own."""
    with emulated_aws(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="module")
def root(aws: EmulatedAws, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The whole configuration, against the module's AWS."""
    made = workspace(TERRAFORM, tmp_path_factory.mktemp("root"), **aws.environment)
    (made.folder / "emulated_override.tf").write_text(_OVERRIDE)
    return made


@contextmanager
def emulated_aws(folder: Path) -> Generator[EmulatedAws]:
    """Run moto's server as long as the block lasts; its log is in the folder."""
    python = TOOLS / "python"
    assert python.exists(), "There is no .venv-infra: `make infra-test` installs it."
    port, log = free_port(), folder / "aws.log"
    environment = os.environ | {
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "MOTO_ECS_SERVICE_RUNNING": "2",
        "PYTHONPATH": str(PROJECT_ROOT),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, "-m", "tests.infra.emulator", str(port)],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    running = EmulatedAws(f"http://127.0.0.1:{port}")
    try:
        _wait_for(running, process, log)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_for(aws: EmulatedAws, process: subprocess.Popen[bytes], log: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            direct.open(f"{aws.url}/moto-api/data.json", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"moto's server did not start:\n{log.read_text()}")
