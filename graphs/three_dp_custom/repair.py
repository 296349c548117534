"""Repair a triangle mesh so that it bounds a solid, and say exactly what was changed."""

from dataclasses import dataclass

import numpy as np
import trimesh
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from graphs.three_dp_custom.bodies import (
    disagreeing_faces,
    graph_of,
    inside_out_faces,
    join_touching_bodies,
)
from graphs.three_dp_custom.holes import fill_holes
from graphs.three_dp_custom.mesh import edge_uses, thin_faces, why_not_solid

# Vertices closer than this share of the largest dimension are one vertex (1 µm in 100 mm).
_MERGE_SHARE = 1e-5

# A flipped sliver can leave another beside it; a chain longer than this is left as it is.
_SLIVER_PASSES = 20


@dataclass(frozen=True)
class RepairReport:
    """What `repair` changed, as counts.

    ``removed_duplicate_faces`` counts second copies of a face and, where two bodies touch, the pairs of
    faces between them. ``flipped_faces`` counts the faces of the input that now look the other way.
    ``filled_holes`` are closed boundary loops, ``added_faces`` the triangles that close them.
    ``joined_bodies`` is how many touching bodies became one. ``not_solid`` says what is still wrong, or
    is None.
    """

    merged_vertices: int
    removed_degenerate_faces: int
    removed_duplicate_faces: int
    flipped_faces: int
    filled_holes: int
    added_faces: int
    joined_bodies: int
    not_solid: str | None

    @property
    def changed(self) -> bool:
        return any(
            (
                self.merged_vertices,
                self.removed_degenerate_faces,
                self.removed_duplicate_faces,
                self.flipped_faces,
                self.filled_holes,
                self.joined_bodies,
            )
        )


def repair(
    mesh: trimesh.Trimesh, merge_distance_mm: float | None = None
) -> tuple[trimesh.Trimesh, RepairReport]:
    """A repaired copy of `mesh`, and what was changed.

    In this order: vertices nearer than `merge_distance_mm` (default: 1e-5 of the largest dimension) become
    one, degenerate and duplicate faces go, neighbouring faces are turned to agree, holes are filled,
    bodies that are inside out are turned outwards, and bodies that touch along an edge (which no STL can
    tell from one faulty body) are joined. A cavity inside a body stays a cavity.

    Raises ValueError when the distance is negative or nothing is left.
    """
    size = float(np.ptp(mesh.vertices, axis=0).max())
    distance = size * _MERGE_SHARE if merge_distance_mm is None else merge_distance_mm
    if not 0 <= distance < size / 2:
        raise ValueError(
            f"A merge distance of {distance:g} mm can't be used: it must be at least 0 and well below the "
            f"mesh's size, {size:.4g} mm."
        )
    vertices = np.array(mesh.vertices)
    faces, merged = _merge_near_vertices(vertices, np.array(mesh.faces), distance)
    faces, degenerate = _without_slivers(vertices, faces)
    faces, duplicates = _without_duplicates(faces)
    if not len(faces):
        raise ValueError("Nothing is left of the mesh: all of its faces are degenerate. Export it again.")

    flipped = disagreeing_faces(faces)
    faces[flipped] = faces[flipped, ::-1]
    patch, filled = fill_holes(vertices, faces)
    original = len(faces)
    faces = np.vstack([faces, patch])
    inside_out = inside_out_faces(vertices, faces)
    faces[inside_out] = faces[inside_out, ::-1]

    repaired, joined = join_touching_bodies(trimesh.Trimesh(vertices, faces, process=False))
    repaired.metadata.update(mesh.metadata)
    repaired.remove_unreferenced_vertices()
    return repaired, RepairReport(
        merged_vertices=merged,
        removed_degenerate_faces=degenerate,
        removed_duplicate_faces=duplicates,
        flipped_faces=int((flipped ^ inside_out[:original]).sum()),
        filled_holes=filled,
        added_faces=len(patch),
        joined_bodies=joined,
        not_solid=why_not_solid(repaired),
    )


def _merge_near_vertices(vertices: np.ndarray, faces: np.ndarray, distance: float) -> tuple[np.ndarray, int]:
    pairs = KDTree(vertices).query_pairs(distance, output_type="ndarray")
    _, group = connected_components(graph_of(pairs, len(vertices)), directed=False)
    _, first, place = np.unique(group, return_index=True, return_inverse=True)
    return first[place.reshape(-1)[faces]], len(vertices) - len(first)


def _without_slivers(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, int]:
    """Remove the faces of no area without opening the surface.

    A face with a corner used twice just goes. Of three corners in a line the middle one lies on the
    neighbour's side: the neighbour is split there, which takes the sliver's place.
    """
    removed = 0
    for _ in range(_SLIVER_PASSES):
        sound = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
        removed += int((~sound).sum())
        faces = faces[sound]
        slivers = np.flatnonzero(thin_faces(vertices, faces))
        if not len(slivers):
            break
        faces, gone = _split_neighbours(vertices, faces, slivers)
        if not gone:
            break
        removed += gone
    return faces, removed


def _split_neighbours(vertices: np.ndarray, faces: np.ndarray, slivers: np.ndarray) -> tuple[np.ndarray, int]:
    sides_of: dict[tuple[int, int], list[int]] = {}
    for side, ends in enumerate(np.sort(trimesh.geometry.faces_to_edges(faces), axis=1).tolist()):
        sides_of.setdefault((ends[0], ends[1]), []).append(side)

    touched: set[int] = set()
    added = []
    gone = 0
    for sliver in slivers.tolist():
        corners = faces[sliver]
        lengths = np.linalg.norm(vertices[np.roll(corners, -1)] - vertices[corners], axis=1)
        longest = int(lengths.argmax())
        start, end = int(corners[longest]), int(corners[(longest + 1) % 3])
        middle = int(corners[(longest + 2) % 3])
        sides = [side for side in sides_of[min(start, end), max(start, end)] if side // 3 != sliver]
        neighbours = {side // 3 for side in sides}
        if len(sides) > 1 or touched & {sliver, *neighbours}:
            continue
        gone += 1
        touched |= {sliver, *neighbours}
        for side in sides:
            a, b, opposite = (int(faces[side // 3][(side + turn) % 3]) for turn in range(3))
            if opposite != middle:
                added += [(a, middle, opposite), (middle, b, opposite)]
    kept = np.delete(faces, sorted(touched), axis=0)
    return np.vstack([kept, np.array(added, dtype=faces.dtype).reshape(-1, 3)]), gone


def _without_duplicates(faces: np.ndarray) -> tuple[np.ndarray, int]:
    """Keep one face of each set of equal ones, or none where that leaves fewer faulty edges.

    None is right for two bodies that touch: the two faces between them divide nothing.
    """
    _, first, inverse, copies = np.unique(
        np.sort(faces, axis=1), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    if len(first) == len(faces):
        return faces, 0
    one = faces[np.sort(first)]
    none = faces[copies[inverse.reshape(-1)] % 2 == 1]
    _, first_odd = np.unique(np.sort(none, axis=1), axis=0, return_index=True)
    none = none[np.sort(first_odd)]
    kept = none if len(none) and _faulty_edges(none) < _faulty_edges(one) else one
    return kept, len(faces) - len(kept)


def _faulty_edges(faces: np.ndarray) -> int:
    return int((edge_uses(faces) != 2).sum())
