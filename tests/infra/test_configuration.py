"""infra/terraform without an apply: form, validity, each module alone, and what the whole refuses."""

import json
import subprocess
from pathlib import Path

import pytest

from graphs.client.sizing import Deployment
from tests.infra.terraform import MODULES, TERRAFORM, Workspace, workspace

SIZES = sorted(path.stem for path in (TERRAFORM / "examples").glob("*.tfvars"))


def test_every_file_is_formatted():
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", "-recursive", str(TERRAFORM)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", MODULES)
def test_a_module_holds_its_own_tests(module: str, tmp_path: Path):
    assert ", 0 failed" in workspace(TERRAFORM / "modules" / module, tmp_path).run("test")


def test_the_whole_is_valid_and_refuses_what_can_not_be(root: Workspace):
    root.run("validate")
    assert ", 0 failed" in root.run("test")


@pytest.mark.parametrize("size", SIZES)
def test_an_example_can_be_planned(size: str, root: Workspace):
    root.run("plan", f"-var-file=examples/{size}.tfvars", "-var=image_tag=1.0.0")


def test_more_connections_than_postgresql_has_are_refused(root: Workspace):
    worker = '-var=worker={"max_tasks":9}'
    refused = root.run("plan", "-json", "-var-file=examples/small.tfvars", worker, expect=1)
    # 2 × (2 + 9) processes with 8 + 8 connections, 5 that PostgreSQL keeps and 15 of others
    assert "may open 372 connections, and max_connections is 200" in refused


def test_the_examples_are_of_three_sizes():
    assert SIZES == ["large", "medium", "small"]


def test_the_sum_of_connections_is_that_of_holdfast_sizing(tmp_path: Path):
    deployments = [
        Deployment(),
        Deployment(replicas=6),
        Deployment(replicas=16, jobs=10, budget=10, server_pool=10, reserved=5, others=15),
        Deployment(replicas=2, jobs=4, isolated_loops=True, budget=23, server_pool=7),
        Deployment(replicas=3, jobs=10, isolated_loops=True, budget=5),
        Deployment(replicas=1, jobs=0, isolated_loops=True, budget=1),
        Deployment(replicas=40, jobs=1, budget=1, reserved=0),
    ]
    (tmp_path / "sums").mkdir()
    (tmp_path / "sums" / "main.tf").write_text(_SUMS.replace("MODULE", json.dumps(str(TERRAFORM))[1:-1]))
    inputs = {str(index): _input_of(deployment) for index, deployment in enumerate(deployments)}
    (tmp_path / "sums" / "terraform.tfvars.json").write_text(json.dumps({"deployments": inputs}))
    sums = _without_provider(tmp_path)
    sums.run("apply", "-auto-approve")
    assert json.loads(sums.run("output", "-json", "sums")) == {
        str(index): {
            "pool_size": deployment.pool_size,
            "per_process": deployment.per_process,
            "total": deployment.total,
            "max_connections_needed": deployment.max_connections_needed,
        }
        for index, deployment in enumerate(deployments)
    }


_SUMS = """
variable "deployments" {
  type = map(any)
}

module "sum" {
  source   = "MODULE/modules/connections"
  for_each = var.deployments

  processes      = each.value.replicas
  jobs           = each.value.jobs
  isolated_loops = each.value.isolated_loops
  budget         = each.value.budget
  server_pool    = each.value.server_pool
  reserved       = each.value.reserved
  others         = each.value.others
}

output "sums" {
  value = module.sum
}
"""


def _input_of(deployment: Deployment) -> dict[str, object]:
    names = ("replicas", "jobs", "isolated_loops", "budget", "server_pool", "reserved", "others")
    return {name: getattr(deployment, name) for name in names}


def _without_provider(folder: Path) -> Workspace:
    (folder / "made").mkdir()
    (folder / "sums" / "versions.tf").write_text("")
    return workspace(folder / "sums", folder / "made")
