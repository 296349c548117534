import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import trimesh
from PIL import Image

from graphs.three_dp_custom.printability import overhang_mask
from graphs.three_dp_custom.render import render


def _table() -> trimesh.Trimesh:
    leg = trimesh.creation.box((10, 10, 30))
    top = trimesh.creation.box((40, 40, 4))
    top.apply_translation((0, 0, 17))
    return trimesh.boolean.union([leg, top], engine="manifold")


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png))).astype(int)


def _orange_share(png: bytes) -> float:
    """The share of pixels in shades of the overhang colour."""
    red, green, blue = np.moveaxis(_pixels(png), 2, 0)
    return float(((red > 1.8 * green) & (green > 4 * blue)).mean())


def test_the_picture_is_a_png_of_the_stated_size():
    png = render(_table(), "table.stl")
    assert png.startswith(b"\x89PNG")
    assert _pixels(png).shape == (682, 1210, 3)


def test_overhangs_are_coloured_and_a_box_has_none():
    assert _orange_share(render(_table())) > 0.02
    assert _orange_share(render(trimesh.creation.box((40, 40, 30)))) < 0.002  # the legend's patch


def test_the_threshold_is_used():
    assert _orange_share(render(_table(), threshold_deg=90)) < 0.002


def test_equal_meshes_give_equal_bytes_also_from_many_threads():
    with ThreadPoolExecutor(4) as threads:
        pictures = set(threads.map(lambda _: render(_table(), "table.stl"), range(4)))
    assert pictures == {render(_table(), "table.stl")}


def test_a_mesh_of_many_faces_is_drawn_simplified_with_its_overhangs():
    torus = trimesh.creation.torus(20, 5, 512, 256)
    assert len(torus.faces) == 262_144
    share = _orange_share(render(torus))
    assert share == pytest.approx(_orange_share(render(trimesh.creation.torus(20, 5, 64, 32))), rel=0.1)


def test_an_open_mesh_is_drawn():
    box = trimesh.creation.box((10, 20, 30))
    box.update_faces(np.arange(12) >= 2)
    assert np.unique(_pixels(render(box)).reshape(-1, 3), axis=0).shape[0] > 50


def test_a_name_with_dollar_signs_is_not_mathematics():
    assert render(_table(), r"$\broken{$.stl").startswith(b"\x89PNG")


def test_a_mesh_that_does_not_know_its_outside_is_refused():
    box = trimesh.creation.box((1, 2, 3))
    box.invert()
    with pytest.raises(ValueError, match="Repair"):
        render(box)
    assert overhang_mask(trimesh.creation.box((1, 2, 3))).sum() == 0
