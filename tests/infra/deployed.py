"""What is deployed, as AWS has it."""

from typing import Any

from tests.infra.conftest import EmulatedAws

NAME = "holdfast"


def containers(aws: EmulatedAws) -> dict[str, dict[str, Any]]:
    """Return the container of each service, as ECS has it, by service."""
    ecs = aws.client("ecs")
    services = ecs.describe_services(cluster=NAME, services=[f"{NAME}-api", f"{NAME}-worker"])["services"]
    found = {}
    for service in services:
        definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        [found[service["serviceName"].removeprefix(f"{NAME}-")]] = definition["containerDefinitions"]
    return found


def policies(aws: EmulatedAws) -> dict[str, dict[str, Any]]:
    """Return what each role may do by its own policies, by role."""
    iam = aws.client("iam")
    found: dict[str, dict[str, Any]] = {}
    for role in iam.list_roles()["Roles"]:
        for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
            found.setdefault(role["RoleName"], {"Statement": []})["Statement"] += document["Statement"]
    return found


def trusted(aws: EmulatedAws) -> dict[str, dict[str, Any]]:
    """Return who may take each role."""
    return {
        role["RoleName"]: role["AssumeRolePolicyDocument"] for role in aws.client("iam").list_roles()["Roles"]
    }


def secrets(aws: EmulatedAws) -> dict[str, str]:
    """Return the secrets that Terraform wrote, by name."""
    client = aws.client("secretsmanager")
    return {
        name: client.get_secret_value(SecretId=name)["SecretString"]
        for name in (f"{NAME}/{part}" for part in ("database", "DATABASE_URI", "REDIS_URI"))
    }
