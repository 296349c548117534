"""Triangle meshes: read, measure and write.

Lengths are millimetres and +z is up, the build direction. A mesh is a `trimesh.Trimesh`; what its file
left to be assumed or made necessary (a unit, a conversion) stands in ``mesh.metadata["notes"]``.
"""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
import trimesh
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from trimesh.exchange.stl import HeaderError, export_stl

FORMATS = ("stl", "obj", "ply", "3mf", "off", "glb")
UNITS = ("mm", "cm", "m", "in")

# By the 3MF core specification; trimesh says "millimeters" where the file says nothing.
_UNITS_OF_3MF = ("micron", "millimeter", "millimeters", "centimeter", "inch", "foot", "meter")

# glTF is y-up and 3D printing z-up: (x, y, z) becomes (x, -z, y).
_Y_UP_TO_Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1.0, 0], [0, 1.0, 0, 0], [0, 0, 0, 1.0]])

# No coordinate of a part is as large in any unit; trimesh can't tell vertices apart much farther out.
_FARTHEST = 1e7

# A face thinner than this share of the largest dimension has no direction of its own (0.1 µm in 100 mm:
# the noise of STL's 32-bit floats, far below what any printer resolves).
_THIN = 1e-6

# What trimesh's readers raise on files that are cut short, damaged or of another format.
_READ_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    StopIteration,
    SyntaxError,
    UnboundLocalError,
    HeaderError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class MeshReport:
    """What `inspect` measures. Lengths mm, areas mm², volumes mm³.

    ``volume_mm3`` is None when the surface doesn't bound a solid; ``not_solid`` then says why.
    ``centre_of_mass_mm`` is that of the solid (uniform density), or of the surface when there is none.
    ``holes`` counts the connected groups of boundary edges, ``boundary_edges`` the edges of one face
    only, ``non_manifold_edges`` those of three or more.
    """

    triangles: int
    vertices: int
    volume_mm3: float | None
    not_solid: str | None
    area_mm2: float
    watertight: bool
    winding_consistent: bool
    dimensions_mm: tuple[float, float, float]
    centre_of_mass_mm: tuple[float, float, float]
    bodies: int
    holes: int
    boundary_edges: int
    non_manifold_edges: int
    degenerate_faces: int
    duplicate_faces: int
    notes: tuple[str, ...]


def load(data: bytes, file_name: str, unit: str = "mm") -> trimesh.Trimesh:
    """Read a mesh from the bytes of an STL (binary or ASCII), OBJ, PLY, 3MF, OFF or GLB file.

    The parts of a scene are placed and joined into one mesh; vertices at the same place become one (an
    STL repeats them for each triangle); colours and textures are dropped. `unit` (mm, cm, m, in) is that
    of the file's numbers for the formats that carry none. 3MF states its unit; glTF is in metres with +y
    up by its specification, and is turned so that +z is up.

    Raises ValueError when the file is empty, damaged, of another format, or has no triangles.
    """
    kind = PurePath(file_name).suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise ValueError(
            f"'{file_name}' is not a mesh file that can be read. Give one of: "
            + ", ".join(name.upper() for name in FORMATS)
            + "."
        )
    if unit not in UNITS:
        raise ValueError(f"Unknown unit '{unit}'. Use one of: {', '.join(UNITS)}.")
    if not data:
        raise ValueError(f"'{file_name}' is empty (0 bytes). Export it again and send the new file.")

    if kind == "stl":
        _check_stl_length(data, file_name)
    parts, stated_unit = _read_parts(data, kind, file_name)
    mesh = _joined(parts, file_name)
    if kind == "stl":
        _check_all_facets_read(data, mesh, file_name)
    mesh.merge_vertices()
    mesh.remove_unreferenced_vertices()
    _to_millimetres(mesh, kind, unit if stated_unit is None else stated_unit)
    return mesh


def inspect(mesh: trimesh.Trimesh) -> MeshReport:
    """Measure a mesh: size, volume, area, and every defect that keeps it from being a solid."""
    uses = edge_uses(mesh.faces)
    reason = why_not_solid(mesh)
    centre = mesh.centroid if reason else mesh.center_mass
    return MeshReport(
        triangles=len(mesh.faces),
        vertices=len(mesh.vertices),
        volume_mm3=None if reason else float(mesh.volume),
        not_solid=reason,
        area_mm2=float(mesh.area),
        watertight=bool(mesh.is_watertight),
        winding_consistent=bool(mesh.is_winding_consistent),
        dimensions_mm=_triple(mesh.extents),
        centre_of_mass_mm=_triple(centre),
        bodies=int(mesh.body_count),
        holes=_boundary_groups(mesh),
        boundary_edges=int((uses == 1).sum()),
        non_manifold_edges=int((uses > 2).sum()),
        degenerate_faces=int(thin_faces(mesh.vertices, mesh.faces).sum()),
        duplicate_faces=int(len(mesh.faces) - mesh.unique_faces().sum()),
        notes=(*mesh.metadata.get("notes", ()), *_hints(mesh)),
    )


def to_stl(mesh: trimesh.Trimesh) -> bytes:
    """The mesh as a binary STL file in millimetres. Equal meshes give equal bytes."""
    return export_stl(mesh)


def why_not_solid(mesh: trimesh.Trimesh) -> str | None:
    """Why the surface bounds no volume, in words for a person; None when it does."""
    uses = edge_uses(mesh.faces)
    boundary, crowded = int((uses == 1).sum()), int((uses > 2).sum())
    faults = []
    if boundary:
        faults.append(f"it is open: {boundary} edges belong to one face only")
    if crowded:
        faults.append(f"{crowded} edges are shared by more than two faces")
    if not mesh.is_winding_consistent:
        faults.append("some neighbouring faces point in opposite directions")
    if faults:
        return "; ".join(faults)
    volume = np.linalg.det(mesh.triangles - mesh.centroid).sum() / 6
    if abs(volume) <= _THIN * mesh.area * mesh.extents.max():
        return "it encloses no space"
    if volume < 0:
        return "it is inside out: its faces point inwards"
    return None


def edge_uses(faces: np.ndarray) -> np.ndarray:
    """How many faces use each edge, one number per distinct edge: all 2 in a closed surface."""
    edges = np.sort(trimesh.geometry.faces_to_edges(faces), axis=1)
    return np.unique(edges, axis=0, return_counts=True)[1]


def thin_faces(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Mask of the degenerate faces: a corner used twice, or three corners in a line."""
    corners = vertices[faces]
    sides = np.roll(corners, -1, axis=1) - corners
    longest = np.linalg.norm(sides, axis=2).max(axis=1)
    twice_area = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
    return twice_area <= longest * _THIN * np.ptp(vertices, axis=0).max()


def _read_parts(data: bytes, kind: str, file_name: str) -> tuple[list[trimesh.Trimesh], str | None]:
    """The meshes of a file, each in its place, and the unit that the file states."""
    try:
        scene = trimesh.load_scene(io.BytesIO(data), file_type=kind, process=False, skip_materials=True)
        parts = [part for part in scene.dump() if isinstance(part, trimesh.Trimesh)]
    except _READ_ERRORS as error:
        raise _damaged(data, kind, file_name) from error
    except MemoryError as error:
        raise ValueError(
            f"'{file_name}' does not fit into this machine's memory ({len(data):,} bytes): it is damaged, or "
            "has too many triangles. Export it again, with fewer triangles, and send the new file."
        ) from error
    return parts, scene.metadata.get("units")


def _damaged(data: bytes, kind: str, file_name: str) -> ValueError:
    return ValueError(
        f"'{file_name}' could not be read as {kind.upper()}: it is damaged, cut short or of another format "
        f"({len(data):,} bytes). Export it again and send the new file."
    )


def _check_stl_length(data: bytes, file_name: str) -> None:
    """trimesh takes a binary STL of the wrong length for an ASCII one without facets."""
    if data.lstrip()[:5].lower() == b"solid":
        return
    if len(data) < 84:
        raise _damaged(data, "stl", file_name)
    triangles = int.from_bytes(data[80:84], "little")
    if len(data) != 84 + 50 * triangles:
        raise ValueError(
            f"'{file_name}' is damaged or cut short: by its header it has {triangles:,} triangles "
            f"({84 + 50 * triangles:,} bytes), and it is {len(data):,} bytes long. Export it again and send "
            "the new file."
        )


def _joined(parts: list[trimesh.Trimesh], file_name: str) -> trimesh.Trimesh:
    """One mesh of the parts, without colours and stored normals (winding says where faces look)."""
    if not sum(len(part.faces) for part in parts):
        raise ValueError(
            f"'{file_name}' has no triangles. Export the model as a mesh (not as points, lines or an "
            "empty scene) and send the new file."
        )
    vertices, faces = trimesh.util.append_faces(
        [part.vertices for part in parts], [part.faces for part in parts]
    )
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise ValueError(
            f"'{file_name}' is damaged: a face refers to vertex {int(faces.max()) + 1}, and there are "
            f"{len(vertices)}. Export it again and send the new file."
        )
    # False for NaN too
    sound = (np.abs(vertices) < _FARTHEST).all(axis=1) & (vertices.shape[1] == 3)
    if not sound.all():
        raise ValueError(
            f"'{file_name}' is damaged: {int((~sound).sum())} of {len(vertices)} vertices have coordinates "
            "that are missing, not numbers or out of all measure. Export it again and send the new file."
        )
    return trimesh.Trimesh(vertices, faces, process=False)


def _check_all_facets_read(data: bytes, mesh: trimesh.Trimesh, file_name: str) -> None:
    """An ASCII STL is read up to its first bad number, without an error: count its facets instead."""
    if len(data) == 84 + 50 * len(mesh.faces):
        return  # binary: its length has been checked against its header
    stated = data.lower().count(b"endfacet")
    if stated != len(mesh.faces):
        raise ValueError(
            f"'{file_name}' is damaged: it has {stated} facets, and {len(mesh.faces)} of them can be read. "
            "Export it again, as binary STL if you can."
        )


def _to_millimetres(mesh: trimesh.Trimesh, kind: str, unit: str) -> None:
    notes = []
    if kind == "glb":
        unit = "m"
        mesh.apply_transform(_Y_UP_TO_Z_UP)
        notes.append("glTF lengths are metres with +y up: scaled to millimetres and turned so that +z is up.")
    elif kind == "3mf":
        if unit not in _UNITS_OF_3MF:
            raise ValueError(
                f"The 3MF file states an unknown unit, '{unit}'. Export it again in millimetres."
            )
        if not unit.startswith("millimeter"):
            notes.append(f"The 3MF file is in {unit}: scaled to millimetres.")
    else:
        notes.append(f"{kind.upper()} files carry no unit: the numbers are read as {unit}.")
    mesh.apply_scale(trimesh.units.unit_conversion(unit, "mm"))
    mesh.metadata["notes"] = tuple(notes)


def _hints(mesh: trimesh.Trimesh) -> tuple[str, ...]:
    hints = []
    largest = float(mesh.extents.max())
    if largest < 1:
        hints.append(
            f"The largest dimension is only {largest:.3g} mm. The file may be in metres (then it is "
            f"{largest * 1000:.4g} mm) or inches ({largest * 25.4:.3g} mm): say which unit it is in."
        )
    if largest > 2000:
        hints.append(
            f"The largest dimension is {largest / 1000:.4g} m. The file may be in a smaller unit than "
            "assumed: check which one it was exported in."
        )
    if mesh.body_count > 1:
        hints.append(
            f"The volume is the sum of {mesh.body_count} bodies: where they overlap, space counts twice."
        )
    return tuple(hints)


def _boundary_groups(mesh: trimesh.Trimesh) -> int:
    edges = mesh.edges_sorted
    boundary = edges[trimesh.grouping.group_rows(edges, require_count=1)]
    if not len(boundary):
        return 0
    corners, ends = np.unique(boundary, return_inverse=True)
    ends = ends.reshape(-1, 2)
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(corners), len(corners)))
    return int(connected_components(graph, directed=False, return_labels=False))


def _triple(values: np.ndarray) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
