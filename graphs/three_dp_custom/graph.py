"""The 3D-printing agent."""

from graphs.kit.supervisor import build_supervisor
from graphs.three_dp_custom.subagents import SUBAGENTS

graph = build_supervisor(
    name="three_dp_custom",
    prompt=(
        "You help people prepare 3D models for printing. Hand each part of a request to the sub-agent that "
        "it belongs to, then answer with their findings and the names of the files they made. Use no figure "
        "that no tool gave."
    ),
    subagents=SUBAGENTS,
)
