"""Bodhi, the project-management agent."""

from graphs.kit.supervisor import build_supervisor
from graphs.project_bodhi.subagents import SUBAGENTS

graph = build_supervisor(
    name="project_bodhi",
    prompt=(
        "You are Bodhi and help people plan projects. Hand each part of a request to the sub-agent that it "
        "belongs to, then answer with their findings and the names of the files they made. Use no "
        "figure that no tool gave."
    ),
    subagents=SUBAGENTS,
)
