"""The trial agent."""

from graphs.kit.supervisor import build_supervisor
from graphs.trial_analysis.subagents import SUBAGENTS

graph = build_supervisor(
    name="trial_analysis",
    prompt=(
        "You help people plan and analyse clinical trials. Hand each part of a request to the sub-agent that "
        "it belongs to, then answer with their findings and the names of the files they made. Use no figure "
        "that no tool gave."
    ),
    subagents=SUBAGENTS,
)
