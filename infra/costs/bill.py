"""The bill of one month: variables of infra/terraform × prices.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRICES = Path(__file__).with_name("prices.toml")

Prices = Mapping[str, Any]


@dataclass(frozen=True)
class Bill:
    """US dollars in a month, by part."""

    tasks_least: float
    tasks_most: float
    database: float
    cache: float
    edge: float
    network: float
    logs: float
    stores: float

    @property
    def standing(self) -> float:
        """What there is to pay whatever the number of tasks."""
        return self.database + self.cache + self.edge + self.network + self.logs + self.stores

    @property
    def least(self) -> float:
        """The whole with the smallest number of tasks all month."""
        return self.tasks_least + self.standing

    @property
    def most(self) -> float:
        """The whole with the largest number of tasks all month."""
        return self.tasks_most + self.standing


def load_prices() -> Prices:
    """Return prices.toml."""
    return tomllib.loads(PRICES.read_text())


def bill(variables: Mapping[str, Any], volumes: Mapping[str, float], prices: Prices) -> Bill:
    """Return what such volumes cost in a month with these variables of infra/terraform, defaults filled in.

    Raises:
        ValueError: prices.toml has no price of the database's class or of the cache's node.
    """
    services = [variables["api"], variables["worker"]]
    return Bill(
        tasks_least=sum(service["min_tasks"] * _task(service, prices) for service in services),
        tasks_most=sum(service["max_tasks"] * _task(service, prices) for service in services),
        database=_database(variables["database"], prices),
        cache=_cache(variables["cache"], prices),
        edge=_edge(variables, volumes, prices),
        network=_network(variables, volumes, prices),
        logs=_logs(variables, volumes, prices),
        stores=_stores(variables, volumes, prices),
    )


def _task(service: Mapping[str, float], prices: Prices) -> float:
    fargate = prices["fargate"]
    return prices["hours"] * (
        service["cpu"] / 1024 * fargate["vcpu_hour"]
        + service["memory"] / 1024 * fargate["gb_hour"]
        + max(0, service["disk"] - fargate["disk_included_gb"]) * fargate["disk_gb_hour"]
    )


def _database(database: Mapping[str, Any], prices: Prices) -> float:
    if database["proxy"]:
        raise ValueError(
            "database.proxy is true, and prices.toml has no price of an RDS Proxy: add it there and here"
        )
    instances = 2 if database["multi_az"] else 1
    hour = _price_of(database["instance_class"], prices["rds"]["instance_hour"])
    storage = database["allocated_storage"] * prices["rds"]["storage_gb_month"]
    return instances * (prices["hours"] * hour + storage)


def _cache(cache: Mapping[str, Any], prices: Prices) -> float:
    return (
        prices["hours"] * cache["nodes"] * _price_of(cache["node_type"], prices["elasticache"]["node_hour"])
    )


def _edge(variables: Mapping[str, Any], volumes: Mapping[str, float], prices: Prices) -> float:
    balancer, waf, network = prices["load_balancer"], prices["waf"], prices["network"]
    addresses = 0 if variables["internal"] else len(variables["zones"])
    by_hour = balancer["hour"] + volumes["lcus"] * balancer["lcu_hour"] + addresses * network["address_hour"]
    firewall = (
        waf["acl_month"]
        + prices["made"]["firewall_rules"] * waf["rule_month"]
        + volumes["million_requests"] * waf["million_requests"]
    )
    return prices["hours"] * by_hour + volumes["internet_gb"] * network["internet_gb"] + firewall


def _network(variables: Mapping[str, Any], volumes: Mapping[str, float], prices: Prices) -> float:
    network = prices["network"]
    # one more for the models of Bedrock
    endpoints = prices["made"]["endpoints"] + (1 if variables["bedrock_model_arns"] else 0)
    by_hour = (
        variables["nat_gateways"] * (network["nat_hour"] + network["address_hour"])
        + endpoints * len(variables["zones"]) * network["endpoint_hour"]
    )
    return (
        prices["hours"] * by_hour
        + volumes["nat_gb"] * network["nat_gb"]
        + volumes["endpoint_gb"] * network["endpoint_gb"]
    )


def _logs(variables: Mapping[str, Any], volumes: Mapping[str, float], prices: Prices) -> float:
    cloudwatch, made = prices["cloudwatch"], prices["made"]
    alarms = (
        made["alarms"]
        + variables["cache"]["nodes"] * made["alarms_of_a_cache_node"]
        + 2 * made["alarms_of_a_service"]
    )
    kept_months = variables["log_retention_days"] / 30
    return (
        volumes["log_gb"] * (cloudwatch["log_gb"] + kept_months * cloudwatch["log_gb_month"])
        + volumes["metrics"] * cloudwatch["metric_month"]
        + alarms * cloudwatch["alarm_month"]
        + cloudwatch["dashboard_month"]
    )


def _stores(variables: Mapping[str, Any], volumes: Mapping[str, float], prices: Prices) -> float:
    storage, keys, made = prices["storage"], prices["keys"], prices["made"]
    secrets = made["own_secrets"] + len(variables["application_secrets"])
    return (
        volumes["file_gb"] * storage["file_gb_month"]
        + volumes["image_gb"] * storage["image_gb_month"]
        + made["keys"] * keys["key_month"]
        + secrets * keys["secret_month"]
    )


def _price_of(kind: str, prices: Mapping[str, float]) -> float:
    if kind not in prices:
        raise ValueError(f"prices.toml has no price of {kind}: add it from AWS's page, and change as_of")
    return prices[kind]
