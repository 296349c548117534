"""docs/aws.md names what is there: variables, outputs, commands, options, files, alarms, boxes, arrows."""

import re

import pytest

from tests.infra.guide import OF_THE_CLI, PAGE, TEXT, Command, commands_in, section, shell_code
from tests.infra.terraform import MODULES, PROJECT_ROOT, TERRAFORM

CODE = shell_code(TEXT)
COMMANDS = commands_in(TEXT)
VARIABLES = (TERRAFORM / "variables.tf").read_text()
# of the CLI alone, not of AWS's API
_CLI = {("ecr", "get-login-password"), ("logs", "tail")}


def names_of(kind: str, *files: str) -> set[str]:
    text = "\n".join((TERRAFORM / file).read_text() for file in files)
    return set(re.findall(rf'^{kind} "(\w+)" \{{$', text, re.MULTILINE))


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "command", [each for each in COMMANDS if (each.service, each.name) not in _CLI], ids=str
)
def test_aws_knows_each_command_and_its_options(command: Command):
    shape = command.operation.input_shape
    assert shape is not None
    for option, value in command.options.items():
        if option not in OF_THE_CLI:
            member = shape.members[command.parameter(option)]
            assert (member.type_name == "boolean") == (value is None), option
    given = {command.parameter(option) for option in command.options if option not in OF_THE_CLI}
    assert set(shape.required_members) <= given


def test_there_are_commands():
    assert {each.service for each in COMMANDS} == {"ecr", "ecs", "logs", "rds", "secretsmanager"}
    assert len(COMMANDS) > 15


def test_variables_are_those_of_the_configuration():
    names = names_of("variable", "variables.tf")
    table = re.search(r"\| variable \| what to decide \|\n(.*?)\n\n", TEXT, re.DOTALL)
    assert table
    first = "".join(line.split("|")[1] for line in table[1].splitlines()[1:])
    named = set(re.findall(r"`(\w+)`", first))
    assert len(named) > 15
    assert named <= names
    assert set(re.findall(r"`(\w+) = \w+`", TEXT)) <= names
    for name, attribute in re.findall(r"`([a-z_]+)\.([a-z_]+)`", TEXT):
        if name in names:
            assert re.search(
                rf'variable "{name}" \{{.*?^ +{attribute} += optional', VARIABLES, re.S | re.M
            ), attribute


def test_outputs_targets_and_addresses_are_there():
    outputs = set(re.findall(r"terraform(?: -chdir=\S+)? output (?:-raw )?(\w+)", TEXT))
    assert outputs
    assert outputs <= names_of("output", "outputs.tf")
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", CODE + TEXT, re.MULTILINE)) <= targets
    addresses = set(re.findall(r"module\.(\w+)\.(\w+)\.(\w+)", TEXT))
    assert addresses
    for module, kind, name in addresses:
        assert f'resource "{kind}" "{name}" {{' in (TERRAFORM / "modules" / module / "main.tf").read_text()


def test_links_and_files_are_there():
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (PAGE.parent / path).resolve() if path else PAGE
        assert file.exists(), target
        if anchor:
            assert anchor in {slug(heading) for heading in re.findall(r"^#+ (.+)$", file.read_text(), re.M)}
    for path in re.findall(r"`((?:\.github|infra|tests|graphs)/[\w./-]+)`", TEXT):
        assert (PROJECT_ROOT / path).exists(), path


def test_settings_of_the_server_are_set_or_explained():
    """What LangChain's documents name is in the configuration, or in the page on sessions."""
    required = section("What LangChain requires")
    known = "\n".join(file.read_text() for file in TERRAFORM.glob("*.tf"))
    known += (PROJECT_ROOT / "docs" / "sessions.md").read_text()
    settings = set(re.findall(r"`([A-Z][A-Z_]+)(?:=\w+)?`", required))
    assert len(settings) > 8
    assert {name for name in settings if name not in known} == set()


def test_alarms_are_those_that_are_made():
    text = (TERRAFORM / "modules" / "observability" / "main.tf").read_text()
    alarms = text.partition("alarms = merge(")[2].partition('resource "aws_cloudwatch_metric_alarm"')[0]
    made = set(re.findall(r"^ {6}([a-z-]+) = \{$", alarms, re.MULTILINE))
    made |= set(re.findall(r'"(cache-\w+)-\$\{node\}"', alarms))
    made |= {
        f"{service}-{part}"
        for part in re.findall(r'"\$\{service\}-(\w+)"', alarms)
        for service in ("api", "worker")
    }
    assert set(re.findall(r"\*([a-z-]+)\*", section("Watch"))) == made


def test_the_picture_shows_what_is_there():
    picture = re.search(r"```mermaid\n(.*?)```", TEXT, re.DOTALL)
    assert picture
    boxes = set(re.findall(r"^ *(?:subgraph )?(\w+)[\[(]", picture[1], re.MULTILINE))
    parts = set(MODULES) | {file.stem for file in TERRAFORM.glob("*.tf")} | {"api", "worker"}
    subnets = set(
        re.findall(r'resource "aws_subnet" "(\w+)"', (TERRAFORM / "modules/network/main.tf").read_text())
    )
    assert boxes - parts - subnets == {"users", "outside", "nat"}
    assert subnets <= boxes
    assert {"edge", "api", "worker", "postgres", "cache", "network", "observability"} <= boxes


def test_the_arrows_with_a_port_are_the_ways_that_are_open():
    ways = (TERRAFORM / "security_groups.tf").read_text()
    opened = {("edge", "api", "8000")}
    assert 'edge-api = { from = "edge", to = "api", port = local.port }' in ways
    for group, box, port in (("cache", "cache", "6379"), ("database", "postgres", "5432")):
        assert re.search(rf'"\${{tasks}}-{group}" => {{ from = tasks, to = .+, port = {port} }}', ways)
        opened |= {(tasks, box, port) for tasks in ("api", "worker")}
    drawn = set(re.findall(r'^ *(\w+) -->\|"(\d+)"\| (\w+)$', TEXT, re.MULTILINE))
    assert {(start, end, port) for start, port, end in drawn} == opened | {("users", "edge", "443")}


@pytest.mark.parametrize(
    ("written", "file", "configured"),
    [
        ("60 % CPU, `requests_per_minute`", "modules/service/variables.tf", "default     = 60\n"),
        ("75 % of all jobs", "variables.tf", "target_percent = optional(number, 75)"),
        ("`outage_budget` (180 s)", "variables.tf", "default     = 180\n"),
        ("`grace_period` 90 s of Fargate's 120 s", "variables.tf", "default     = 90\n"),
        ("the registry keeps 50 images", "registry.tf", "countNumber = 50"),
        ("deleted ones can be had back for 30 days", "artifacts.tf", "noncurrent_days = 30"),
        ("wait 30 days before they are gone", "kms.tf", "deletion_window_in_days = 30"),
        ("Sunday, 03:30 UTC", "modules/postgres/main.tf", '"sun:03:30-sun:04:30"'),
        (
            "2 × (`api.max_tasks` + `worker.max_tasks`)",
            "main.tf",
            "2 * (var.api.max_tasks + var.worker.max_tasks)",
        ),
        ("+ 5 + `database.other_connections`", "main.tf", "reserved = 5\n"),
    ],
)
def test_figures_are_those_of_the_configuration(written: str, file: str, configured: str):
    assert written in " ".join(TEXT.split())
    assert configured in (TERRAFORM / file).read_text()
