"""Draw a mesh as it stands on the printer's bed, with its overhangs in colour.

matplotlib's object interface on the Agg canvas: no pyplot, no global state, so threads may draw at the
same time; equal meshes give equal bytes.
"""

import io

import numpy as np
import trimesh
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d.art3d import Poly3DCollection
from mpl_toolkits.mplot3d.axes3d import Axes3D
from PIL import Image

from graphs.three_dp_custom.printability import (
    DEFAULT_THRESHOLD_DEG,
    OverhangReport,
    overhang_mask,
    overhangs,
)

# Okabe and Ito's colour-blind-safe vermilion and a pale blue-grey.
_OVERHANG = np.array([0.835, 0.369, 0.0])
_SURFACE = np.array([0.70, 0.76, 0.82])
_INK = "#2b2f36"
_BED = "#e9ebee"

# Faces that one view draws: matplotlib takes about a second for this many.
_MOST_FACES = 30_000

# Neighbouring faces drawn with smooth edges let what is behind them shine through the seam. They are drawn
# with hard edges instead, at this many times the size, and the whole picture is scaled down.
_OVERSAMPLING = 4

_SIZE_IN = (11.0, 6.2)
_DPI = 110

# matplotlib paints faces from the back to the front by their centres, which goes wrong when a long face
# lies behind a short one: faces are cut until no side is longer than this share of the part.
_LONGEST_SIDE = 1 / 24

_ABOVE, _BELOW = (28.0, -55.0), (-24.0, -55.0)  # elevation and azimuth of the two views, degrees


def render(mesh: trimesh.Trimesh, title: str = "", threshold_deg: float = DEFAULT_THRESHOLD_DEG) -> bytes:
    """A PNG (1210 x 682 pixels) of the mesh from above and from below, overhangs coloured.

    Axes are in mm with equal scales, +z up. More than 30,000 faces a view are drawn simplified; the
    figures in the legend are those of the mesh itself. Raises ValueError as `overhang_mask` does.
    """
    mask = overhang_mask(mesh, threshold_deg)
    report = overhangs(mesh, threshold_deg)
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI * _OVERSAMPLING, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    for left, name, view in ((0.01, "from above", _ABOVE), (0.49, "from below", _BELOW)):
        axes = Axes3D(figure, (left, 0.10, 0.48, 0.82))
        figure.add_axes(axes)
        _draw(axes, mesh, mask, *view)
        figure.text(left + 0.24, 0.10, name, ha="center", fontsize=11, color=_INK)
    figure.suptitle(title, fontsize=14, color=_INK, y=0.965, parse_math=False)
    figure.legend(
        handles=[
            Patch(color=tuple(_OVERHANG), label=_overhang_label(report)),
            Patch(color=tuple(_SURFACE), label="prints without support"),
        ],
        loc="lower center",
        ncols=2,
        frameon=False,
        fontsize=11,
        labelcolor=_INK,
    )
    canvas.draw()
    return _scaled_down(np.asarray(canvas.buffer_rgba())[..., :3])


def _overhang_label(report: OverhangReport) -> str:
    if not report.faces:
        return f"no overhang steeper than {report.threshold_deg:g}°"
    return (
        f"overhang steeper than {report.threshold_deg:g}°: {report.area_mm2:,.1f} mm² "
        f"({report.share:.1%} of the surface)"
    )


def _scaled_down(pixels: np.ndarray) -> bytes:
    height, width = (length // _OVERSAMPLING for length in pixels.shape[:2])
    blocks = pixels[: height * _OVERSAMPLING, : width * _OVERSAMPLING].reshape(
        height, _OVERSAMPLING, width, _OVERSAMPLING, 3
    )
    png = io.BytesIO()
    Image.fromarray(np.round(blocks.mean(axis=(1, 3))).astype(np.uint8)).save(png, format="png")
    return png.getvalue()


def _draw(axes: Axes3D, mesh: trimesh.Trimesh, mask: np.ndarray, elevation: float, azimuth: float) -> None:
    axes.set_proj_type("ortho")
    axes.view_init(elev=elevation, azim=azimuth)
    vertices, faces, coloured = _visible(mesh, mask, _direction(elevation, azimuth))
    corners = vertices[faces]
    colours = _shaded(corners, coloured, elevation, azimuth)
    axes.add_collection3d(
        Poly3DCollection(corners, facecolors=colours, edgecolors="none", antialiased=False, zsort="average")
    )
    _frame(axes, mesh.bounds)


def _visible(
    mesh: trimesh.Trimesh, mask: np.ndarray, viewer: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, faces and overhang mask of what can be seen, in few enough small enough faces."""
    vertices, faces = np.asarray(mesh.vertices), np.asarray(mesh.faces)
    if mesh.is_watertight:
        towards = mesh.face_normals @ viewer > 0
        faces, mask = faces[towards], mask[towards]
    size = float(mesh.extents.max())
    share = 1 / 300
    while len(faces) > _MOST_FACES:
        vertices, faces, mask = _clustered(vertices, faces, mask, share * size)
        share *= 1.4
    return _cut(vertices, faces, mask, size)


def _clustered(
    vertices: np.ndarray, faces: np.ndarray, mask: np.ndarray, cell: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merge the vertices of each cell of a grid, and drop the faces that collapse or coincide.

    J. Rossignac, P. Borrel, "Multi-resolution 3D approximations for rendering complex scenes" (1993).
    """
    cells = np.floor((vertices - vertices.min(axis=0)) / cell).astype(np.int64)
    _, cluster, size = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    cluster = cluster.reshape(-1)
    means = np.column_stack([np.bincount(cluster, weights=column) / size for column in vertices.T])
    merged = cluster[faces]
    kept = np.flatnonzero((merged != np.roll(merged, 1, axis=1)).all(axis=1))
    kept = kept[np.sort(np.unique(np.sort(merged[kept], axis=1), axis=0, return_index=True)[1])]
    return means, merged[kept], mask[kept]


def _cut(
    vertices: np.ndarray, faces: np.ndarray, mask: np.ndarray, size: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Halve the sides of long faces, as far as the number of faces allows."""
    while True:
        corners = vertices[faces]
        longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
        long = longest > size * _LONGEST_SIDE
        if not long.any() or len(faces) + 3 * long.sum() > 2 * _MOST_FACES:
            return vertices, faces, mask
        more_vertices, more_faces = trimesh.remesh.subdivide(vertices, faces[long])
        faces = np.vstack([faces[~long], more_faces + len(vertices)])
        mask = np.concatenate([mask[~long], np.repeat(mask[long], 4)])
        vertices = np.vstack([vertices, more_vertices])


def _shaded(corners: np.ndarray, coloured: np.ndarray, elevation: float, azimuth: float) -> np.ndarray:
    """(n, 3) colours under a lamp up and to the left of the viewer; both sides of a face are lit."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), np.finfo(float).tiny)
    lamp = _direction(elevation + np.copysign(25, elevation), azimuth - 30)
    light = 0.50 + 0.50 * np.abs(normals @ lamp)
    return np.clip(np.where(coloured[:, None], _OVERHANG, _SURFACE) * light[:, None], 0, 1)


def _frame(axes: Axes3D, bounds: np.ndarray) -> None:
    low, high = bounds
    margin = 0.06 * float((high - low).max())
    spans = (high - low) + np.array([2, 2, 1]) * margin
    axes.set_xlim(low[0] - margin, high[0] + margin)
    axes.set_ylim(low[1] - margin, high[1] + margin)
    axes.set_zlim(low[2], high[2] + margin)
    axes.set_box_aspect(spans, zoom=0.86)
    for axis, name, span in zip(
        (axes.xaxis, axes.yaxis, axes.zaxis), "xyz", spans / spans.max(), strict=True
    ):
        axis.set_label_text(f"{name} (mm)", color=_INK, fontsize=9)
        axis.set_major_locator(MaxNLocator(nbins=max(2, round(7 * span)), steps=[1, 2, 5, 10]))
    axes.tick_params(labelsize=8, colors=_INK)
    axes.zaxis.pane.set_facecolor(_BED)


def _direction(elevation: float, azimuth: float) -> np.ndarray:
    up, around = np.radians(elevation), np.radians(azimuth)
    return np.array([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)])
