"""A deployment from the first apply to its end, really applied to an AWS that moto emulates.

Nothing, a repository without an image, image 1.0.0, image 1.0.1, a new password, nothing.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from graphs.kit.settings import KitSettings
from graphs.persistence.settings import load_settings
from graphs.server import aws as credentials
from tests.infra import deployed
from tests.infra.conftest import EmulatedAws
from tests.infra.deployed import NAME
from tests.infra.terraform import Workspace

pytestmark = pytest.mark.timeout(1500)

ACCOUNT = "123456789012"
VARIABLES = {
    "region": "eu-central-1",
    "allowed_cidrs": ["203.0.113.0/24"],
    "deletion_protection": False,
    "domain_name": "holdfast.example.org",
    "alarm_emails": ["ops@example.org"],
    "application_secrets": ["LANGGRAPH_CLOUD_LICENSE_KEY", "OPENAI_API_KEY"],
    "model": "bedrock_converse:eu.amazon.nova-pro-v1:0",
    "bedrock_model_arns": [
        f"arn:aws:bedrock:eu-central-1:{ACCOUNT}:inference-profile/eu.amazon.nova-pro-v1:0",
        "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-pro-v1:0",
    ],
    "worker": {"min_tasks": 2, "jobs": 7},
}


@dataclass(frozen=True)
class Life:
    """What was seen on the way."""

    first: dict[str, str]
    """Changes of the first apply, without an image."""
    second: dict[str, str]
    drift: dict[str, str]
    """What a plan right after would change."""
    new_image: dict[str, str]
    new_password: dict[str, str]
    states: tuple[str, ...]
    plan: str
    """The plan of the new password, as JSON."""
    passwords: tuple[str, ...]
    """The database's, of both versions."""
    containers: dict[str, dict[str, Any]]
    """By service, as ECS has them."""
    policies: dict[str, dict[str, Any]]
    """What each role may do, by role."""
    trusted: dict[str, dict[str, Any]]
    """Who may take each role."""
    secrets: dict[str, str]
    left: dict[str, set[str]]
    """What was not there before the first apply, and is after the destruction."""


@pytest.fixture(scope="module")
def life(root: Workspace, aws: EmulatedAws, monkeypatch_module: pytest.MonkeyPatch) -> Life:
    zone = aws.hosted_zone("example.org")
    (root.folder / "terraform.tfvars.json").write_text(json.dumps(VARIABLES | {"zone_id": zone}))
    for name, value in aws.environment.items():
        monkeypatch_module.setenv(name, value)
    before = aws.inventory()
    first = _apply(root)
    second = _apply(root, "image_tag=1.0.0")
    states, passwords = [_state(root)], [_password(aws)]
    drift = root.plan("-var=image_tag=1.0.0")
    containers, policies, trusted = deployed.containers(aws), deployed.policies(aws), deployed.trusted(aws)
    secrets = deployed.secrets(aws)
    new_image = _apply(root, "image_tag=1.0.1")
    new_password = _apply(root, "image_tag=1.0.1", "database_password_version=2")
    plan = root.run("show", "-json", "plan")
    states.append(_state(root))
    passwords.append(_password(aws))
    root.run("destroy", "-auto-approve", "-var=image_tag=1.0.1", "-var=database_password_version=2")
    after = aws.inventory()
    left = {kind: names - before[kind] for kind, names in after.items() if names - before[kind]}
    return Life(
        *(first, second, drift, new_image, new_password),
        *(tuple(states), plan, tuple(passwords)),
        *(containers, policies, trusted, secrets, left),
    )


def test_the_first_apply_makes_all_but_what_needs_an_image(life: Life):
    assert set(life.first.values()) == {"create"}
    assert "aws_ecr_repository.this" in life.first
    assert not [address for address in life.first if address.startswith("module.service")]
    assert set(life.second.values()) == {"create"}
    assert all(address.startswith("module.service") for address in life.second)


def test_a_plan_right_after_changes_nothing(life: Life):
    assert life.drift == {}


def test_a_new_image_replaces_task_definitions_and_updates_services_alone(life: Life):
    assert life.new_image == {
        f'module.service["{service}"].{resource}': action
        for service in ("api", "worker")
        for resource, action in (
            ("aws_ecs_task_definition.this", "replace"),
            ("aws_ecs_service.this", "update"),
        )
    }


def test_a_new_password_reaches_the_database_the_secrets_and_new_tasks_and_nothing_else(life: Life):
    assert {address for address in life.new_password if "module.service" not in address} == {
        "module.postgres.aws_db_instance.this",
        "aws_secretsmanager_secret_version.database",
        'aws_secretsmanager_secret_version.uri["DATABASE_URI"]',
    }
    assert life.new_password["module.postgres.aws_db_instance.this"] == "update"
    assert {address for address in life.new_password if "module.service" in address} == set(life.new_image)
    assert len(set(life.passwords)) == 2


def test_no_password_is_in_state_or_plan(life: Life):
    for password in life.passwords:
        assert re.fullmatch(r"[A-Za-z0-9]{40}", password)
        for text in (*life.states, life.plan):
            assert password not in text


def test_destruction_leaves_nothing(life: Life):
    assert life.left == {}


def test_holdfast_reads_its_settings_from_the_tasks(
    life: Life, aws: EmulatedAws, monkeypatch: pytest.MonkeyPatch
):
    for service, jobs in (("api", 0), ("worker", 7)):
        for name, value in _environment(life, service).items():
            monkeypatch.setenv(name, value)
        settings = load_settings()
        assert settings.uri is not None
        assert settings.uri.get_secret_value().endswith(
            "/holdfast?sslmode=verify-full&sslrootcert=/etc/ssl/certs/rds-global-bundle.pem"
        )
        assert settings.credentials is credentials.password_of_secret
        assert (settings.connection_budget, settings.outage_budget, settings.jobs_per_worker) == (
            10,
            180,
            jobs,
        )
        kit = KitSettings()
        assert kit.table_cache_max_bytes == {"api": 30, "worker": 100}[service] * 2**30 // 4
        assert kit.artifacts_url == f"s3://{NAME}-artifacts-{ACCOUNT}-eu-central-1/files"
        assert kit.model == VARIABLES["model"]


def test_the_tasks_keep_langgraphs_contract(life: Life):
    api, worker = life.containers["api"], life.containers["worker"]
    assert api["image"] == worker["image"]
    assert api["image"].endswith("/holdfast:1.0.0")
    assert "command" not in api
    assert worker["command"] == ["/storage/queue_entrypoint.sh"]
    assert _environment(life, "api")["N_JOBS_PER_WORKER"] == "0"
    assert _environment(life, "worker")["PORT"] == "8000"
    database = {entry["name"]: entry["valueFrom"] for entry in api["secrets"]}["DATABASE_URI"]
    # with its version, so that a new password makes new tasks
    assert re.fullmatch(
        r"arn:aws:secretsmanager:.+:secret:holdfast/DATABASE_URI-\w+:::[\w-]{32,64}", database
    )
    for container in (api, worker):
        environment = {entry["name"]: entry["value"] for entry in container["environment"]}
        assert container["stopTimeout"] == 120
        assert int(environment["BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS"]) < container["stopTimeout"]
        assert environment["LANGGRAPH_POSTGRES_POOL_MAX_SIZE"] == "10"
        assert environment["AGENT_REDIS_IAM_AUTH_PROVIDER"] == "aws"
        assert environment["LANGSMITH_TRACING"] == "false"
        assert {entry["name"] for entry in container["secrets"]} == {
            "DATABASE_URI",
            "REDIS_URI",
            "LANGGRAPH_CLOUD_LICENSE_KEY",
            "OPENAI_API_KEY",
        }


def test_a_check_of_a_container_never_asks_the_database(life: Life):
    for service, path in (("api", "/live"), ("worker", "/ok?check_db=0")):
        command = life.containers[service]["healthCheck"]["command"]
        assert command[:3] == ["CMD", "python", "-c"]
        assert f"'http://127.0.0.1:8000{path}'" in command[3]
        compile(command[3], "healthCheck", "exec")


def test_the_uris_are_what_langgraphs_server_takes(life: Life):
    assert re.fullmatch(
        rf"postgresql://holdfast:{life.passwords[0]}@holdfast\.\S+\.rds\.amazonaws\.com:5432/postgres"
        r"\?sslmode=verify-full&sslrootcert=/etc/ssl/certs/rds-global-bundle\.pem",
        life.secrets["holdfast/DATABASE_URI"],
    )
    assert re.fullmatch(r"rediss://holdfast@master\.holdfast\.\S+:6379/0", life.secrets["holdfast/REDIS_URI"])
    assert json.loads(life.secrets["holdfast/database"]) == {
        "username": "holdfast",
        "password": life.passwords[0],
    }


def test_a_role_may_do_what_it_needs_and_nothing_else(life: Life):
    files = f"arn:aws:s3:::{NAME}-artifacts-{ACCOUNT}-eu-central-1"
    sessions = {
        "Artifacts": (
            {
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            },
            {f"{files}/*"},
        ),
        "ListArtifacts": (
            {"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"},
            {files},
        ),
        "EncryptArtifacts": ({"kms:Decrypt", "kms:GenerateDataKey"}, {"key"}),
        "Cache": (
            {"elasticache:Connect"},
            {
                f"arn:aws:elasticache:eu-central-1:{ACCOUNT}:replicationgroup:holdfast",
                f"arn:aws:elasticache:eu-central-1:{ACCOUNT}:user:holdfast",
            },
        ),
        "DatabasePassword": ({"secretsmanager:GetSecretValue"}, {"secret:holdfast/database"}),
        "DecryptDatabasePassword": ({"kms:Decrypt"}, {"key"}),
    }
    assert _allowed(life.policies["holdfast-api"]) == sessions
    assert _allowed(life.policies["holdfast-worker"]) == sessions | {
        "Models": (
            {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"},
            set(VARIABLES["bedrock_model_arns"]),
        )
    }
    assert _allowed(life.policies["holdfast-execution"]) == {
        "LogInToTheRegistry": ({"ecr:GetAuthorizationToken"}, {"*"}),
        "PullTheImage": (
            {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
            {f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/holdfast"},
        ),
        "WriteTheLog": (
            {"logs:CreateLogStream", "logs:PutLogEvents"},
            {
                f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:/holdfast/{name}:*"
                for name in ("api", "worker")
            },
        ),
        "ReadTheSecrets": (
            {"secretsmanager:GetSecretValue"},
            {
                f"secret:holdfast/{name}"
                for name in ("DATABASE_URI", "REDIS_URI", "LANGGRAPH_CLOUD_LICENSE_KEY", "OPENAI_API_KEY")
            },
        ),
        "Decrypt": ({"kms:Decrypt"}, {"key"}),
    }


def test_no_role_has_a_wildcard_for_an_action(life: Life):
    assert len(life.policies) == 4
    for role, policy in life.policies.items():
        for statement in policy["Statement"]:
            assert not [action for action in _listed(statement["Action"]) if "*" in action], role
            if "*" in _listed(statement["Resource"]):
                assert statement["Action"] == "ecr:GetAuthorizationToken", role


def test_a_role_of_tasks_is_for_this_accounts_tasks_alone(life: Life):
    for role in ("holdfast-execution", "holdfast-api", "holdfast-worker"):
        [statement] = life.trusted[role]["Statement"]
        assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:*"},
        }


def _apply(root: Workspace, *variables: str) -> dict[str, str]:
    done = root.plan(*(f"-var={variable}" for variable in variables))
    root.run("apply", "plan")
    return done


def _state(root: Workspace) -> str:
    return (root.folder / "terraform.tfstate").read_text()


def _password(aws: EmulatedAws) -> str:
    """Return what Holdfast's own function for credentials gets."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_SECRET_ARN", f"{NAME}/database")
        credentials._client.cache_clear()
        answer = credentials.password_of_secret({"host": "…", "user": "holdfast"})
        credentials._client.cache_clear()
    assert answer["user"] == "holdfast"
    return answer["password"]


def _environment(life: Life, service: str) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in life.containers[service]["environment"]}


def _allowed(policy: dict[str, Any]) -> dict[str, tuple[set[str], set[str]]]:
    """Return actions and resources by the statement's name; of what AWS numbers, only what it is."""
    return {
        statement["Sid"]: (
            set(_listed(statement["Action"])),
            {_without_number(resource) for resource in _listed(statement["Resource"])},
        )
        for statement in policy["Statement"]
    }


def _without_number(resource: str) -> str:
    if ":kms:" in resource:
        return "key"
    if ":secretsmanager:" in resource:
        return "secret:" + resource.partition(":secret:")[2].rpartition("-")[0]
    return resource


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
