"""checkov finds nothing in infra/terraform but what a comment beside the resource gives a reason for."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.infra.conftest import TOOLS
from tests.infra.terraform import TERRAFORM

_SKIP = re.compile(r"^ *# checkov:skip=(?P<check>\w+):(?P<reason>.+)$", re.MULTILINE)
_RESOURCE = re.compile(r'^(?:resource|data) "(?P<kind>\w+)" "(?P<name>\w+)" \{$', re.MULTILINE)


class Finding(NamedTuple):
    """One check that one resource fails."""

    file: str
    resource: str
    check: str


@pytest.fixture(scope="module")
def skips() -> dict[Finding, str]:
    """The reason of each comment that skips a check."""
    found = {}
    for file in sorted(TERRAFORM.rglob("*.tf")):
        text = file.read_text()
        for skip in _SKIP.finditer(text):
            resource = list(_RESOURCE.finditer(text, 0, skip.start()))[-1]
            finding = Finding(
                str(file.relative_to(TERRAFORM)), f"{resource['kind']}.{resource['name']}", skip["check"]
            )
            found[finding] = skip["reason"]
    return found


def test_what_checkov_finds_is_what_has_a_reason(skips: dict[Finding, str], tmp_path: Path):
    """Without the comments it finds just what they skip: nothing else, and no reason is left over."""
    copy = tmp_path / "terraform"
    shutil.copytree(TERRAFORM, copy, ignore=shutil.ignore_patterns(".terraform"))
    for file in copy.rglob("*.tf"):
        file.write_text(_SKIP.sub("", file.read_text()))
    done = subprocess.run(
        [
            TOOLS / "checkov",
            "--directory",
            copy,
            "--framework",
            "terraform",
            "--skip-download",
            "--output",
            "json",
        ],
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
        env=os.environ | {"LOG_LEVEL": "ERROR"},
    )
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0, done.stdout
    assert report["summary"]["passed"] > 200
    failed = {_finding(check): check["check_name"] for check in report["results"]["failed_checks"]}
    assert {finding: name for finding, name in failed.items() if finding not in skips} == {}
    assert sorted(set(skips) - set(failed)) == []


def test_a_reason_is_a_reason(skips: dict[Finding, str]):
    assert skips
    assert {finding: reason for finding, reason in skips.items() if len(reason.split()) < 4} == {}


def _finding(check: dict[str, Any]) -> Finding:
    # module.network.aws_eip.nat["a"] is aws_eip.nat of its file
    resource = re.sub(r"\[.*?\]", "", check["resource"]).split(".")
    return Finding(check["file_path"].removeprefix("/"), ".".join(resource[-2:]), check["check_id"])
