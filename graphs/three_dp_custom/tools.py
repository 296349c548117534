"""The tools of the 3D-printing agent. Lengths are mm, angles degrees."""

from math import inf
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from graphs.kit.arguments import choice_argument, file_argument, quantity
from graphs.kit.tool import Answer, Session, agent_tool
from graphs.three_dp_custom import wording

if TYPE_CHECKING:
    from trimesh import Trimesh

    from graphs.three_dp_custom.printability import Printer

_UNITS = {"file in mm": "mm", "file in cm": "cm", "file in m": "m", "file in inches": "in"}
"""The options of `Unit` are phrases: in "how tall is it in inches?" the unit is not that of the file."""

_LEADS = (
    *(
        "it is in",
        "file is in",
        "model is in",
        "mesh is in",
        "numbers are in",
        "unit",
        "unit is",
        "units are",
    ),
    *("modelled in", "drawn in", "designed in", "exported in", "saved in"),
)


def _said_of_the_file(*names: str) -> tuple[str, ...]:
    return tuple(f"{lead} {name}" for name in names for lead in _LEADS)


MeshFile = Annotated[str, file_argument("The mesh.", ".stl", ".obj", ".ply", ".off", ".3mf", ".glb")]
Unit = Annotated[
    Literal["file in mm", "file in cm", "file in m", "file in inches"],
    choice_argument(
        "The unit of the file's numbers, for formats that carry none.",
        **{
            "file in mm": _said_of_the_file("mm", "millimetres", "millimeters"),
            "file in cm": _said_of_the_file("cm", "centimetres", "centimeters"),
            "file in m": _said_of_the_file("m", "metres", "meters"),
            "file in inches": _said_of_the_file("inches"),
        },
    ),
]
PrinterName = Annotated[
    Literal["Prusa MK4S", "Bambu Lab X1C", "UltiMaker S5", "Creality Ender-3 V3 SE", "Formlabs Form 4"]
    | None,
    choice_argument(
        "One of the known printers.",
        **{
            # models, not makers: another printer of the same maker has another build volume
            "Prusa MK4S": ("mk4s", "mk4"),
            "Bambu Lab X1C": ("x1c", "x1 carbon"),
            "UltiMaker S5": ("s5",),
            "Creality Ender-3 V3 SE": ("ender 3 v3 se", "ender-3 v3 se"),
            "Formlabs Form 4": ("form 4",),
        },
    ),
]
BuildVolume = Annotated[
    Annotated[list[float], Field(min_length=3, max_length=3)] | None,
    quantity(
        "The build volume of a printer that is not listed: x, y and z.",
        "mm",
        cues=("build volume", "volume of", "bed", "printer of", "fit", "fit in", "fit on", "fit into"),
    ),
]
Threshold = Annotated[
    float,
    quantity(
        "The angle from the vertical beyond which a face needs support: 0° is a wall, 90° a flat ceiling.",
        "degrees",
        cues=("threshold", "angle", "steeper than", "beyond"),
        ge=0,
        le=90,
    ),
]


@agent_tool(
    keywords=(
        *("inspect", "measure", "describe", "everything about", "check the mesh"),
        *("volume", "surface area", "dimensions", "bounds", "size of", "centre of mass", "triangles"),
        *("how big", "how large", "how tall", "how wide"),
        *("watertight", "solid", "manifold", "holes", "defects"),
    ),
    examples=("Is bracket.stl watertight?", "What is the volume of torus.stl?", "Measure the part."),
)
def inspect_mesh(session: Session, file: MeshFile, unit: Unit = "file in mm") -> Answer:
    """Measure a mesh: volume (mm³), surface area (mm²), dimensions (mm), and every defect of its surface."""
    from graphs.three_dp_custom.mesh import inspect

    report = inspect(_load(session, file, unit))
    return Answer(wording.mesh(file, report), {"file": file, **vars(report)})


@agent_tool(
    keywords=(
        *("repair", "fix", "heal", "mend", "close the holes", "fill holes"),
        *("make it watertight", "make watertight"),
    ),
    examples=("Repair open_box.stl.", "Close the holes of this mesh.", "Make open_box.stl watertight."),
)
def repair_mesh(session: Session, file: MeshFile, unit: Unit = "file in mm") -> Answer:
    """Repair a mesh: merge vertices, drop bad faces, fill holes, turn faces outwards. Keeps the original."""
    from graphs.three_dp_custom.mesh import inspect, to_stl
    from graphs.three_dp_custom.repair import repair

    repaired, report = repair(_load(session, file, unit))
    if not report.changed:
        return Answer(wording.not_repaired(file, report), vars(report))
    kept = session.save(f"{PurePath(file).stem}-repaired.stl", to_stl(repaired))["name"]
    volume = inspect(repaired).volume_mm3
    return Answer(
        wording.repair(file, kept, report, volume), {"file": kept, "volume_mm3": volume, **vars(report)}
    )


@agent_tool(
    keywords=(
        *("overhang", "overhangs", "support", "supports", "steep", "printable", "can it be printed"),
        *("picture", "image", "render", "draw"),
    ),
    examples=("Where are the overhangs of bracket.stl?", "Does this part need supports?"),
)
def check_overhangs(
    session: Session, file: MeshFile, threshold: Threshold = 45.0, unit: Unit = "file in mm"
) -> Answer:
    """Measure the overhangs of a mesh as it stands (+z up), and draw them (PNG)."""
    from graphs.three_dp_custom.printability import overhangs
    from graphs.three_dp_custom.render import render

    mesh = _load(session, file, unit)
    report = overhangs(mesh, threshold)
    session.report("drawing the part from above and below")
    picture = session.save(f"{PurePath(file).stem}-overhangs.png", render(mesh, file, threshold))["name"]
    text = wording.overhangs(file, report, picture, _remarks(mesh))
    return Answer(text, {"picture": picture, **vars(report)})


@agent_tool(
    keywords=(
        *("fit", "fits", "build volume", "printer"),
        *("too big", "too large", "too tall", "too wide", "big enough", "large enough"),
    ),
    examples=(
        "Does bracket.stl fit on a Prusa MK4S?",
        "Does it fit a build volume of 200 x 200 x 180 mm?",
        "Is the part too big for a Bambu X1C?",
    ),
)
def check_fit(
    session: Session,
    file: MeshFile,
    printer: PrinterName = None,
    build_volume: BuildVolume = None,
    unit: Unit = "file in mm",
) -> Answer:
    """Say whether a part fits a printer's build volume, turned by quarter turns where that helps.

    Without a printer, it is tried on all that are known.
    """
    from graphs.three_dp_custom.printability import PRINTERS, fit

    mesh = _load(session, file, unit)
    size = mesh.extents.tolist()
    chosen = _printer(printer, build_volume)
    reports = [fit(mesh, each) for each in ([chosen] if chosen else PRINTERS)]
    figures = {
        report.printer.name: {
            "fits": report.fits,
            "way_up": wording.stance(report.best),
            "margins_mm": report.best.margins_mm,
            "scale_to_fit": report.scale_to_fit,
        }
        for report in reports
    }
    if chosen:
        return Answer(wording.fit(file, size, reports[0], _remarks(mesh)), figures)
    return Answer(wording.fit_of_known(file, size, reports, _remarks(mesh)), figures)


@agent_tool(
    keywords=(
        *("orientation", "orient", "which way up", "best way up", "which side"),
        *("turn the part", "rotate", "least support"),
    ),
    examples=(
        "Which orientation of bracket.stl needs least support on a Prusa MK4S?",
        "Which way up should I print it?",
        "Which way up is best on a Prusa MK4S?",
    ),
)
def find_orientation(
    session: Session,
    file: MeshFile,
    printer: PrinterName = None,
    build_volume: BuildVolume = None,
    threshold: Threshold = 45.0,
    unit: Unit = "file in mm",
) -> Answer:
    """Compare the six ways up by fit and overhang, and keep the part turned to the best one (STL)."""
    from graphs.three_dp_custom.mesh import to_stl
    from graphs.three_dp_custom.printability import Printer, orientations, turned

    mesh = _load(session, file, unit)
    chosen = _printer(printer, build_volume)
    ways = orientations(mesh, chosen or Printer("unlimited", (inf, inf, inf)), threshold)
    best = ways[0]
    kept = session.save(f"{PurePath(file).stem}-oriented.stl", to_stl(turned(mesh, best.placement)))["name"]
    figures = {
        "file": kept,
        "way_up": wording.stance(best.placement),
        "overhang_mm2": best.overhang.area_mm2,
        "bed_contact_mm2": best.bed_contact_mm2,
        "fits": best.fits if chosen else None,
    }
    name = chosen.name if chosen else None
    text = wording.orientations(file, kept, ways, threshold, name, _remarks(mesh))
    return Answer(text, figures)


def _load(session: Session, file: str, unit: str) -> "Trimesh":
    """Return the mesh in mm; one in another unit is kept so, and later requests need not say it again."""
    from graphs.three_dp_custom.mesh import load, to_stl

    session.report(f"reading {file}")
    mesh = load(session.artifacts.read(file), file, _UNITS[unit])
    if _UNITS[unit] != "mm":
        kept = session.save(f"{PurePath(file).stem}-mm.stl", to_stl(mesh))["name"]
        mesh.metadata["notes"] += (f"Kept in mm as {kept}: go on with that file.",)
    return mesh


def _remarks(mesh: "Trimesh") -> list[str]:
    from graphs.three_dp_custom.mesh import why_not_solid

    return wording.remarks(why_not_solid(mesh), mesh.metadata["notes"])


def _printer(name: str | None, build_volume: list[float] | None) -> "Printer | None":
    from graphs.three_dp_custom.printability import custom_printer, find_printer

    if build_volume:
        return custom_printer(*build_volume)
    return find_printer(name) if name else None
