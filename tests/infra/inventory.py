"""What there is in an AWS, by service: to see that nothing is left.

    python -m tests.infra.inventory

prints it as JSON. It runs in .venv-infra, whose AWS client speaks the protocols that moto does.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import boto3

Client = Callable[[str], Any]

_LISTINGS = (
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    ("ec2", "describe_addresses", "Addresses", "AllocationId"),
    ("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    ("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    ("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ("rds", "describe_db_proxies", "DBProxies", "DBProxyName"),
    ("elasticache", "describe_replication_groups", "ReplicationGroups", "ReplicationGroupId"),
    ("elasticache", "describe_cache_clusters", "CacheClusters", "CacheClusterId"),
    ("elasticache", "describe_users", "Users", "UserId"),
    ("elasticache", "describe_user_groups", "UserGroups", "UserGroupId"),
    ("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName"),
    ("elasticache", "describe_cache_parameter_groups", "CacheParameterGroups", "CacheParameterGroupName"),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    ("acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    ("ecs", "list_task_definitions", "taskDefinitionArns", None),
    ("ecr", "describe_repositories", "repositories", "repositoryName"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
    ("secretsmanager", "list_secrets", "SecretList", "Name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
)


def inventory(client: Client) -> dict[str, set[str]]:
    """Return names or ids of what there is, by service and kind."""
    found = {
        f"{service} {kind}": {
            item if key is None else item[key] for item in getattr(client(service), operation)()[kind]
        }
        for service, operation, kind, key in _LISTINGS
    }
    return found | {
        "ec2 NatGateways": _nat_gateways(client),
        "ec2 VpcEndpoints": _endpoints(client),
        "ecs clusters": _clusters(client),
        "kms Keys": _keys(client),
        "wafv2 WebACLs": {acl["Name"] for acl in client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]},
        "scaling targets": {
            target["ResourceId"]
            for target in client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")[
                "ScalableTargets"
            ]
        },
    }


def _nat_gateways(client: Client) -> set[str]:
    gateways = client("ec2").describe_nat_gateways()["NatGateways"]
    return {gateway["NatGatewayId"] for gateway in gateways if gateway["State"] != "deleted"}


def _endpoints(client: Client) -> set[str]:
    endpoints = client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    return {endpoint["VpcEndpointId"] for endpoint in endpoints if endpoint["State"] != "deleted"}


def _clusters(client: Client) -> set[str]:
    ecs = client("ecs")
    clusters = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
    return {cluster["clusterName"] for cluster in clusters if cluster["status"] == "ACTIVE"}


def _keys(client: Client) -> set[str]:
    """Return the keys that are not about to be deleted: AWS deletes none at once."""
    kms = client("kms")
    described = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    return {key["KeyId"] for key in described if key["KeyState"] != "PendingDeletion"}


if __name__ == "__main__":
    json.dump({kind: sorted(names) for kind, names in inventory(boto3.client).items()}, sys.stdout)
