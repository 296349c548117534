"""The specialists of the 3D-printing agent."""

from graphs.kit.subagent import SubAgent
from graphs.three_dp_custom.tools import (
    check_fit,
    check_overhangs,
    find_orientation,
    inspect_mesh,
    repair_mesh,
)

MESH = SubAgent(
    name="mesh",
    purpose="Measures a 3D model (volume, area, dimensions, watertightness, defects) and repairs it.",
    prompt=(
        "You examine and repair 3D models for printing. State volumes in mm³, areas in mm² and lengths in "
        "mm, exactly as the tools give them. A repair makes a new file; name it."
    ),
    tools=(inspect_mesh, repair_mesh),
)

PRINTABILITY = SubAgent(
    name="printability",
    purpose="Says whether a model prints: overhangs and supports, fit in the printer, best way up.",
    prompt=(
        "You judge whether a part can be printed. Overhang angles count from the vertical. Name the printer "
        "that a fit is about, and every warning that a tool gives. For a printer that is not listed, ask for "
        "its build volume."
    ),
    tools=(check_overhangs, check_fit, find_orientation),
)

SUBAGENTS = (MESH, PRINTABILITY)
