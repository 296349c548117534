"""What a deployment costs: the arithmetic, its counts, and the table in docs/aws.md."""

import re
from typing import Any

import pytest

from infra.costs.__main__ import PAGE, SIZES, page_with_costs, variables_of
from infra.costs.bill import bill, load_prices
from tests.infra.terraform import TERRAFORM

PRICES = load_prices()


@pytest.fixture(scope="module")
def variables() -> dict[str, dict[str, Any]]:
    """The variables of each size, as Terraform has them."""
    return {size: variables_of(size) for size in SIZES}


def test_the_page_has_what_is_computed(variables: dict[str, dict[str, Any]]):
    bills = {size: bill(variables[size], PRICES["volumes"][size], PRICES) for size in SIZES}
    page = PAGE.read_text()
    assert page == page_with_costs(page, bills, PRICES), "docs/aws.md is behind: `make costs` writes it"


def test_defaults_of_the_configuration_are_filled_in(variables: dict[str, dict[str, Any]]):
    """api.disk and zones are not in small.tfvars."""
    small = variables["small"]
    assert small["api"]["disk"] == 30
    assert small["zones"] == ["a", "b"]
    assert small["application_secrets"] == ["LANGGRAPH_CLOUD_LICENSE_KEY", "LANGSMITH_API_KEY"]


def test_the_small_size_by_hand(variables: dict[str, dict[str, Any]]):
    small = bill(variables["small"], PRICES["volumes"]["small"], PRICES)
    # 0.5 vCPU, 2 GB, 10 GB of disk beyond 20; 1 vCPU, 4 GB, 30 GB
    api = 730 * (0.5 * 0.04048 + 2 * 0.004445 + 10 * 0.000111)
    worker = 730 * (1 * 0.04048 + 4 * 0.004445 + 30 * 0.000111)
    assert small.tasks_least == pytest.approx(api + worker)
    assert small.tasks_most == pytest.approx(2 * api + 2 * worker)
    # one db.t4g.small, 20 GB
    assert small.database == pytest.approx(730 * 0.032 + 20 * 0.115)
    assert small.cache == pytest.approx(730 * 0.0128)
    # one unit and two addresses; 20 GB out; an ACL, four rules, a million requests
    assert small.edge == pytest.approx(730 * (0.0225 + 0.008 + 2 * 0.005) + 20 * 0.09 + 5 + 4 + 0.6)
    # one gateway with its address; four endpoints in two zones; 10 GB through each
    assert small.network == pytest.approx(730 * (0.045 + 0.005 + 8 * 0.01) + 10 * 0.045 + 10 * 0.01)
    # 10 GB, kept for a month; 40 metrics; 7 + 2 + 2 alarms; a dashboard
    assert small.logs == pytest.approx(10 * 0.53 + 40 * 0.3 + 11 * 0.1 + 3)
    # 20 GB of files, 5 GB of images, 2 keys, 5 secrets
    assert small.stores == pytest.approx(0.46 + 0.5 + 2 + 2)
    assert small.least == pytest.approx(264.8149)
    assert small.most == pytest.approx(331.8508)


def test_a_standby_doubles_the_database(variables: dict[str, dict[str, Any]]):
    medium = variables["medium"]
    alone = medium | {"database": medium["database"] | {"multi_az": False}}
    volumes = PRICES["volumes"]["medium"]
    assert bill(medium, volumes, PRICES).database == pytest.approx(2 * bill(alone, volumes, PRICES).database)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"database": {"instance_class": "db.x9.huge"}}, "db.x9.huge"),
        ({"cache": {"node_type": "cache.x9.huge"}}, "cache.x9.huge"),
        ({"database": {"proxy": True}}, "RDS Proxy"),
    ],
)
def test_what_has_no_price_is_refused(
    changed: dict[str, dict[str, object]], named: str, variables: dict[str, dict[str, Any]]
):
    small = variables["small"]
    other = small | {name: small[name] | value for name, value in changed.items()}
    with pytest.raises(ValueError, match=named):
        bill(other, PRICES["volumes"]["small"], PRICES)


def test_what_is_counted_is_what_the_configuration_makes():
    made = PRICES["made"]
    root = "\n".join(file.read_text() for file in TERRAFORM.glob("*.tf"))
    edge, network, observability = (
        "\n".join(file.read_text() for file in (TERRAFORM / "modules" / module).glob("*.tf"))
        for module in ("edge", "network", "observability")
    )
    managed = set(re.findall(r"^ +(AWSManagedRules\w+) += \{", edge, re.MULTILINE))
    assert made["firewall_rules"] == len(managed) + edge.count("rate_based_statement {")
    endpoints = re.search(r'variable "interface_endpoints" \{.*?default += \[(.*?)\]', network, re.DOTALL)
    assert endpoints
    assert made["endpoints"] == len(endpoints[1].split(","))
    assert made["keys"] == len(re.findall(r'^resource "aws_kms_key"', root, re.MULTILINE))
    assert made["own_secrets"] == 1 + len(re.findall(r'toset\(\["DATABASE_URI", "REDIS_URI"\]\)', root)) * 2
    alarms = observability.partition("alarms = merge(")[2]
    assert made["alarms"] == len(re.findall(r"^ {6}[a-z-]+ = \{$", alarms, re.MULTILINE))
    assert made["alarms_of_a_cache_node"] == len(re.findall(r'"[a-z-]+-\$\{node\}" = \{', alarms))
    assert made["alarms_of_a_service"] == len(re.findall(r'"\$\{service\}-[a-z]+" =>', alarms))


def test_each_price_has_its_page_of_aws():
    groups = {
        name for name, group in PRICES.items() if isinstance(group, dict) and name not in ("made", "volumes")
    }
    assert {
        name for name in groups if not PRICES[name]["page"].startswith("https://aws.amazon.com/")
    } == set()
