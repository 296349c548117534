"""Measurements of parts in words: short Markdown with every figure that a reader needs."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphs.three_dp_custom.mesh import MeshReport
    from graphs.three_dp_custom.printability import FitReport, Orientation, OverhangReport, Placement
    from graphs.three_dp_custom.repair import RepairReport

_STANCES = {
    (2, True): "as modelled",
    (2, False): "upside down",
    (0, True): "lying on its left side (-x)",
    (0, False): "lying on its right side (+x)",
    (1, True): "lying on its front (-y)",
    (1, False): "lying on its back (+y)",
}
"""By the model's axis (0 to 2 for x to z) that points up, and whether its positive end does."""

_LITTLE_CONTACT = 0.01
"""A part that lies on the bed with less than this share of its footprint comes loose easily."""


def mesh(file: str, report: "MeshReport") -> str:
    """Size, volume and defects of a mesh."""
    volume = (
        f"It has no volume: {report.not_solid}."
        if report.volume_mm3 is None
        else f"Volume {report.volume_mm3:,.3f} mm³ ({report.volume_mm3 / 1000:,.2f} cm³)."
    )
    lines = [
        f"**{file}** is {'watertight' if report.watertight else 'not watertight'}. {volume}",
        f"- Surface area {report.area_mm2:,.3f} mm²",
        f"- Dimensions {_size(report.dimensions_mm, 3)}",
        f"- {report.triangles:,} triangles, {report.vertices:,} vertices, bodies: {report.bodies}",
        f"- Defects: holes {report.holes}, boundary edges {report.boundary_edges}, non-manifold edges "
        f"{report.non_manifold_edges}, degenerate faces {report.degenerate_faces}, duplicate faces "
        f"{report.duplicate_faces}",
        *(f"- Note: {note}" for note in report.notes),
    ]
    return "\n".join(lines)


def not_repaired(file: str, report: "RepairReport") -> str:
    """Why a repair changed nothing."""
    if report.not_solid:
        return f"**{file}** could not be repaired: {report.not_solid}. Mend the model and export it again."
    return f"**{file}** needs no repair: it is a solid, and nothing was changed."


def repair(file: str, repaired_file: str, report: "RepairReport", volume_mm3: float | None) -> str:
    """What a repair changed, and whether the result is a solid."""
    outcome = (
        f"It is still not a solid: {report.not_solid}."
        if volume_mm3 is None
        else f"It is a solid now, of {volume_mm3:,.3f} mm³."
    )
    lines = [
        f"**{file}** is repaired as **{repaired_file}** (in mm). {outcome}",
        f"- Holes filled: {report.filled_holes} (with {report.added_faces} triangles)",
        f"- Vertices merged: {report.merged_vertices}",
        f"- Faces removed: {report.removed_degenerate_faces} degenerate, "
        f"{report.removed_duplicate_faces} duplicate",
        f"- Faces turned outwards: {report.flipped_faces}; touching bodies joined: {report.joined_bodies}",
    ]
    return "\n".join(lines)


def overhangs(file: str, report: "OverhangReport", picture: str, remarks: Sequence[str]) -> str:
    """Where a part needs support as it stands."""
    finding = f"has no overhang beyond {report.threshold_deg:g}° from the vertical: it prints without support"
    if report.faces:
        finding = (
            f"has overhangs beyond {report.threshold_deg:g}° from the vertical on {report.area_mm2:,.2f} mm² "
            f"({report.share:.1%} of its surface), the worst at {report.worst_angle_deg:.1f}°: it needs "
            "support there, or another orientation"
        )
    return " ".join([f"**{file}** {finding}. Picture: **{picture}**.", *remarks])


def fit(file: str, size_mm: Sequence[float], report: "FitReport", remarks: Sequence[str]) -> str:
    """Whether a part fits one printer."""
    return " ".join([f"**{file}** ({_size(size_mm)}) {_fits(report)}", *remarks])


def fit_of_known(
    file: str, size_mm: Sequence[float], reports: "Iterable[FitReport]", remarks: Sequence[str]
) -> str:
    """Whether a part fits each known printer, for a request that names none of them."""
    first = [
        f"No printer that I know is named, so here is **{file}** ({_size(size_mm)}) on each that I know. For "
        "another one, give its build volume, as in 250 x 210 x 220 mm.",
        *remarks,
    ]
    return "\n".join([" ".join(first), *(f"- It {_fits(report)}" for report in reports)])


def _fits(report: "FitReport") -> str:
    volume = " × ".join(f"{length:g}" for length in report.printer.volume_mm)
    printer = f"the {report.printer.name} ({volume} mm)"
    margin = report.best.smallest_margin_mm
    if report.fits:
        return f"fits {printer}, {stance(report.best)}, with {margin:,.2f} mm to spare on the tightest axis."
    return (
        f"does not fit {printer}: at best it is {-margin:,.2f} mm too long on one axis. "
        f"Scaled to {report.scale_to_fit:.1%} it would fit."
    )


def orientations(
    file: str,
    turned_file: str,
    ways: "Sequence[Orientation]",
    threshold_deg: float,
    printer: str | None,
    remarks: Sequence[str],
) -> str:
    """The ways to stand a part on the bed, the best first."""
    best = ways[0]
    misfit = [] if best.fits else [f"It does not fit the {printer}, this way or any other."]
    first = [
        f"**{file}** prints best {stance(best.placement)}: {best.overhang.area_mm2:,.2f} mm² of overhang "
        f"beyond {threshold_deg:g}°. Turned so: **{turned_file}** (in mm).",
        *_loose_warning(best),
        *misfit,
        *remarks,
    ]
    fits_column = [f"fits {printer} |"] if printer else []
    lines = [
        " ".join(first),
        "",
        " ".join(["| way up |", *fits_column, "overhang mm² | on the bed mm² | height mm |"]),
        "".join(["|---|", *("---|" for _ in fits_column), "---:|---:|---:|"]),
        *(_row(way, fits_shown=bool(printer)) for way in ways),
    ]
    return "\n".join(lines)


def _row(way: "Orientation", *, fits_shown: bool) -> str:
    cells = [
        stance(way.placement),
        *(["yes" if way.fits else "no"] if fits_shown else []),
        f"{way.overhang.area_mm2:,.2f}",
        f"{way.bed_contact_mm2:,.2f}",
        f"{way.placement.dimensions_mm[2]:,.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def remarks(not_solid: str | None, notes: Sequence[str]) -> list[str]:
    """What every finding hangs on: whether the part is a solid, and the unit in which its file was read."""
    warning = [f"It is not a solid ({not_solid}): repair it before printing."] if not_solid else []
    return [*warning, *notes]


def stance(placement: "Placement") -> str:
    """How a part stands, as seen from the front of the printer: the front is -y, the right side +x.

    It is tipped by a quarter or half turn about a horizontal axis; a turn about the vertical is named.
    """
    to_x, _, to_z = placement.rotation
    up = _axis(to_z)
    said = _STANCES[up, to_z[up] > 0]
    along_x_when_only_tipped = 2 if up == 0 else 0
    return said if _axis(to_x) == along_x_when_only_tipped else f"{said}, turned 90° about the vertical"


def _axis(direction: tuple[float, ...]) -> int:
    return max(range(3), key=lambda axis: abs(direction[axis]))


def _loose_warning(way: "Orientation") -> list[str]:
    width, depth, _ = way.placement.dimensions_mm
    if way.bed_contact_mm2 >= _LITTLE_CONTACT * width * depth:
        return []
    contact = f"{way.bed_contact_mm2:,.2f} mm²" if way.bed_contact_mm2 else "a point or a line"
    return [f"That way it touches the bed on {contact} only: it needs a brim, raft or support to hold."]


def _size(lengths: Sequence[float], digits: int = 2) -> str:
    return " × ".join(f"{length:,.{digits}f}" for length in lengths) + " mm"
