"""Closed forms: torus volume 2π²Rr² and area 4π²Rr (Pappus); regular octahedron with circumradius 1: edge √2,
volume √2/3 · edge³ = 4/3 and area 2√3 · edge² = 4√3; box."""

import io
import json
import math
import struct
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

import graphs.three_dp_custom
from graphs.three_dp_custom.mesh import inspect, load, to_stl

SAMPLES = Path(graphs.three_dp_custom.__file__).parent / "samples"
TORUS_VOLUME = 2 * math.pi**2 * 20 * 5**2  # 9869.604 mm³
TORUS_AREA = 4 * math.pi**2 * 20 * 5  # 3947.842 mm²


def _torus(sections: int) -> trimesh.Trimesh:
    return trimesh.creation.torus(20, 5, major_sections=sections, minor_sections=sections // 2)


def _octahedron() -> trimesh.Trimesh:
    corners = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]
    return trimesh.convex.convex_hull(np.array(corners, dtype=float))


def _exported(mesh: trimesh.Trimesh, kind: str) -> bytes:
    content = mesh.export(file_type=kind)
    assert not isinstance(content, dict)
    return content.encode() if isinstance(content, str) else content


def _box() -> trimesh.Trimesh:
    return trimesh.creation.box((10, 20, 30))


def _three_mf(unit: str) -> bytes:
    tetrahedron = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))
    faces = ((0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3))
    vertices = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in tetrahedron)
    triangles = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in faces)
    model = (
        f'<?xml version="1.0"?><model unit="{unit}" '
        'xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources><object id="1" '
        f'type="model"><mesh><vertices>{vertices}</vertices><triangles>{triangles}</triangles></mesh>'
        '</object></resources><build><item objectid="1"/></build></model>'
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("3D/3dmodel.model", model)
    return archive.getvalue()


def test_torus_volume_and_area_converge_to_the_closed_forms_with_second_order():
    reports = [inspect(_torus(sections)) for sections in (64, 128, 256, 512)]
    volumes = [report.volume_mm3 or 0.0 for report in reports]
    areas = [report.area_mm2 for report in reports]
    for values, exact in ((volumes, TORUS_VOLUME), (areas, TORUS_AREA)):
        orders = [math.log2((exact - coarse) / (exact - fine)) for coarse, fine in pairwise(values)]
        assert orders == pytest.approx([2, 2, 2], abs=0.01)
        # Richardson's extrapolation of a second-order sequence
        assert (4 * values[-1] - values[-2]) / 3 == pytest.approx(exact, rel=1e-7)
    assert volumes[-1] == pytest.approx(9869.604, rel=2e-4)
    assert areas[-1] == pytest.approx(3947.842, rel=1e-4)


def test_octahedron_has_volume_four_thirds_and_area_four_root_three():
    report = inspect(_octahedron())
    assert report.volume_mm3 == pytest.approx(4 / 3, rel=1e-12)
    assert report.area_mm2 == pytest.approx(4 * math.sqrt(3), rel=1e-12)
    assert (report.triangles, report.vertices, report.bodies) == (8, 6, 1)
    assert report.dimensions_mm == pytest.approx((2, 2, 2))
    assert report.centre_of_mass_mm == pytest.approx((0, 0, 0), abs=1e-12)


@pytest.mark.parametrize("kind", ["stl", "stl_ascii", "obj", "ply", "off"])
def test_every_format_gives_the_same_box(kind):
    report = inspect(load(_exported(_box(), kind), f"Box.{kind.split('_')[0].upper()}"))
    assert report.volume_mm3 == pytest.approx(6000, rel=1e-6)
    assert report.area_mm2 == pytest.approx(2200, rel=1e-6)
    assert report.dimensions_mm == pytest.approx((10, 20, 30), rel=1e-6)
    assert (report.triangles, report.vertices) == (12, 8)
    assert report.watertight
    assert report.not_solid is None
    assert "carry no unit" in report.notes[0]


def test_glb_scene_is_joined_in_place_and_turned_from_metres_y_up_to_millimetres_z_up():
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box((0.01, 0.02, 0.03)))
    scene.add_geometry(
        trimesh.creation.box((0.01, 0.01, 0.01)),
        transform=trimesh.transformations.translation_matrix((0.1, 0, 0)),
    )
    report = inspect(load(scene.export(file_type="glb"), "pair.glb"))
    assert report.bodies == 2
    assert report.volume_mm3 == pytest.approx(7000, rel=1e-5)
    assert report.dimensions_mm == pytest.approx((110, 30, 20), rel=1e-5)  # glTF's y is up
    assert "metres" in report.notes[0]
    assert "overlap" in report.notes[1]


@pytest.mark.parametrize(
    ("unit", "edge"), [("millimeter", 1), ("inch", 25.4), ("meter", 1000), ("micron", 1e-3)]
)
def test_3mf_states_its_unit(unit, edge):
    mesh = load(_three_mf(unit), "tetrahedron.3mf")
    assert mesh.volume == pytest.approx(edge**3 / 6, rel=1e-9)


def test_3mf_of_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="unknown unit, 'furlong'"):
        load(_three_mf("furlong"), "tetrahedron.3mf")


def test_a_unit_given_by_the_caller_scales_a_file_without_one():
    report = inspect(load(to_stl(_box()), "box.stl", unit="in"))
    assert report.dimensions_mm == pytest.approx((254, 508, 762))
    assert report.notes == ("STL files carry no unit: the numbers are read as in.",)


@pytest.mark.parametrize(
    ("size", "words"), [(0.12, "metres (then it is 120 mm) or inches (3.05 mm)"), (2500, "2.5 m")]
)
def test_an_unlikely_size_gives_a_hint(size, words):
    assert words in inspect(trimesh.creation.box((size, size / 2, size / 2))).notes[-1]


def test_a_likely_size_gives_no_hint():
    assert inspect(_box()).notes == ()


def test_binary_stl_whose_header_says_solid_is_read_as_binary():
    data = to_stl(_box())
    assert load(b"solid" + data[5:], "box.stl").volume == pytest.approx(6000)


def test_stl_round_trip_is_deterministic():
    once = to_stl(_torus(64))
    assert once == to_stl(_torus(64))
    again = to_stl(load(once, "torus.stl"))  # its normals are those of the rounded vertices
    assert to_stl(load(again, "torus.stl")) == again
    assert struct.unpack("<I", once[80:84]) == (2 * 64 * 32,)


def test_an_open_box_has_no_volume_and_says_why():
    mesh = _box()
    mesh.update_faces(np.arange(12) >= 2)
    report = inspect(mesh)
    assert report.volume_mm3 is None
    assert report.not_solid == "it is open: 4 edges belong to one face only"
    assert not report.watertight
    assert (report.holes, report.boundary_edges) == (1, 4)
    assert report.area_mm2 < 2200


def test_defects_are_counted():
    box = _box()
    faces = np.vstack([box.faces, box.faces[:1], [[0, 1, 1]]])
    report = inspect(trimesh.Trimesh(box.vertices, faces, process=False))
    assert report.duplicate_faces == 1
    assert report.degenerate_faces == 1
    assert report.non_manifold_edges >= 3
    assert report.not_solid is not None
    assert "more than two faces" in report.not_solid


def test_a_face_turned_over_is_inconsistent_winding():
    box = _box()
    faces = box.faces.copy()
    faces[3] = faces[3, ::-1]
    report = inspect(trimesh.Trimesh(box.vertices, faces, process=False))
    assert report.watertight
    assert not report.winding_consistent
    assert report.not_solid == "some neighbouring faces point in opposite directions"


def test_an_inside_out_box_and_a_flat_sheet_are_no_solids():
    box = _box()
    box.invert()
    assert inspect(box).not_solid == "it is inside out: its faces point inwards"
    corners = [[0, 0, 0], [9, 0, 0], [0, 9, 0]]
    sheet = trimesh.Trimesh(corners, [[0, 1, 2], [2, 1, 0]], process=False)
    assert inspect(sheet).not_solid == "it encloses no space"


def test_two_holes_are_two():
    box = _box()
    upright = np.abs(box.face_normals[:, 2]) < 0.5
    box.update_faces(upright)
    assert inspect(box).holes == 2


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "part.stl", "'part.stl' is empty"),
        (b"hello", "part.step", "'part.step' is not a mesh file"),
        (b"hello", "part", "STL, OBJ, PLY, 3MF, OFF, GLB"),
        (b"hello", "part.stl", "'part.stl' could not be read as STL"),
        (b"hello", "part.glb", "could not be read as GLB"),
        (b"hello", "part.off", "could not be read as OFF"),
        (b"hello", "part.ply", "could not be read as PLY"),
        (b"hello", "part.3mf", "could not be read as 3MF"),
        (b"solid empty\nendsolid empty\n" + b" " * 90, "part.stl", "no triangles"),
        (b"v 0 0 0\nv 1 0 0\n", "part.obj", "part.obj"),
        (b"v 0 0 0\nv 1 0 0\nv nan 1 0\nf 1 2 3\n", "part.obj", "1 of 3 vertices"),
    ],
)
def test_a_file_that_can_not_be_read_is_refused_by_name(data, name, words):
    with pytest.raises(ValueError, match=name) as refusal:
        load(data, name)
    assert words in str(refusal.value)


def test_a_cut_binary_stl_is_refused():
    with pytest.raises(ValueError, match=r"12 triangles \(684 bytes\), and it is 654 bytes long"):
        load(to_stl(_box())[:-30], "box.stl")


def test_an_ascii_stl_that_stops_making_sense_is_refused():
    text = _exported(_box(), "stl_ascii")
    place = text.index(b"vertex", 900)
    with pytest.raises(ValueError, match="damaged"):
        load(text[:place] + b"vertex one two three\n" + text[text.index(b"\n", place) + 1 :], "box.stl")


def test_a_face_of_a_missing_vertex_is_refused():
    text = b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 7\n"
    with pytest.raises(ValueError, match="damaged"):
        load(text, "part.off")


def _glb_of_zeros(**parts: list) -> bytes:
    """A GLB whose one accessor has no data: by the specification, it stands for that many zeros."""
    scene = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"componentType": 5126, "count": 10**13, "type": "VEC3"}],
        **parts,
    }
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", 4, b"BIN\0") + bytes(4)
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def test_a_file_that_states_more_vertices_than_memory_holds_is_refused():
    glb = _glb_of_zeros(buffers=[{"byteLength": 4}], bufferViews=[{"buffer": 0, "byteLength": 4}])
    with pytest.raises(ValueError, match=r"'part\.glb' does not fit into this machine's memory"):
        load(glb, "part.glb")


def test_a_file_that_trimesh_stumbles_over_is_refused():
    with pytest.raises(ValueError, match=r"'part\.glb' could not be read as GLB") as refusal:
        load(_glb_of_zeros(), "part.glb")
    assert isinstance(refusal.value.__cause__, UnboundLocalError)


@pytest.mark.parametrize("defect", [NameError, OSError])
def test_a_defect_of_the_program_is_no_damaged_file(defect, monkeypatch):
    def broken(*_, **__):
        raise defect("of the program")

    monkeypatch.setattr(trimesh, "load_scene", broken)
    with pytest.raises(defect, match="of the program"):
        load(to_stl(_box()), "box.stl")


def test_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="Unknown unit 'ell'"):
        load(to_stl(_box()), "box.stl", unit="ell")


def _outcome(data: bytes, name: str) -> trimesh.Trimesh | str:
    try:
        return load(data, name)
    except ValueError as refusal:
        return str(refusal)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(["stl", "stl_ascii", "obj", "ply", "off", "glb"]),
    cut=st.floats(0, 1),
    places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4),
)
def test_damage_gives_a_mesh_or_a_value_error(kind, cut, places):
    data = bytearray(_exported(_box(), kind))
    for place, value in places:
        data[int(place * len(data))] = value
    outcome = _outcome(bytes(data[: int(cut * len(data))]), f"box.{kind.split('_')[0]}")
    if isinstance(outcome, str):
        assert "'box." in outcome
    else:
        assert np.isfinite(outcome.vertices).all()
        assert inspect(outcome).triangles > 0


def test_samples_are_what_they_are_said_to_be():
    assert sum(file.stat().st_size for file in SAMPLES.glob("*.stl")) < 300_000
    bracket = inspect(load((SAMPLES / "bracket.stl").read_bytes(), "bracket.stl"))
    hole = 96 / 2 * 6**2 * math.sin(2 * math.pi / 96)  # a regular polygon of 96 corners, circumradius 6 mm
    assert bracket.volume_mm3 == pytest.approx(8 * 40 * 60 + 52 * 40 * 8 - 8 * hole, rel=1e-7)
    assert bracket.dimensions_mm == pytest.approx((60, 40, 60))
    open_box = inspect(load((SAMPLES / "open_box.stl").read_bytes(), "open_box.stl"))
    assert (open_box.holes, open_box.boundary_edges, open_box.volume_mm3) == (1, 4, None)
    torus = inspect(load((SAMPLES / "torus.stl").read_bytes(), "torus.stl"))
    assert torus.volume_mm3 == pytest.approx(TORUS_VOLUME, rel=0.01)
    assert torus.area_mm2 == pytest.approx(TORUS_AREA, rel=0.003)
    assert torus.dimensions_mm == pytest.approx((50, 50, 10))
