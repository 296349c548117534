"""The analytics agent."""

from graphs.analytics.subagents import SUBAGENTS
from graphs.kit.supervisor import build_supervisor

graph = build_supervisor(
    name="analytics",
    prompt=(
        "You help people analyse tables of data. Hand each part of a request to the sub-agent that it "
        "belongs to, then answer with their findings and the names of the files they made. Use no figure "
        "that no tool gave."
    ),
    subagents=SUBAGENTS,
)
