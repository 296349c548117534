"""Restoring the database as docs/aws.md tells it: its commands, then what Terraform plans with the new one.

moto restores no data. What is shown: the commands do to names and settings what the page says, and Terraform
takes the restored instance over in place.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import EmulatedAws
from tests.infra.guide import commands_in, section
from tests.infra.terraform import TERRAFORM, workspace

RESTORE = section("Restore from a backup")


@pytest.fixture(scope="module")
def database(aws: EmulatedAws) -> dict[str, Any]:
    """A database as modules/postgres makes it; returns the module's variables."""
    ec2, rds = aws.client("ec2"), aws.client("rds")
    vpc = ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.40.{part}.0/24", AvailabilityZone=f"eu-central-1{zone}")
        for part, zone in enumerate("ab")
    ]
    subnet_ids = [made["Subnet"]["SubnetId"] for made in subnets]
    group = ec2.create_security_group(GroupName="data", Description="data", VpcId=vpc)["GroupId"]
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    rds.create_db_subnet_group(
        DBSubnetGroupName="holdfast", DBSubnetGroupDescription="data", SubnetIds=subnet_ids
    )
    rds.create_db_parameter_group(
        DBParameterGroupName="holdfast-17", DBParameterGroupFamily="postgres17", Description="17"
    )
    rds.create_db_instance(
        DBInstanceIdentifier="holdfast",
        DBInstanceClass="db.t4g.medium",
        DBName="holdfast",
        DBParameterGroupName="holdfast-17",
        DBSubnetGroupName="holdfast",
        AllocatedStorage=50,
        DeletionProtection=True,
        Engine="postgres",
        EngineVersion="17",
        KmsKeyId=key,
        MasterUserPassword="not-a-secret",
        MasterUsername="holdfast",
        MultiAZ=True,
        StorageEncrypted=True,
        StorageType="gp3",
        VpcSecurityGroupIds=[group],
    )
    return {
        "name": "holdfast",
        "subnet_ids": subnet_ids,
        "security_group_id": group,
        "instance_class": "db.t4g.medium",
        "max_connections": 200,
        "connections_needed": 100,
        "password_version": 1,
        "data_key_arn": key,
        "logs_key_arn": key,
    }


def test_the_restored_database_is_taken_over_in_place(
    aws: EmulatedAws, database: dict[str, Any], tmp_path: Path
):
    restoring, ending = RESTORE.split("5. `terraform apply`")
    rds, shell = aws.client("rds"), {}
    for command in commands_in(restoring):
        printed = command.run(rds, shell)
        if command.assigned:
            shell[command.assigned] = printed
    instances = {each["DBInstanceIdentifier"]: each for each in rds.describe_db_instances()["DBInstances"]}
    assert set(instances) == {"holdfast", "holdfast-old"}
    new = instances["holdfast"]
    assert new["Endpoint"]["Address"].startswith("holdfast.")
    assert new["MultiAZ"]
    assert [each["VpcSecurityGroupId"] for each in new["VpcSecurityGroups"]] == [
        database["security_group_id"]
    ]

    change = _planned(aws, database, tmp_path)
    assert change["change"]["importing"]["id"] == "holdfast"
    assert change["change"]["actions"] == ["update"]
    assert change["change"]["after"]["password_wo_version"] == 1
    assert change["change"]["after"]["monitoring_interval"] == 60

    for command in commands_in(ending):
        command.run(rds, {})
    left = {each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]}
    snapshots = {each["DBSnapshotIdentifier"] for each in rds.describe_db_snapshots()["DBSnapshots"]}
    assert left == {"holdfast"}
    assert "holdfast-old-last" in snapshots


def _planned(aws: EmulatedAws, variables: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return what Terraform plans for the instance after the page's import."""
    block = re.search(r"printf '(import .+)' > restore\.tf", RESTORE)
    assert block
    postgres = workspace(
        TERRAFORM / "modules" / "postgres", folder, **aws.environment, TF_VAR_password="not-a-secret"
    )
    # the module alone
    written = block[1].replace(r"\n", "\n").replace("module.postgres.", "")
    (postgres.folder / "restore.tf").write_text(written)
    (postgres.folder / "variables.auto.tfvars.json").write_text(json.dumps(variables))
    assert {"delete", "replace"} & set(postgres.plan().values()) == set()
    plan = json.loads(postgres.run("show", "-json", "plan"))
    return next(each for each in plan["resource_changes"] if each["address"] == "aws_db_instance.this")
