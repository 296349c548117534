"""ElastiCache: parameter groups, user groups, the nodes of a replication group, and deletion."""

import inspect
import re
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.elasticache.models import CacheCluster, ElastiCacheBackend, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse


class NotFound(ServiceException):
    """Something that is asked for by name and is not there; the code of the error says what."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"{name} not found.")
        self.code = code


class Groups(dict[str, dict[str, Any]]):
    """Groups of one kind by name."""

    def __init__(self, not_found: str) -> None:
        super().__init__()
        self.not_found = not_found

    def named(self, name: str | None) -> list[dict[str, Any]]:
        """Return the group of that name, or all."""
        if not name:
            return list(self.values())
        return [self.one(name)]

    def one(self, name: str) -> dict[str, Any]:
        if name not in self:
            raise NotFound(self.not_found, name)
        return self[name]


def _arn(backend: ElastiCacheBackend, kind: str, name: str) -> str:
    return f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:{kind}:{name}"


class Response(ElastiCacheResponse):
    """The operations that are missing."""

    # --- parameter groups

    def create_cache_parameter_group(self) -> ActionResult:
        backend, name = self.elasticache_backend, self._get_param("CacheParameterGroupName")
        group = {
            "CacheParameterGroupName": name,
            "CacheParameterGroupFamily": self._get_param("CacheParameterGroupFamily"),
            "Description": self._get_param("Description"),
            "IsGlobal": False,
            "ARN": _arn(backend, "parametergroup", name),
        }
        backend.parameter_groups[name] = group | {"Parameters": {}}
        backend.tagging_service.tag_resource(group["ARN"], self._get_param("Tags", []))
        return ActionResult({"CacheParameterGroup": group})

    def describe_cache_parameter_groups(self) -> ActionResult:
        groups = self.elasticache_backend.parameter_groups.named(self._get_param("CacheParameterGroupName"))
        return ActionResult({"CacheParameterGroups": groups})

    def describe_cache_parameters(self) -> ActionResult:
        group = self.elasticache_backend.parameter_groups.one(self._get_param("CacheParameterGroupName"))
        parameters = [
            {"ParameterName": name, "ParameterValue": value, "Source": "user"}
            for name, value in group["Parameters"].items()
        ]
        return ActionResult({"Parameters": parameters})

    def modify_cache_parameter_group(self) -> ActionResult:
        name = self._get_param("CacheParameterGroupName")
        group = self.elasticache_backend.parameter_groups.one(name)
        for parameter in self._get_param("ParameterNameValues", []):
            group["Parameters"][parameter["ParameterName"]] = parameter["ParameterValue"]
        return ActionResult({"CacheParameterGroupName": name})

    def delete_cache_parameter_group(self) -> ActionResult:
        name = self._get_param("CacheParameterGroupName")
        self.elasticache_backend.parameter_groups.one(name)
        del self.elasticache_backend.parameter_groups[name]
        return ActionResult({})

    def delete_cache_subnet_group(self) -> ActionResult:
        name = self._get_param("CacheSubnetGroupName")
        self.elasticache_backend.describe_cache_subnet_groups(name)
        del self.elasticache_backend.cache_subnet_groups[name]
        return ActionResult({})

    # --- user groups

    def create_user_group(self) -> ActionResult:
        backend, name = self.elasticache_backend, self._get_param("UserGroupId")
        users = self._get_param("UserIds", [])
        group = {
            "UserGroupId": name,
            "Status": "active",
            "Engine": self._get_param("Engine").lower(),
            "UserIds": users,
            "ReplicationGroups": [],
            "ARN": _arn(backend, "usergroup", name),
        }
        for user in users:
            backend.describe_users(user)[0].user_group_ids.append(name)
        backend.user_groups[name] = group
        backend.tagging_service.tag_resource(group["ARN"], self._get_param("Tags", []))
        return ActionResult(group)

    def describe_user_groups(self) -> ActionResult:
        groups = self.elasticache_backend.user_groups.named(self._get_param("UserGroupId"))
        return ActionResult({"UserGroups": groups})

    def delete_user_group(self) -> ActionResult:
        backend, name = self.elasticache_backend, self._get_param("UserGroupId")
        group = backend.user_groups.one(name)
        for user in group["UserIds"]:
            backend.describe_users(user)[0].user_group_ids.remove(name)
        del backend.user_groups[name]
        return ActionResult(group | {"Status": "deleting"})


def _make_nodes(backend: ElastiCacheBackend, group: ReplicationGroup, nodes: int) -> None:
    """Give a group its replicas, and each node a cluster of its own that can be described."""
    members = group.node_groups[0]["node_group_members"]
    for number in range(2, nodes + 1):
        name = f"{group.replication_group_id}-{number:0>3}"
        replica = {**members[0], "cache_cluster_id": name, "current_role": "replica"}
        members.append(replica)
        group.member_clusters.append(name)
    for name in group.member_clusters:
        backend.cache_clusters[name] = _node(backend, group, name)


_AS_ITS_GROUP = (
    "cache_node_type",
    "engine",
    "engine_version",
    "cache_parameter_group_name",
    "cache_subnet_group_name",
    "port",
    "security_group_ids",
    "preferred_maintenance_window",
    "auto_minor_version_upgrade",
    "transit_encryption_enabled",
)


def _node(backend: ElastiCacheBackend, group: ReplicationGroup, name: str) -> CacheCluster:
    nothing = dict.fromkeys(inspect.signature(CacheCluster).parameters)
    node = CacheCluster(
        **nothing
        | {key: getattr(group, key) for key in _AS_ITS_GROUP}
        | {"account_id": backend.account_id, "region_name": backend.region_name, "cache_cluster_id": name}
    )
    node.replication_group_id = group.replication_group_id
    node.num_cache_nodes = 1
    node.snapshot_window = group.snapshot_window
    node.at_rest_encryption_enabled = group.at_rest_encryption_enabled
    node.transit_encryption_mode = group.transit_encryption_mode
    node.cache_parameter_group = {"CacheParameterGroupName": group.cache_parameter_group_name}
    node.security_groups = [
        {"SecurityGroupId": identifier, "Status": "active"} for identifier in group.security_group_ids
    ]
    return node


def fill() -> None:
    """Put the missing operations into moto."""
    for name, operation in vars(Response).items():
        if not name.startswith("_"):
            setattr(ElastiCacheResponse, name, operation)

    initialise = ElastiCacheBackend.__init__
    create = ElastiCacheBackend.create_replication_group

    def with_groups(self: ElastiCacheBackend, region_name: str, account_id: str) -> None:
        initialise(self, region_name, account_id)
        self.arn_regex = re.compile(r"^arn:aws:elasticache:.*:[0-9]*:[a-z]+:.*$")
        self.parameter_groups = Groups("CacheParameterGroupNotFound")
        self.user_groups = Groups("UserGroupNotFound")

    def with_nodes(self: ElastiCacheBackend, **wanted: Any) -> ReplicationGroup:
        group = create(self, **wanted)
        _make_nodes(self, group, wanted["num_cache_clusters"] or 1)
        return group

    def deleted(
        self: ElastiCacheBackend, replication_group_id: str, retain_primary_cluster: bool | None
    ) -> ReplicationGroup:
        [group] = self.describe_replication_groups(replication_group_id)
        for name in group.member_clusters:
            del self.cache_clusters[name]
        del self.replication_groups[replication_group_id]
        group.status = "deleting"
        return group

    ElastiCacheBackend.__init__ = with_groups
    ElastiCacheBackend.create_replication_group = with_nodes
    ElastiCacheBackend.delete_replication_group = deleted
