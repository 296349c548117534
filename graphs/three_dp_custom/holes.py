"""Fill the holes of a triangle mesh: find their boundary loops, and cover each with triangles.

A flat hole is covered in its plane, and loops that lie one inside another (the two rims of a pipe whose
end is missing) are covered as one face with a hole in it. A loop that isn't flat gets the triangulation
of least area: G. Barequet, M. Sharir, "Filling gaps in the boundary of a polyhedron", Computer Aided
Geometric Design 12 (1995) 207-229. No vertex is added.
"""

from collections import defaultdict
from dataclasses import dataclass

import manifold3d
import numpy as np
import trimesh
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely import Polygon

# Corners this close to a plane, as a share of the mesh's largest dimension, lie in it: STL's 32-bit noise.
_FLAT = 1e-6

# The least-area triangulation takes time with the cube of the loop's length (0.3 s at this one); a longer
# loop is covered in the plane that fits it best.
_LONGEST_CURVED_LOOP = 200


@dataclass(frozen=True)
class _FlatLoop:
    corners: np.ndarray  # (n,) vertex numbers
    origin: np.ndarray  # (3,)
    normal: np.ndarray  # (3,) unit; the loop runs counter-clockwise seen against it
    area: float


def fill_holes(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, int]:
    """Faces that close the holes, and how many boundary loops they close.

    `vertices` is (n, 3) and `faces` (m, 3), wound consistently. Returns the new faces (k, 3), wound as
    their neighbours are. Left open and not counted are loops that can't be covered without folding, and
    the rims of flat sheets, whose cover would be a second sheet on the first.
    """
    size = float(np.ptp(vertices, axis=0).max())
    on_sheet = _on_flat_sheet(vertices, faces, size)
    flat, curved = [], []
    for loop in boundary_loops(faces):
        if on_sheet[loop[0]]:
            continue
        in_plane = _in_plane(vertices, loop, size)
        if in_plane is None:
            curved.append(loop)
        else:
            flat.append(in_plane)

    patches, closed = [], 0
    for outline in _outlines(flat, vertices, size):
        patches.append(_cover_in_plane(outline, vertices))
        closed += len(outline)
    for loop in curved:
        patch = _cover_curved(loop, vertices, faces)
        if patch is not None:
            patches.append(patch)
            closed += 1
    if not patches:
        return np.empty((0, 3), dtype=np.int64), 0
    return np.vstack(patches).astype(np.int64), closed


def boundary_loops(faces: np.ndarray) -> list[np.ndarray]:
    """The closed loops of edges that only one face uses, in the direction a patch's edges must take.

    Loops that touch in a vertex come apart into simple ones. Edges that lead nowhere (where faces are not
    wound consistently) are left out.
    """
    edges = trimesh.geometry.faces_to_edges(faces)
    _, inverse, uses = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True, return_counts=True)
    leads_to = defaultdict(list)
    for end, start in edges[uses[inverse.reshape(-1)] == 1]:
        leads_to[int(start)].append(int(end))

    loops = []
    for first in sorted(leads_to):
        path, place = [first], {first: 0}
        while path[-1] in leads_to:
            following = leads_to[path[-1]].pop()
            if not leads_to[path[-1]]:
                del leads_to[path[-1]]
            if following not in place:
                place[following] = len(path)
                path.append(following)
                continue
            start = place[following]
            loops.append(np.array(path[start:]))
            for corner in path[start + 1 :]:
                del place[corner]
            del path[start + 1 :]
    return loops


def _on_flat_sheet(vertices: np.ndarray, faces: np.ndarray, size: float) -> np.ndarray:
    """Mask of the vertices whose connected part of the surface lies in one plane."""
    edges = trimesh.geometry.faces_to_edges(faces)
    links = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(vertices),) * 2)
    count, part = connected_components(links, directed=False)
    members = np.bincount(part, minlength=count)
    means = np.column_stack([np.bincount(part, column, count) / members for column in vertices.T])
    offsets = vertices - means[part]
    spread = np.empty((count, 3, 3))
    for row in range(3):
        for column in range(3):
            spread[:, row, column] = np.bincount(part, offsets[:, row] * offsets[:, column], count) / members
    thickness = np.sqrt(np.maximum(np.linalg.eigvalsh(spread)[:, 0], 0))
    return (thickness <= _FLAT * size)[part]


def _in_plane(vertices: np.ndarray, loop: np.ndarray, size: float) -> _FlatLoop | None:
    points = vertices[loop]
    origin = points.mean(axis=0)
    normal = _area_vector(points - origin)
    area = float(np.linalg.norm(normal))
    if area <= _FLAT * size**2:
        return None
    normal = normal / area
    if np.abs((points - origin) @ normal).max() > _FLAT * size:
        return None
    if not Polygon(_flattened(points, normal)).is_valid:
        return None
    return _FlatLoop(loop, origin, normal, area)


def _outlines(loops: list[_FlatLoop], vertices: np.ndarray, size: float) -> list[list[_FlatLoop]]:
    """Each outer loop with the loops inside it that run the other way: one face with its holes."""
    if not loops:
        return []
    origins = np.array([loop.origin for loop in loops])
    normals = np.array([loop.normal for loop in loops])
    low = np.array([vertices[loop.corners].min(axis=0) for loop in loops])
    high = np.array([vertices[loop.corners].max(axis=0) for loop in loops])
    is_outer = np.zeros(len(loops), dtype=bool)
    near = _FLAT * size
    holes_of: dict[int, list[int]] = {}
    for number in sorted(range(len(loops)), key=lambda n: -loops[n].area):
        inner = loops[number]
        may_hold = np.flatnonzero(
            is_outer
            & (normals @ inner.normal < 0)
            & (np.abs(((inner.origin - origins) * normals).sum(axis=1)) <= near)
            & (low <= low[number] + near).all(axis=1)
            & (high >= high[number] - near).all(axis=1)
        )
        for outer in sorted(may_hold.tolist(), key=lambda n: loops[n].area):
            if _holds(loops[outer], inner, vertices) and not any(
                _holds(loops[hole], inner, vertices) for hole in holes_of[outer]
            ):
                holes_of[outer].append(number)
                break
        else:
            holes_of[number] = []
            is_outer[number] = True
    return [[loops[outer], *(loops[hole] for hole in holes)] for outer, holes in holes_of.items()]


def _holds(outer: _FlatLoop, inner: _FlatLoop, vertices: np.ndarray) -> bool:
    around, within = (Polygon(_flattened(vertices[loop.corners], outer.normal)) for loop in (outer, inner))
    return bool(around.contains(within))


def _cover_in_plane(outline: list[_FlatLoop], vertices: np.ndarray) -> np.ndarray:
    normal = outline[0].normal
    rings = [_flattened(vertices[loop.corners], normal) for loop in outline]
    corners = np.concatenate([loop.corners for loop in outline])
    return corners[manifold3d.triangulate(rings)]


def _cover_curved(loop: np.ndarray, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray | None:
    points = vertices[loop]
    if len(loop) <= _LONGEST_CURVED_LOOP:
        triangles = _least_area_triangles(points, _taken_edges(loop, faces))
        return None if triangles is None else loop[triangles]
    normal = _area_vector(points - points.mean(axis=0))
    length = np.linalg.norm(normal)
    if length == 0:
        return None
    ring = _flattened(points, normal / length)
    if not Polygon(ring).is_valid:
        return None
    return loop[manifold3d.triangulate([ring])]


def _taken_edges(loop: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(n, n) mask of the corners of a loop that an edge joins already: a patch may not use it again."""
    place = np.full(int(faces.max()) + 1, -1)
    place[loop] = np.arange(len(loop))
    ends = place[trimesh.geometry.faces_to_edges(faces)]
    ends = ends[(ends >= 0).all(axis=1)]
    taken = np.zeros((len(loop), len(loop)), dtype=bool)
    taken[ends[:, 0], ends[:, 1]] = taken[ends[:, 1], ends[:, 0]] = True
    return taken


def _least_area_triangles(points: np.ndarray, taken: np.ndarray) -> np.ndarray | None:
    """Barequet and Sharir's dynamic programme: best[i, k] is the least area that covers corners i to k."""
    count = len(points)
    best = np.zeros((count, count))
    split = np.zeros((count, count), dtype=np.int64)
    for span in range(2, count):
        for i in range(count - span):
            k = i + span
            if taken[i, k] and span < count - 1:
                best[i, k] = np.inf
                continue
            middle = np.arange(i + 1, k)
            areas = np.linalg.norm(np.cross(points[middle] - points[i], points[k] - points[i]), axis=1) / 2
            totals = best[i, middle] + best[middle, k] + areas
            cheapest = int(totals.argmin())
            best[i, k], split[i, k] = totals[cheapest], middle[cheapest]
    if not np.isfinite(best[0, count - 1]):
        return None

    triangles, open_spans = [], [(0, count - 1)]
    while open_spans:
        i, k = open_spans.pop()
        if k - i < 2:
            continue
        middle = int(split[i, k])
        triangles.append((i, middle, k))
        open_spans += [(i, middle), (middle, k)]
    return np.array(triangles)


def _flattened(points: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """(n, 2) coordinates in the plane, right-handed as seen against the normal."""
    across = np.cross(normal, np.eye(3)[np.abs(normal).argmin()])
    across /= np.linalg.norm(across)
    return np.ascontiguousarray(points @ np.column_stack([across, np.cross(normal, across)]))


def _area_vector(points: np.ndarray) -> np.ndarray:
    """Newell's normal of a polygon; its length is the area."""
    return np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0) / 2
