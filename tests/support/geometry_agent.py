"""A small real agent for tests: a supervisor, and a sub-agent whose tool computes and keeps a file."""

from typing import Annotated, Literal

from graphs.kit.arguments import choice_argument, column_argument, file_argument, quantity, text_argument
from graphs.kit.errors import InputError
from graphs.kit.subagent import SubAgent
from graphs.kit.supervisor import build_supervisor
from graphs.kit.tool import Answer, Session, agent_tool


@agent_tool(keywords=("volume", "cube"), examples=("What is the volume of a cube of 3 mm?",))
def cube_volume(
    session: Session,
    side: Annotated[float, quantity("The side of the cube.", "mm", cues=("side",), gt=0)],
    copies: Annotated[int, quantity("How many cubes.", ge=1)] = 1,
) -> Answer:
    """Compute the volume of a cube (mm³) and keep it as a file."""
    if side > 1000:
        raise InputError(f"A side of {side:g} mm is over the printer's 1000 mm: give a smaller one.")
    if side == 13:
        raise ZeroDivisionError("secret detail")
    session.report("computing")
    volume = side**3 * copies
    session.save("volume.txt", f"{volume:g} mm3".encode())
    return Answer(f"The volume is {volume:g} mm³.", {"volume_mm3": volume})


@agent_tool(keywords=("scale",), examples=("Scale part.stl.",))
def describe_column(
    session: Session,
    file: Annotated[str, file_argument("The table.", ".csv", ".xlsx")],
    column: Annotated[str, column_argument("What to describe.", cues=("of",), numeric=True)],
    by: Annotated[list[str] | None, column_argument("Groups.", cues=("by",), many=True)] = None,
    statistic: Annotated[
        Literal["mean", "median"], choice_argument("Which middle.", mean=("average",))
    ] = "mean",
    title: Annotated[str, text_argument("A title.", cues=("titled",))] = "",
) -> Answer:
    """Describe a column of a table."""
    with session.path(file) as path:
        return Answer(f"{path.name}: {statistic} of {column} by {by or 'nothing'} {title}")


GEOMETRY = SubAgent(
    name="geometry",
    purpose="Measures shapes.",
    prompt="You measure shapes with the tools.",
    tools=(cube_volume, describe_column),
)


def geometry_agent():
    """Return the agent's graph, without a checkpointer."""
    return build_supervisor(name="shapes", prompt="You lead a team that measures.", subagents=[GEOMETRY])
