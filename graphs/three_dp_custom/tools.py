"""The tools of the 3D-printing agent. Lengths are mm, angles degrees."""

from math import inf
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from graphs.kit.arguments import choice_argument, file_argument, quantity
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from trimesh import Trimesh

    from graphs.three_dp_custom.printability import FitReport, Orientation, Placement, Printer

_UNITS = {"file in mm": "mm", "file in cm": "cm", "file in m": "m", "file in inches": "in"}
"""The options of `Unit` are phrases: a bare "in" or "cm" in a request rarely speaks of the file."""

_LITTLE_CONTACT = 0.01
"""A part that lies on the bed with less than this share of its footprint comes loose easily."""

_STANCES = {
    (2, True): "as modelled",
    (2, False): "upside down",
    (0, True): "lying on its left side (-x)",
    (0, False): "lying on its right side (+x)",
    (1, True): "lying on its front (-y)",
    (1, False): "lying on its back (+y)",
}
"""By the model's axis (0 to 2 for x to z) that points up, and whether it is the axis' positive end."""


def _said_of_the_file(*names: str) -> tuple[str, ...]:
    """Return the ways to say that the file is in a unit, for each name of the unit."""
    leads = (
        "is in",
        "are in",
        "file in",
        "modelled in",
        "drawn in",
        "designed in",
        "exported in",
        "saved in",
    )
    return tuple(f"{lead} {name}" for lead in (*leads, "unit", "unit is") for name in names)


MeshFile = Annotated[str, file_argument("The mesh.", ".stl", ".obj", ".ply", ".off", ".3mf", ".glb")]
Unit = Annotated[
    Literal["file in mm", "file in cm", "file in m", "file in inches"],
    choice_argument(
        "The unit of the file's numbers, for formats that carry none.",
        **{
            "file in mm": _said_of_the_file("mm", "millimetres", "millimeters"),
            "file in cm": _said_of_the_file("cm", "centimetres", "centimeters"),
            "file in m": _said_of_the_file("m", "metres", "meters"),
            "file in inches": _said_of_the_file("inches", "inch"),
        },
    ),
]
PrinterName = Annotated[
    Literal["Prusa MK4S", "Bambu Lab X1C", "UltiMaker S5", "Creality Ender-3 V3 SE", "Formlabs Form 4"]
    | None,
    choice_argument(
        "The printer.",
        **{
            "Prusa MK4S": ("prusa", "mk4s", "mk4"),
            "Bambu Lab X1C": ("bambu", "bambu lab", "x1c"),
            "UltiMaker S5": ("ultimaker", "s5"),
            "Creality Ender-3 V3 SE": ("ender", "ender 3", "ender-3", "creality"),
            "Formlabs Form 4": ("formlabs", "form 4"),
        },
    ),
]
BuildVolume = Annotated[
    Annotated[list[float], Field(min_length=3, max_length=3)] | None,
    quantity(
        "The build volume of a printer that is not listed: x, y and z.",
        "mm",
        cues=(
            "build volume",
            "volume of",
            "bed",
            "bed of",
            "printer of",
            "fit",
            "fit in",
            "fit on",
            "fit into",
        ),
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
        "inspect",
        "measure",
        "volume",
        "surface area",
        "watertight",
        "bounds",
        "dimensions",
        "size of",
        "how big",
        "how large",
        "how tall",
        "how wide",
        "holes",
        "solid",
        "manifold",
        "defects",
        "triangles",
        "centre of mass",
        "check the mesh",
        "describe",
        "everything about",
    ),
    examples=("Is bracket.stl watertight?", "What is the volume of torus.stl?", "Measure the part."),
)
def inspect_mesh(session: Session, file: MeshFile, unit: Unit = "file in mm") -> Answer:
    """Measure a mesh: volume (mm³), surface area (mm²), dimensions (mm), and every defect of its surface."""
    from graphs.three_dp_custom.mesh import inspect

    report = inspect(_load(session, file, unit))
    width, depth, height = report.dimensions_mm
    volume = (
        f"It has no volume: {report.not_solid}."
        if report.volume_mm3 is None
        else f"Volume {report.volume_mm3:,.3f} mm³ ({report.volume_mm3 / 1000:,.2f} cm³)."
    )
    lines = [
        f"**{file}** is {'watertight' if report.watertight else 'not watertight'}. {volume}",
        f"- Surface area {report.area_mm2:,.3f} mm²",
        f"- Dimensions {width:,.3f} × {depth:,.3f} × {height:,.3f} mm",
        f"- {report.triangles:,} triangles, {report.vertices:,} vertices, bodies: {report.bodies}",
        f"- Defects: holes {report.holes}, boundary edges {report.boundary_edges}, non-manifold edges "
        f"{report.non_manifold_edges}, degenerate faces {report.degenerate_faces}, duplicate faces "
        f"{report.duplicate_faces}",
        *(f"- Note: {note}" for note in report.notes),
    ]
    return Answer("\n".join(lines), {"file": file, **vars(report)})


@agent_tool(
    keywords=(
        "repair",
        "fix",
        "heal",
        "mend",
        "close the holes",
        "fill holes",
        "make it watertight",
        "make watertight",
    ),
    examples=("Repair open_box.stl.", "Close the holes of this mesh."),
)
def repair_mesh(session: Session, file: MeshFile, unit: Unit = "file in mm") -> Answer:
    """Repair a mesh: merge vertices, drop bad faces, fill holes, turn faces outwards. Keeps the original."""
    from graphs.three_dp_custom.mesh import inspect, to_stl
    from graphs.three_dp_custom.repair import repair

    repaired, report = repair(_load(session, file, unit))
    if not report.changed:
        outcome = (
            f"could not be repaired: {report.not_solid}. Mend it where it was made, and export it again"
            if report.not_solid
            else "needs no repair: it is a solid, and nothing was changed"
        )
        return Answer(f"**{file}** {outcome}.", vars(report))
    artifact = session.save(f"{PurePath(file).stem}-repaired.stl", to_stl(repaired))
    volume = inspect(repaired).volume_mm3
    outcome = (
        f"It is still not a solid: {report.not_solid}."
        if volume is None
        else f"It is a solid now, of {volume:,.3f} mm³."
    )
    lines = [
        f"**{file}** is repaired as **{artifact['name']}** (in mm). {outcome}",
        f"- Holes filled: {report.filled_holes} (with {report.added_faces} triangles)",
        f"- Vertices merged: {report.merged_vertices}",
        f"- Faces removed: {report.removed_degenerate_faces} degenerate, "
        f"{report.removed_duplicate_faces} duplicate",
        f"- Faces turned outwards: {report.flipped_faces}; touching bodies joined: {report.joined_bodies}",
    ]
    return Answer("\n".join(lines), {"file": artifact["name"], "volume_mm3": volume, **vars(report)})


@agent_tool(
    keywords=(
        "overhang",
        "overhangs",
        "support",
        "supports",
        "steep",
        "printable",
        "can it be printed",
        "picture",
        "image",
        "render",
        "draw",
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
    picture = session.save(f"{PurePath(file).stem}-overhangs.png", render(mesh, file, threshold))
    if not report.faces:
        finding = f"has no overhang beyond {threshold:g}°: it prints without support"
    else:
        finding = (
            f"has overhangs beyond {threshold:g}° on {report.area_mm2:,.2f} mm² "
            f"({report.share:.1%} of its surface), the worst at {report.worst_angle_deg:.1f}°: it needs "
            "support there, or another orientation"
        )
    text = f"**{file}** {finding}. Picture: **{picture['name']}**."
    return Answer(" ".join([text, *_open_mesh_warning(mesh)]), {"picture": picture["name"], **vars(report)})


@agent_tool(
    keywords=("fit", "fits", "build volume", "too big", "too large", "too tall", "big enough", "printer"),
    examples=("Does bracket.stl fit on a Prusa MK4S?", "Does it fit a build volume of 200 x 200 x 180 mm?"),
)
def check_fit(
    session: Session,
    file: MeshFile,
    printer: PrinterName = None,
    build_volume: BuildVolume = None,
    unit: Unit = "file in mm",
) -> Answer:
    """Say whether a part fits a printer's build volume, turned by quarter turns where that helps."""
    from graphs.three_dp_custom.printability import PRINTERS, fit

    mesh = _load(session, file, unit)
    chosen = _printer(printer, build_volume)
    reports = [fit(mesh, each) for each in ([chosen] if chosen else PRINTERS)]
    figures = {
        report.printer.name: {
            "fits": report.fits,
            "margins_mm": report.best.margins_mm,
            "scale_to_fit": report.scale_to_fit,
        }
        for report in reports
    }
    if chosen:
        return Answer(_fit_in_words(file, reports[0]), figures)
    lines = [
        f"No printer is named that I know. **{file}** ({_size(mesh.extents)}), on each that I know; for "
        "another one, give its build volume, as in 250 x 210 x 220 mm:",
        *(f"- {_fit_in_words('It', report)}" for report in reports),
    ]
    return Answer("\n".join(lines), figures)


@agent_tool(
    keywords=(
        "orientation",
        "orient",
        "which way up",
        "best way up",
        "turn the part",
        "rotate",
        "which side",
        "lay it",
        "least support",
    ),
    examples=(
        "Which orientation of bracket.stl needs least support on a Prusa MK4S?",
        "Which way up should I print it?",
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
    chosen = _printer(printer, build_volume) or Printer("any printer", (inf, inf, inf))
    ways = orientations(mesh, chosen, threshold)
    best = ways[0]
    artifact = session.save(f"{PurePath(file).stem}-oriented.stl", to_stl(turned(mesh, best.placement)))
    fits = "" if best.fits else f" It does not fit the {chosen.name}, this way or any other."
    rows = [
        f"| {_stance(way.placement)} | {'yes' if way.fits else 'no'} | {way.overhang.area_mm2:,.2f} | "
        f"{way.bed_contact_mm2:,.2f} | {way.placement.dimensions_mm[2]:,.2f} |"
        for way in ways
    ]
    lines = [
        f"**{file}** prints best {_stance(best.placement)}, with {best.overhang.area_mm2:,.2f} mm² of overhang "
        f"beyond {threshold:g}°. Turned so: **{artifact['name']}** (in mm).{fits}",
        *_loose_warning(best),
        *_open_mesh_warning(mesh),
        "",
        f"| way up | fits {chosen.name} | overhang mm² | on the bed mm² | height mm |",
        "|---|---|---:|---:|---:|",
        *rows,
    ]
    figures = {
        "file": artifact["name"],
        "way_up": _stance(best.placement),
        "overhang_mm2": best.overhang.area_mm2,
        "bed_contact_mm2": best.bed_contact_mm2,
    }
    return Answer("\n".join(lines), figures)


def _load(session: Session, file: str, unit: str) -> "Trimesh":
    from graphs.three_dp_custom.mesh import load

    session.report(f"reading {file}")
    return load(session.artifacts.read(file), file, _UNITS[unit])


def _printer(name: str | None, build_volume: list[float] | None) -> "Printer | None":
    from graphs.three_dp_custom.printability import custom_printer, find_printer

    if build_volume:
        return custom_printer(*build_volume)
    return find_printer(name) if name else None


def _fit_in_words(part: str, report: "FitReport") -> str:
    printer = f"{report.printer.name} ({' × '.join(f'{length:g}' for length in report.printer.volume_mm)} mm)"
    margin = report.best.smallest_margin_mm
    subject = part if part == "It" else f"**{part}** ({_size(report.best.dimensions_mm)})"
    if report.fits:
        return f"{subject} fits the {printer}, {_stance(report.best)}, with {margin:,.2f} mm to spare on the tightest axis."
    return (
        f"{subject} does not fit the {printer}: at best it is {-margin:,.2f} mm too long on one axis. "
        f"Scaled to {report.scale_to_fit:.1%} it would fit."
    )


def _stance(placement: "Placement") -> str:
    """Return how a part stands, as seen from the front of the printer: front is -y, right +x.

    A part is tipped by a quarter turn about one horizontal axis; what is turned besides is said.
    """
    to_x, _, to_z = placement.rotation
    up = _axis(to_z)
    stance = _STANCES[up, to_z[up] > 0]
    along_x_when_tipped = 2 if up == 0 else 0
    return stance if _axis(to_x) == along_x_when_tipped else f"{stance}, turned 90° about the vertical"


def _axis(direction: tuple[float, ...]) -> int:
    return max(range(3), key=lambda axis: abs(direction[axis]))


def _loose_warning(way: "Orientation") -> list[str]:
    width, depth, _ = way.placement.dimensions_mm
    if way.bed_contact_mm2 >= _LITTLE_CONTACT * width * depth:
        return []
    return [
        f"So it touches the bed on {way.bed_contact_mm2:,.2f} mm² only: print it with a brim or raft, or it "
        "will come loose."
    ]


def _open_mesh_warning(mesh: "Trimesh") -> list[str]:
    from graphs.three_dp_custom.mesh import why_not_solid

    reason = why_not_solid(mesh)
    return [f"It is not a solid ({reason}): repair it before printing."] if reason else []


def _size(lengths: "tuple[float, ...]") -> str:
    return " × ".join(f"{length:,.2f}" for length in lengths) + " mm"
