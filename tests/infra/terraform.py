"""Terraform in a temporary copy of infra/terraform, with its provider from the registry or from this disk."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
TERRAFORM = PROJECT_ROOT / "infra" / "terraform"
LOCK = TERRAFORM / ".terraform.lock.hcl"
MODULES = sorted(path.name for path in (TERRAFORM / "modules").iterdir())

_SECONDS = 900
_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "http_proxy")


@dataclass(frozen=True)
class Workspace:
    """A copy of the configuration, or of one of its modules, initialised."""

    folder: Path
    environment: dict[str, str]

    def run(self, *arguments: str, expect: int = 0) -> str:
        """Run Terraform there and return what it prints; an exit code that is not expected fails with it."""
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        text = f"{done.stdout}\n{done.stderr}"
        assert done.returncode == expect, (
            f"terraform {' '.join(arguments)} ended with {done.returncode}:\n{text}"
        )
        # it would go on without it, and without its provider
        assert "Unable to open CLI configuration file" not in text, text
        return done.stdout

    def plan(self, *arguments: str) -> dict[str, str]:
        """Return what a plan does, by address; what it leaves alone or only reads is not there."""
        lines = self.run("plan", "-json", "-out=plan", *arguments).splitlines()
        changes = [line["change"] for line in map(json.loads, lines) if line["type"] == "planned_change"]
        return {
            change["resource"]["addr"]: change["action"] for change in changes if change["action"] != "read"
        }


def workspace(source: Path, folder: Path, **environment: str) -> Workspace:
    """Copy the configuration into the folder and initialise it with the provider of the lock file."""
    copy = folder / "configuration"
    shutil.copytree(
        source, copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "terraform.tfvars")
    )
    settings = folder / "terraform.rc"
    settings.write_text(_cli_configuration())
    made = Workspace(
        copy,
        {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        | {
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_DATA_DIR": str(folder / "data"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "TF_CLI_ARGS": "-no-color",
            "CHECKPOINT_DISABLE": "1",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        | environment,
    )
    if any(copy.rglob("versions.tf")) and "hashicorp/aws" in (copy / "versions.tf").read_text():
        shutil.copy(LOCK, copy)
        made.run("init", "-input=false", "-backend=false", "-lockfile=readonly")
    else:
        made.run("init", "-input=false")
    return made


def _cli_configuration() -> str:
    """Return where Terraform gets its provider: a mirror on this disk if there is one, else the registry."""
    mirror = _mirror()
    if mirror is None:
        return ""
    return f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'


@cache
def _mirror() -> Path | None:
    """Return the folder that TF_PLUGIN_MIRROR names, or one on this disk that has the locked provider.

    A mirror's files are HOST/NAMESPACE/TYPE/VERSION/PLATFORM/provider, or HOST/NAMESPACE/TYPE/provider.zip.
    """
    if named := os.environ.get("TF_PLUGIN_MIRROR"):
        assert Path(named).is_dir(), f"TF_PLUGIN_MIRROR is {named!r}, and there is no such folder."
        return Path(named)
    [version] = re.findall(r'version\s+= "(.+)"', LOCK.read_text())
    unlikely = [word for path in ("/proc", "/sys", "/dev") for word in ("-path", path, "-prune", "-o")]
    wanted = f"*/registry.terraform.io/hashicorp/aws/*terraform-provider-aws_*{version}*"
    # find ends with 1 where it may not look
    found = subprocess.run(
        ["find", "/", *unlikely, "-type", "f", "-path", wanted, "-print", "-quit"],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    ).stdout.strip()
    if not found:
        return None
    return Path(found.partition("/registry.terraform.io/")[0])
