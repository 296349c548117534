"""One long piece of real work for each agent, on the sample files that ship with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphs.server.process import PROJECT_ROOT


@dataclass(frozen=True)
class AgentTask:
    """What a person would ask, with the files that the request is about."""

    agent: str
    files: tuple[Path, ...]
    text: str


def _task(agent: str, files: tuple[str, ...], *requests: str) -> AgentTask:
    samples = PROJECT_ROOT / "graphs" / agent / "samples"
    return AgentTask(agent, tuple(samples / name for name in files), "\n".join(requests))


TASKS = (
    _task(
        "analytics",
        ("sales.csv", "longley.csv"),
        "Profile sales.csv.",
        "Total revenue_usd by region in sales.csv.",
        "Bar chart of revenue_usd by product in sales.csv.",
        "Profile longley.csv.",
        "Mean units by product in sales.csv.",
        "Line chart of revenue_usd by date in sales.csv.",
    ),
    _task(
        "three_dp_custom",
        ("bracket.stl", "open_box.stl", "torus.stl"),
        "Is bracket.stl watertight?",
        "Repair open_box.stl.",
        "Check the overhangs of bracket.stl.",
        "What is the volume of torus.stl?",
        "Does torus.stl fit on a Prusa MK4S?",
        "Check the overhangs of torus.stl.",
    ),
    _task(
        "project_bodhi",
        ("reliable_construction.csv",),
        "Read the tasks of reliable_construction.csv.",
        "What is the critical path of reliable_construction.csv?",
        "Draw a Gantt chart of reliable_construction.csv.",
        "What is the probability to finish reliable_construction.csv within 47 weeks?",
        "Read the tasks of reliable_construction.csv.",
        "What is the critical path of reliable_construction.csv?",
    ),
    _task(
        "trial_analysis",
        ("gehan.csv", "trial_endpoints.csv"),
        "Sample size for a t-test with effect size 0.5 and power 0.8.",
        "Kaplan-Meier survival of gehan.csv with time weeks, event relapse and arm arm.",
        "Log-rank test of gehan.csv with time weeks, event relapse and arm arm.",
        "Compare the means of sbp_change by arm in trial_endpoints.csv.",
        "Sample size for a t-test with effect size 0.4 and power 0.9.",
        "Compare the risk of responder by arm in trial_endpoints.csv.",
    ),
    _task(
        "formulation",
        ("yarn.csv",),
        "Make a simplex lattice design with 3 components and degree 2.",
        "Fit a quadratic Scheffé model to yarn.csv.",
        "Make a simplex centroid design with 4 components.",
        "Find the blend of yarn.csv with the highest elongation.",
        "Fit a linear Scheffé model to yarn.csv.",
        "Make a simplex lattice design with 4 components and degree 3.",
    ),
)


def told(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a state says, without what differs from run to run (ids)."""
    return {
        "messages": [_message(message) for message in values["messages"]],
        "artifacts": {name: artifact["sha256"] for name, artifact in values["artifacts"].items()},
    }


def _message(message: Mapping[str, Any]) -> tuple[Any, ...]:
    calls = [(call["name"], call["args"]) for call in message.get("tool_calls") or []]
    return message["type"], message.get("name"), message["content"], calls, message.get("status")
