"""Can it be printed: overhangs, fit in the printer's build volume, and which way up. Lengths are mm.

**Overhang angle.** The angle between a face and the vertical, for faces that look down: 0° is a wall, 90°
a flat ceiling. With unit normal n it is asin(-n_z). This is the convention of UltiMaker Cura's "Support
Overhang Angle" ("at a value of 0° all overhangs are supported, 90° will not provide any support";
PrusaSlicer counts from the horizontal instead). The default threshold, 45°, is the common rule for
fused-filament printing: at equal layer height and line width, each line then rests half on the one below.
A face at the threshold itself prints without support.

The measure looks at each face alone. A short bridge between two walls prints without support although it
is an overhang here.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import trimesh

DEFAULT_THRESHOLD_DEG = 45.0

# A face this close to the lowest point lies on the bed: a twentieth of a usual first layer of 0.2 mm.
_ON_BED_MM = 0.01

# STL's 32-bit floats turn a 45° face by less than this.
_SAME_ANGLE_DEG = 0.01

# ... and lengthen a part that fits exactly by less than this.
_SAME_LENGTH_MM = 1e-4


@dataclass(frozen=True)
class Printer:
    """A printer and its build volume (x, y, z) in mm."""

    name: str
    volume_mm: tuple[float, float, float]


# Build volumes as the makers publish them.
PRINTERS = (
    Printer("Prusa MK4S", (250, 210, 220)),
    Printer("Bambu Lab X1C", (256, 256, 256)),
    Printer("UltiMaker S5", (330, 240, 300)),
    Printer("Creality Ender-3 V3 SE", (220, 220, 250)),
    Printer("Formlabs Form 4", (200, 125, 210)),
)


@dataclass(frozen=True)
class OverhangReport:
    """Faces steeper than the threshold. ``worst_angle_deg`` is None when no face looks down.

    ``share`` is the overhang's part of the whole surface area, 0 to 1.
    """

    threshold_deg: float
    faces: int
    area_mm2: float
    share: float
    worst_angle_deg: float | None


@dataclass(frozen=True)
class Placement:
    """A part turned by quarter turns: its size along the printer's axes and the room left on each.

    ``rotation`` is the 3 x 3 matrix that turns it from the modelled position. A negative margin is
    by how much the part is too long.
    """

    rotation: tuple[tuple[float, ...], ...]
    dimensions_mm: tuple[float, float, float]
    margins_mm: tuple[float, float, float]

    @property
    def smallest_margin_mm(self) -> float:
        return min(self.margins_mm)

    @property
    def fits(self) -> bool:
        return self.smallest_margin_mm >= -_SAME_LENGTH_MM


@dataclass(frozen=True)
class FitReport:
    """Whether a part fits a printer.

    ``best`` is the placement to use: as modelled if that fits, else the one with the most room; when none
    fits, the one that misses by least. ``fitting`` are all that fit. ``scale_to_fit`` is the largest
    uniform scale, over all placements, at which the part fits.
    """

    printer: Printer
    fits: bool
    best: Placement
    fitting: tuple[Placement, ...]
    scale_to_fit: float


@dataclass(frozen=True)
class Orientation:
    """One of the six ways to stand a part on the bed."""

    placement: Placement
    overhang: OverhangReport
    bed_contact_mm2: float

    @property
    def fits(self) -> bool:
        return self.placement.fits


def find_printer(name: str) -> Printer:
    """The printer of that name; case, spaces and hyphens don't matter, and a part of the name will do.

    Raises ValueError, with the known names, when none or several match.
    """
    wanted = _plain(name)
    exact = [printer for printer in PRINTERS if _plain(printer.name) == wanted]
    matches = exact or [printer for printer in PRINTERS if wanted and wanted in _plain(printer.name)]
    if len(matches) == 1:
        return matches[0]
    known = "; ".join(f"{printer.name} {_size(printer.volume_mm)}" for printer in PRINTERS)
    problem = "is not known" if not matches else "could be several printers"
    raise ValueError(f"The printer '{name}' {problem}. Known are: {known}. Or give the build volume in mm.")


def custom_printer(x_mm: float, y_mm: float, z_mm: float) -> Printer:
    """A printer of the given build volume. Raises ValueError when a length isn't positive."""
    volume = (float(x_mm), float(y_mm), float(z_mm))
    if not all(0 < length < float("inf") for length in volume):
        raise ValueError(f"A build volume of {_size(volume)} can't be used: each length must be above 0.")
    return Printer("custom printer", volume)


def overhang_mask(mesh: trimesh.Trimesh, threshold_deg: float = DEFAULT_THRESHOLD_DEG) -> np.ndarray:
    """Mask (n,) of the faces whose overhang angle exceeds the threshold, without those on the bed.

    Raises ValueError when the threshold is outside 0-90° or the faces don't say where outside is.
    """
    return _overhanging(mesh, np.array([0.0, 0, 1]), threshold_deg)


def overhangs(mesh: trimesh.Trimesh, threshold_deg: float = DEFAULT_THRESHOLD_DEG) -> OverhangReport:
    """Measure the overhangs of a mesh as it stands, +z up. Raises ValueError as `overhang_mask` does."""
    return _measure_overhang(mesh, np.array([0.0, 0, 1]), threshold_deg)


def fit(mesh: trimesh.Trimesh, printer: Printer) -> FitReport:
    """Whether a part fits a printer, in the modelled position or turned by quarter turns."""
    placements = [_placement(mesh, turn, printer) for turn in _turns()]
    fitting = tuple(placement for placement in placements if placement.fits)
    as_modelled = placements[0]
    best = as_modelled if as_modelled.fits else max(placements, key=lambda p: p.smallest_margin_mm)
    scale = max(
        min(room / length for room, length in zip(printer.volume_mm, p.dimensions_mm, strict=True) if length)
        for p in placements
    )
    return FitReport(printer, bool(fitting), best, fitting, scale)


def orientations(
    mesh: trimesh.Trimesh, printer: Printer, threshold_deg: float = DEFAULT_THRESHOLD_DEG
) -> tuple[Orientation, ...]:
    """The six ways up, best first: those that fit, then least overhang, most bed contact, least height.

    Of the two ways to turn a part about z, the modelled one is used where it fits. Raises ValueError as
    `overhang_mask` does.
    """
    ways = [_orientation(mesh, up, printer, threshold_deg) for up in range(6)]
    return tuple(
        sorted(
            ways,
            key=lambda way: (
                not way.fits,
                round(way.overhang.area_mm2, 3),
                -round(way.bed_contact_mm2, 3),
                round(way.placement.dimensions_mm[2], 3),
            ),
        )
    )


def turned(mesh: trimesh.Trimesh, placement: Placement) -> trimesh.Trimesh:
    """A copy of the mesh in that placement, standing on z = 0 with its box starting at x = y = 0."""
    copy = mesh.copy()
    matrix = np.eye(4)
    matrix[:3, :3] = placement.rotation
    copy.apply_transform(matrix)
    copy.apply_translation(-copy.bounds[0])
    return copy


def _overhanging(mesh: trimesh.Trimesh, up: np.ndarray, threshold_deg: float) -> np.ndarray:
    if not 0 <= threshold_deg <= 90:
        raise ValueError(
            f"An overhang threshold of {threshold_deg:g}° can't be used: give 0° (a wall) to 90° (a ceiling)."
        )
    if not mesh.is_winding_consistent or (mesh.is_watertight and mesh.volume < 0):
        raise ValueError("The mesh's faces don't agree on where outside is. Repair the mesh first.")
    return (_angles(mesh, up) > threshold_deg + _SAME_ANGLE_DEG) & ~_on_bed(mesh, up)


def _measure_overhang(mesh: trimesh.Trimesh, up: np.ndarray, threshold_deg: float) -> OverhangReport:
    mask = _overhanging(mesh, up, threshold_deg)
    area = float(mesh.area_faces[mask].sum())
    angles = _angles(mesh, up)[~_on_bed(mesh, up)]
    worst = float(angles.max(initial=0.0))
    return OverhangReport(
        threshold_deg=float(threshold_deg),
        faces=int(mask.sum()),
        area_mm2=area,
        share=area / float(mesh.area),
        worst_angle_deg=worst if worst > _SAME_ANGLE_DEG else None,
    )


def _angles(mesh: trimesh.Trimesh, up: np.ndarray) -> np.ndarray:
    """Overhang angle of each face in degrees; negative for faces that look up."""
    return np.degrees(np.arcsin(np.clip(-(mesh.face_normals @ up), -1, 1)))


def _on_bed(mesh: trimesh.Trimesh, up: np.ndarray) -> np.ndarray:
    heights = mesh.vertices @ up
    return heights[mesh.faces].max(axis=1) <= heights.min() + _ON_BED_MM


def _orientation(mesh: trimesh.Trimesh, up: int, printer: Printer, threshold_deg: float) -> Orientation:
    two_ways = [_placement(mesh, turn, printer) for turn in (_stand(up), _quarter_turn() @ _stand(up))]
    placement = next((way for way in two_ways if way.fits), None)
    if placement is None:
        placement = max(two_ways, key=lambda way: way.smallest_margin_mm)
    direction = np.array(placement.rotation)[2]
    on_bed = _on_bed(mesh, direction) & (_angles(mesh, direction) > 0)
    return Orientation(
        placement,
        _measure_overhang(mesh, direction, threshold_deg),
        float(mesh.area_faces[on_bed].sum()),
    )


def _placement(mesh: trimesh.Trimesh, rotation: np.ndarray, printer: Printer) -> Placement:
    sizes = np.abs(rotation) @ mesh.extents
    x, y, z = (float(size) for size in sizes)
    margin_x, margin_y, margin_z = (float(room) for room in np.array(printer.volume_mm) - sizes)
    return Placement(
        rotation=tuple(tuple(float(cell) + 0.0 for cell in row) for row in rotation),
        dimensions_mm=(x, y, z),
        margins_mm=(margin_x, margin_y, margin_z),
    )


def _turns() -> list[np.ndarray]:
    """Six rotations, one for each way to lay the three dimensions along the printer's axes."""
    turns = []
    for order in permutations(range(3)):
        rotation = np.eye(3)[list(order)]
        if np.linalg.det(rotation) < 0:
            rotation[0] *= -1
        turns.append(rotation)
    return turns


def _stand(up: int) -> np.ndarray:
    """The rotation that brings +z, -z, +x, -x, +y, -y (0 to 5) up, about x or y."""
    return np.array(
        [
            [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
            [[0, 0, -1], [0, 1, 0], [1, 0, 0]],
            [[0, 0, 1], [0, 1, 0], [-1, 0, 0]],
            [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
            [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
        ],
        dtype=float,
    )[up]


def _quarter_turn() -> np.ndarray:
    return np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])


def _size(lengths: tuple[float, float, float]) -> str:
    return " x ".join(f"{length:g}" for length in lengths) + " mm"


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
