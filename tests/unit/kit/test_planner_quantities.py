"""Which figures of a text become which number arguments, on tools declared here."""

from typing import Annotated, Any

import pytest
from pydantic import Field, JsonValue

from graphs.kit.arguments import quantity
from graphs.kit.planner.declarations import profile
from graphs.kit.planner.quantities import find_quantities
from graphs.kit.tool import Answer, Session, agent_tool

DEADLINE: dict[str, JsonValue] = {"kind": "number", "unit": "weeks", "cues": ["within", "by week", "by day"]}


@agent_tool(keywords=("simulate",), examples=("Simulate the plan.",))
def simulate(
    session: Session,
    deadline: Annotated[
        str | None, Field(description="With its unit.", json_schema_extra={"x-planner": DEADLINE})
    ] = None,
    runs: Annotated[int, quantity("How often.", cues=("times", "runs"), ge=2)] = 100,
) -> Answer:
    """Simulate a plan."""
    return Answer(f"{deadline} {runs}")


def values(text: str) -> dict[str, Any]:
    return find_quantities(text, profile(simulate, ""), {}).values


@pytest.mark.parametrize(
    ("text", "deadline"),
    [
        ("within 45 days", "45 days"),
        ("within 9.5 weeks", "9.5 weeks"),
        ("done by week 9", "9 week"),
        ("done by day 45", "45 day"),
        ("within 47", "47"),
    ],
)
def test_text_argument_gets_the_figure_as_written(text: str, deadline: str) -> None:
    assert values(f"Simulate it, {text}") == {"deadline": deadline}
