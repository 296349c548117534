"""The tools of the 3D-printing agent. Lengths are mm, angles degrees."""

from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from graphs.kit.arguments import choice_argument, file_argument, quantity
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from trimesh import Trimesh

    from graphs.three_dp_custom.printability import Placement, Printer

MeshFile = Annotated[str, file_argument("The mesh.", ".stl", ".obj", ".ply", ".off", ".3mf", ".glb")]
Unit = Annotated[
    Literal["mm", "cm", "m", "in"],
    choice_argument(
        "The unit of the file's numbers, for formats that carry none.",
        mm=("in millimetres", "in millimeters"),
        cm=("in centimetres", "in centimeters"),
        m=("in metres", "in meters"),
        **{"in": ("in inches",)},
    ),
]
PrinterName = Annotated[
    Literal["Prusa MK4S", "Bambu Lab X1C", "UltiMaker S5", "Creality Ender-3 V3 SE", "Formlabs Form 4"],
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
Threshold = Annotated[
    float,
    quantity(
        "Faces steeper than this from the vertical are overhangs: 0° a wall, 90° a flat ceiling.",
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
        "holes",
        "solid",
        "triangles",
        "centre of mass",
        "check the mesh",
    ),
    examples=("Is bracket.stl watertight?", "What is the volume of torus.stl?", "Measure the part."),
)
def inspect_mesh(session: Session, file: MeshFile, unit: Unit = "mm") -> Answer:
    """Measure a mesh: volume (mm³), surface area (mm²), dimensions (mm), and every defect of its surface."""
    from graphs.three_dp_custom.mesh import inspect

    report = inspect(_load(session, file, unit))
    width, depth, height = report.dimensions_mm
    volume = (
        f"It has no volume: {report.not_solid}"
        if report.volume_mm3 is None
        else f"Volume {report.volume_mm3:,.3f} mm³."
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
        "close the holes",
        "fill holes",
        "make it watertight",
        "make watertight",
    ),
    examples=("Repair open_box.stl.", "Close the holes of this mesh."),
)
def repair_mesh(session: Session, file: MeshFile, unit: Unit = "mm") -> Answer:
    """Repair a mesh: merge vertices, drop bad faces, fill holes, turn faces outwards. Keeps the original."""
    from graphs.three_dp_custom.mesh import inspect, to_stl
    from graphs.three_dp_custom.repair import repair

    repaired, report = repair(_load(session, file, unit))
    if not report.changed:
        return Answer(f"**{file}** needs no repair: nothing was changed.", vars(report))
    artifact = session.save(f"{PurePath(file).stem}-repaired.stl", to_stl(repaired))
    volume = inspect(repaired).volume_mm3
    outcome = (
        f"It is still not a solid: {report.not_solid}"
        if report.not_solid or volume is None
        else f"It is a solid now, of {volume:,.3f} mm³."
    )
    lines = [
        f"**{file}** is repaired as **{artifact['name']}**. {outcome}",
        f"- Holes filled: {report.filled_holes} (with {report.added_faces} triangles)",
        f"- Vertices merged: {report.merged_vertices}",
        f"- Faces removed: {report.removed_degenerate_faces} degenerate, "
        f"{report.removed_duplicate_faces} duplicate",
        f"- Faces turned outwards: {report.flipped_faces}; touching bodies joined: {report.joined_bodies}",
    ]
    return Answer("\n".join(lines), {"file": artifact["name"], "volume_mm3": volume, **vars(report)})


@agent_tool(
    keywords=("overhang", "overhangs", "support", "supports", "steep", "picture", "render", "show me"),
    examples=("Where are the overhangs of bracket.stl?", "Does this part need supports?"),
)
def check_overhangs(
    session: Session, file: MeshFile, threshold_deg: Threshold = 45.0, unit: Unit = "mm"
) -> Answer:
    """Measure the overhangs of a mesh as it stands (+z up), and draw them (PNG)."""
    from graphs.three_dp_custom.printability import overhangs
    from graphs.three_dp_custom.render import render

    mesh = _load(session, file, unit)
    report = overhangs(mesh, threshold_deg)
    session.report("drawing the part from above and below")
    picture = session.save(f"{PurePath(file).stem}-overhangs.png", render(mesh, file, threshold_deg))
    if not report.faces:
        finding = f"has no overhang beyond {threshold_deg:g}°: it prints without support"
    else:
        finding = (
            f"has overhangs beyond {threshold_deg:g}° on {report.area_mm2:,.2f} mm² "
            f"({report.share:.1%} of its surface), the worst at {report.worst_angle_deg:.1f}°: it needs "
            "support there, or another orientation"
        )
    return Answer(f"**{file}** {finding}. Picture: **{picture['name']}**.", vars(report))


@agent_tool(
    keywords=("fit", "fits", "build volume", "too big", "too large", "printer"),
    examples=("Does bracket.stl fit on a Prusa MK4S?", "Does it fit a build volume of 200 x 200 x 180 mm?"),
)
def check_fit(
    session: Session,
    file: MeshFile,
    printer: PrinterName | None = None,
    build_volume_mm: Annotated[
        list[float] | None,
        quantity("The printer's build volume, x, y and z.", "mm", cues=("build volume", "volume of", "bed")),
    ] = None,
    unit: Unit = "mm",
) -> Answer:
    """Say whether a part fits a printer's build volume, turned by quarter turns where that helps."""
    from graphs.three_dp_custom.printability import fit

    report = fit(_load(session, file, unit), _printer(printer, build_volume_mm))
    volume = " × ".join(f"{length:g}" for length in report.printer.volume_mm)
    place = f"**{file}** ({_size(report.best)})"
    if report.fits:
        text = (
            f"{place} fits the {report.printer.name} ({volume} mm), {report.best.turn}, with "
            f"{report.best.smallest_margin_mm:,.2f} mm to spare on the tightest axis."
        )
    else:
        text = (
            f"{place} does not fit the {report.printer.name} ({volume} mm): at best it is "
            f"{-report.best.smallest_margin_mm:,.2f} mm too long on one axis. Scaled to "
            f"{report.scale_to_fit:.1%} it would fit."
        )
    return Answer(
        text,
        {
            "fits": report.fits,
            "turn": report.best.turn,
            "margins_mm": report.best.margins_mm,
            "scale_to_fit": report.scale_to_fit,
        },
    )


@agent_tool(
    keywords=("orientation", "orient", "which way up", "best way up", "turn the part", "least support"),
    examples=("Which orientation of bracket.stl needs least support on a Prusa MK4S?",),
)
def find_orientation(
    session: Session,
    file: MeshFile,
    printer: PrinterName | None = None,
    build_volume_mm: Annotated[
        list[float] | None,
        quantity("The printer's build volume, x, y and z.", "mm", cues=("build volume", "volume of", "bed")),
    ] = None,
    threshold_deg: Threshold = 45.0,
    unit: Unit = "mm",
) -> Answer:
    """Compare the six ways up by fit and overhang, and keep the part turned to the best one (STL)."""
    from graphs.three_dp_custom.mesh import to_stl
    from graphs.three_dp_custom.printability import orientations, turned

    mesh = _load(session, file, unit)
    ways = orientations(mesh, _printer(printer, build_volume_mm), threshold_deg)
    best = ways[0]
    artifact = session.save(f"{PurePath(file).stem}-oriented.stl", to_stl(turned(mesh, best.placement)))
    rows = [
        f"| {way.placement.turn} | {'yes' if way.fits else 'no'} | {way.overhang.area_mm2:,.2f} | "
        f"{way.bed_contact_mm2:,.2f} | {way.placement.dimensions_mm[2]:,.2f} |"
        for way in ways
    ]
    lines = [
        f"Best way up for **{file}**: {best.placement.turn}, with {best.overhang.area_mm2:,.2f} mm² of "
        f"overhang beyond {threshold_deg:g}°{'' if best.fits else '; it does not fit the printer'}. "
        f"Turned so: **{artifact['name']}**.",
        "",
        "| turned | fits | overhang mm² | on the bed mm² | height mm |",
        "|---|---|---:|---:|---:|",
        *rows,
    ]
    return Answer("\n".join(lines), {"file": artifact["name"], "overhang_mm2": best.overhang.area_mm2})


def _load(session: Session, file: str, unit: str) -> "Trimesh":
    from graphs.three_dp_custom.mesh import load

    session.report(f"reading {file}")
    return load(session.artifacts.read(file), file, unit)


def _printer(name: str | None, build_volume_mm: list[float] | None) -> "Printer":
    from graphs.three_dp_custom.printability import custom_printer, find_printer

    if build_volume_mm:
        if len(build_volume_mm) != 3:
            raise ValueError(
                f"A build volume has three lengths (x, y, z in mm), not {len(build_volume_mm)}: "
                "write it as 250 x 210 x 220 mm."
            )
        return custom_printer(*build_volume_mm)
    return find_printer(name or "")


def _size(placement: "Placement") -> str:
    return " × ".join(f"{length:,.2f}" for length in placement.dimensions_mm) + " mm"
