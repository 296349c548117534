"""How the faces of a mesh hang together: their winding, the bodies they form, what lies inside what."""

import numpy as np
import trimesh
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components

# Faces at an edge are in the same plane when their angles agree to this many decimals of a radian.
_SAME_TURN = 6


def disagreeing_faces(faces: np.ndarray) -> np.ndarray:
    """Mask of the faces to flip so that neighbours agree; in each connected part the lesser number."""
    pairs, same_direction = _neighbours(faces)
    count, part = connected_components(graph_of(pairs, len(faces)), directed=False)
    # one tree through all faces, from a root above the first face of each part
    root = len(faces)
    firsts = np.unique(part, return_index=True)[1]
    pairs = np.vstack([pairs, np.column_stack([np.full(count, root), firsts])])
    turns = np.concatenate([same_direction, np.zeros(count, dtype=bool)])
    graph = graph_of(pairs, root + 1, 1.0 + turns)  # 1: the two agree, 2: one must turn
    order, before = breadth_first_order(graph, root, directed=False)
    reached = order[1:]
    must_turn = np.asarray(graph[before[reached], reached]).reshape(-1) == 2
    flipped = np.zeros(root + 1, dtype=bool)
    for face, turn in zip(reached.tolist(), must_turn.tolist(), strict=True):
        flipped[face] = flipped[before[face]] ^ turn
    flipped = flipped[:root]
    most = 2 * np.bincount(part, weights=flipped, minlength=count) > np.bincount(part, minlength=count)
    return flipped ^ most[part]


def inside_out_faces(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Mask of the faces of closed bodies that enclose a negative volume.

    A body inside another may be a cavity, which looks inwards rightly: it turns only with the body around
    it.
    """
    pairs, _ = _neighbours(faces)
    count, part = connected_components(graph_of(pairs, len(faces)), directed=False)
    corners = (vertices - vertices.mean(axis=0))[faces]
    volumes = np.bincount(part, weights=np.linalg.det(corners) / 6, minlength=count)
    closed = 2 * np.bincount(part[pairs[:, 0]], minlength=count) == 3 * np.bincount(part, minlength=count)
    turned = np.zeros(len(faces), dtype=bool)
    negative = np.flatnonzero(closed & (volumes < 0))
    if not len(negative):
        return turned

    members = _members(part, count)
    low = np.array([corners[faces_of].min(axis=(0, 1)) for faces_of in members])
    high = np.array([corners[faces_of].max(axis=(0, 1)) for faces_of in members])

    def inside(body: int, other: int) -> bool:
        return _is_inside(corners[members[body][0], 0], corners[members[other]])

    for body in negative.tolist():
        wider = closed & (low <= low[body]).all(axis=1) & (high >= high[body]).all(axis=1)
        wider[body] = False
        if any(inside(body, other) for other in np.flatnonzero(wider).tolist()):
            continue
        turned[members[body]] = True
        narrower = closed & (low >= low[body]).all(axis=1) & (high <= high[body]).all(axis=1)
        narrower[body] = False
        for other in np.flatnonzero(narrower).tolist():
            if inside(other, body):
                turned[members[other]] = True
    return turned


def join_touching_bodies(mesh: trimesh.Trimesh) -> tuple[trimesh.Trimesh, int]:
    """Where more than two faces meet at an edge, take the solids that meet there apart and unite them.

    Returns the mesh and how many bodies were joined: the mesh as it is and 0 when no edge has more than
    two faces or the faces there don't belong to separate solids.
    """
    crowded = _faces_at_crowded_edges(mesh.faces)
    if not crowded:
        return mesh, 0
    pairs = [_neighbours(mesh.faces)[0]]
    for edge, sides in crowded.items():
        around = _pair_around_edge(mesh.vertices, mesh.faces, edge, sides)
        if around is None:
            return mesh, 0
        pairs.append(around)
    count, part = connected_components(graph_of(np.vstack(pairs), len(mesh.faces)), directed=False)
    bodies = [
        trimesh.Trimesh(mesh.vertices, mesh.faces[faces_of], process=False)
        for faces_of in _members(part, count)
    ]
    if count < 2 or not all(body.is_volume for body in bodies):
        return mesh, 0
    united = trimesh.boolean.union(bodies, engine="manifold")
    return (united, count) if united.is_volume else (mesh, 0)


def _faces_at_crowded_edges(faces: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
    """The edges of more than two faces, each with its sides: side s is edge s % 3 of face s // 3."""
    edges = np.sort(trimesh.geometry.faces_to_edges(faces), axis=1)
    distinct, inverse, uses = np.unique(edges, axis=0, return_inverse=True, return_counts=True)
    if uses.max() <= 2:
        return {}
    sides_of = _members(inverse.reshape(-1), len(distinct))
    return {
        (int(distinct[edge, 0]), int(distinct[edge, 1])): sides_of[edge]
        for edge in np.flatnonzero(uses > 2).tolist()
    }


def _pair_around_edge(
    vertices: np.ndarray, faces: np.ndarray, edge: tuple[int, int], sides: np.ndarray
) -> np.ndarray | None:
    """The faces at an edge in pairs with solid between them, (k, 2); None where solids overlap there.

    Turning about the edge from start to end, solid begins at a face that runs end to start, and ends at
    the next one, which must run start to end.
    """
    start, end = edge
    axis = vertices[end] - vertices[start]
    corners = faces[sides // 3]
    rows = np.arange(len(sides))
    closes = corners[rows, sides % 3] == start
    arms = vertices[corners[rows, (sides + 2) % 3]] - vertices[start]
    across = np.cross(axis, arms[np.flatnonzero(~closes)[:1]])
    if not len(across):
        return None
    away = np.cross(across[0], axis)
    axis_length = np.linalg.norm(axis)
    turn = np.arctan2(arms @ across[0] * axis_length, arms @ away) % (2 * np.pi)
    turn = np.round(turn, _SAME_TURN) % round(2 * np.pi, _SAME_TURN)
    turn[closes & (turn == 0)] = 2 * np.pi
    order = np.lexsort([~closes, turn])  # at one place the solid that ends comes before the one that begins
    if closes[order[::2]].any() or not closes[order[1::2]].all() or len(order) % 2:
        return None
    return (sides[order] // 3).reshape(-1, 2)


def _is_inside(point: np.ndarray, triangles: np.ndarray) -> bool:
    """Whether a closed surface winds around a point: the solid angles of its triangles add up to ±4π.

    A. Van Oosterom, J. Strackee, "The solid angle of a plane triangle", IEEE Trans. Biomed. Eng. 30 (1983).
    """
    if ((point < triangles.min(axis=(0, 1))) | (point > triangles.max(axis=(0, 1)))).any():
        return False
    a, b, c = np.moveaxis(triangles - point, 1, 0)
    la, lb, lc = (np.linalg.norm(side, axis=1) for side in (a, b, c))
    above = np.einsum("ij,ij->i", a, np.cross(b, c))
    below = (
        la * lb * lc
        + np.einsum("ij,ij->i", a, b) * lc
        + np.einsum("ij,ij->i", b, c) * la
        + np.einsum("ij,ij->i", c, a) * lb
    )
    return bool(abs(2 * np.arctan2(above, below).sum()) > 2 * np.pi)


def _members(group: np.ndarray, count: int) -> list[np.ndarray]:
    """The places of each group's members: `group` gives each member's group, 0 to count - 1."""
    return np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group, minlength=count))[:-1])


def _neighbours(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of faces that share an edge with no third, (k, 2), and whether both run along it the same way."""
    edges = trimesh.geometry.faces_to_edges(faces)
    shared = trimesh.grouping.group_rows(np.sort(edges, axis=1), require_count=2).reshape(-1, 2)
    return shared // 3, edges[shared[:, 0], 0] == edges[shared[:, 1], 0]


def graph_of(pairs: np.ndarray, size: int, weights: np.ndarray | None = None) -> csr_matrix:
    """A symmetric sparse graph of `size` nodes."""
    weights = np.ones(len(pairs)) if weights is None else weights
    ends = np.vstack([pairs, pairs[:, ::-1]]).T
    return coo_matrix((np.concatenate([weights, weights]), tuple(ends)), shape=(size, size)).tocsr()
