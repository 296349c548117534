"""Repairs of boxes and tubes, whose volumes are known exactly."""

import math

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.three_dp_custom.holes import boundary_loops, fill_holes
from graphs.three_dp_custom.mesh import inspect, load, to_stl
from graphs.three_dp_custom.repair import repair


def _box(size=(10.0, 20.0, 30.0), at=(0.0, 0.0, 0.0)) -> trimesh.Trimesh:
    box = trimesh.creation.box(size)
    box.apply_translation(at)
    return box


def _with_faces(mesh: trimesh.Trimesh, faces: np.ndarray) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices, faces, process=False)


def _together(*meshes: trimesh.Trimesh) -> trimesh.Trimesh:
    vertices, faces = trimesh.util.append_faces([m.vertices for m in meshes], [m.faces for m in meshes])
    return trimesh.Trimesh(vertices, faces, process=False)


def _soup(mesh: trimesh.Trimesh, noise: float = 0.0) -> trimesh.Trimesh:
    corners = mesh.triangles.reshape(-1, 3).copy()
    corners += np.random.default_rng(7).uniform(-noise, noise, corners.shape)
    return trimesh.Trimesh(corners, np.arange(len(corners)).reshape(-1, 3), process=False)


def test_a_box_without_a_face_is_closed_to_its_exact_volume():
    box = _box()
    opened = _with_faces(box, box.faces[box.face_normals[:, 2] < 0.9])
    assert not opened.is_watertight
    repaired, report = repair(opened)
    assert inspect(repaired).volume_mm3 == 6000
    assert (report.filled_holes, report.added_faces) == (1, 2)
    assert report.not_solid is None
    assert report.changed
    assert not opened.is_watertight  # the given mesh stays as it was


def test_a_sound_mesh_is_left_alone():
    torus = trimesh.creation.torus(20, 5, 64, 32)
    repaired, report = repair(torus)
    assert not report.changed
    assert to_stl(repaired) == to_stl(torus)


def test_the_opening_of_a_tube_is_filled_as_a_ring():
    tube = trimesh.creation.annulus(r_min=3, r_max=5, height=10, sections=48)
    polygon = 48 / 2 * math.sin(2 * math.pi / 48)  # area of a regular polygon of 48 corners, circumradius 1
    for kept in (tube.face_normals[:, 2] < 0.9, np.abs(tube.face_normals[:, 2]) < 0.9):
        repaired, report = repair(_with_faces(tube, tube.faces[kept]))
        assert repaired.is_volume
        assert repaired.volume == pytest.approx(10 * polygon * (5**2 - 3**2), rel=1e-9)
        assert report.filled_holes in (2, 4)


def test_two_openings_side_by_side_are_filled_apart():
    plate = _box((40, 20, 4))
    pockets = [_box((8, 8, 2), (place, 0, 1)) for place in (-10, 10)]
    part = trimesh.boolean.difference([plate, *pockets], engine="manifold")
    floors = (np.abs(part.triangles_center[:, 2]) < 1e-6) & (part.face_normals[:, 2] > 0.9)
    repaired, report = repair(_with_faces(part, part.faces[~floors]))
    assert report.filled_holes == 2
    assert repaired.volume == pytest.approx(40 * 20 * 4 - 2 * 8 * 8 * 2)


def test_a_curved_hole_is_filled_close_to_the_surface():
    ball = trimesh.creation.icosphere(subdivisions=3, radius=10)
    cap = ball.triangles_center[:, 2] > 9
    repaired, report = repair(_with_faces(ball, ball.faces[~cap]))
    assert repaired.is_volume
    assert report.filled_holes == 1
    cap_volume = math.pi * 1**2 * (10 - 1 / 3)  # of height 1: πh²(R - h/3)
    assert 0 < ball.volume - repaired.volume < cap_volume


def test_a_hole_whose_boundary_zigzags_is_filled_without_doubling_an_edge():
    ball = trimesh.creation.icosphere(subdivisions=4, radius=10)
    repaired, report = repair(_with_faces(ball, ball.faces[60:]))
    assert report.not_solid is None
    assert repaired.volume == pytest.approx(ball.volume, rel=1e-3)


def test_turned_faces_are_turned_back_and_counted():
    box = _box()
    faces = box.faces.copy()
    faces[[0, 5]] = faces[[0, 5], ::-1]
    repaired, report = repair(_with_faces(box, faces))
    assert repaired.volume == pytest.approx(6000)
    assert report.flipped_faces == 2


def test_an_inside_out_body_is_turned_and_its_neighbour_is_not():
    inverted = _box(at=(50, 0, 0))
    inverted.invert()
    repaired, report = repair(_together(_box(), inverted))
    assert repaired.volume == pytest.approx(12000)
    assert report.flipped_faces == 12


@pytest.mark.parametrize("inside_out", [False, True])
def test_a_cavity_stays_a_cavity(inside_out):
    cavity = _box((4, 4, 4))
    cavity.invert()
    hollow = _together(_box(), cavity)
    if inside_out:
        hollow.invert()
    repaired, report = repair(hollow)
    assert repaired.volume == pytest.approx(6000 - 64)
    assert report.flipped_faces == (24 if inside_out else 0)


def test_duplicate_faces_go_whichever_way_they_look():
    box = _box()
    faces = np.vstack([box.faces, box.faces[3:4], box.faces[7:8, ::-1]])
    repaired, report = repair(_with_faces(box, faces))
    assert report.removed_duplicate_faces == 2
    assert len(repaired.faces) == 12
    assert repaired.volume == pytest.approx(6000)


def test_the_faces_between_two_boxes_go():
    left = _box()
    right = _box(at=(10, 0, 0))
    right.apply_transform(trimesh.transformations.reflection_matrix((10, 0, 0), (1, 0, 0)))  # same diagonals
    repaired, report = repair(load(to_stl(_together(left, right)), "pair.stl"))
    assert report.not_solid is None
    assert repaired.volume == pytest.approx(12000)
    assert report.removed_duplicate_faces + report.joined_bodies > 0


@pytest.mark.parametrize("at", [(10, 0, 0), (0, 0, 30), (10, 20, 0)])
def test_touching_bodies_are_joined(at):
    pair = load(to_stl(_together(_box(), _box(at=at))), "pair.stl")
    assert inspect(pair).non_manifold_edges > 0
    repaired, report = repair(pair)
    assert report.not_solid is None
    assert report.joined_bodies == 2
    assert repaired.volume == pytest.approx(12000)


def test_a_soup_of_nearly_equal_corners_is_merged():
    repaired, report = repair(_soup(_box(), noise=1e-5))
    assert report.merged_vertices == 28
    assert repaired.volume == pytest.approx(6000, rel=1e-5)


def test_a_wider_merge_distance_closes_wider_cracks():
    cracked = _soup(_box(), noise=0.02)
    assert repair(cracked)[1].not_solid is not None
    repaired, report = repair(cracked, merge_distance_mm=0.1)
    assert report.not_solid is None
    assert repaired.volume == pytest.approx(6000, rel=0.01)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(face=st.integers(0, 11), side=st.integers(0, 2), share=st.floats(0.01, 0.99))
def test_a_sliver_goes_without_opening_the_surface(face, side, share):
    box = _box()
    a, b, c = np.roll(box.faces[face], -side)
    vertices = np.vstack([box.vertices, [(1 - share) * box.vertices[a] + share * box.vertices[b]]])
    faces = np.vstack([np.delete(box.faces, face, axis=0), [[a, 8, c], [8, b, c], [a, b, 8]]])
    sliver = trimesh.Trimesh(vertices, faces, process=False)
    assert inspect(sliver).degenerate_faces == 1
    repaired, report = repair(sliver)
    assert report.removed_degenerate_faces == 1
    assert repaired.is_volume
    assert repaired.volume == pytest.approx(6000)
    assert inspect(repaired).degenerate_faces == 0


@settings(max_examples=40, deadline=None, derandomize=True)
@given(missing=st.sets(st.integers(0, 79), max_size=30), turned=st.sets(st.integers(0, 79), max_size=30))
def test_repair_never_makes_a_mesh_worse(missing, turned):
    ball = trimesh.creation.icosphere(subdivisions=1)
    faces = ball.faces.copy()
    faces[sorted(turned)] = faces[sorted(turned), ::-1]
    broken = _with_faces(ball, np.delete(faces, sorted(missing), axis=0))
    repaired, report = repair(broken)
    assert inspect(repaired).boundary_edges <= inspect(broken).boundary_edges
    assert report.not_solid == inspect(repaired).not_solid
    if report.not_solid is None:
        assert repaired.volume > 0
        assert repair(repaired)[1].changed is False


def test_what_can_not_be_repaired_is_said():
    box = _box()
    fin = np.vstack([box.vertices, [[30, 0, 0]]])
    faces = np.vstack([box.faces, [[box.faces[0][0], box.faces[0][1], 8]]])
    _, report = repair(trimesh.Trimesh(fin, faces, process=False))
    assert report.not_solid is not None
    assert "more than two faces" in report.not_solid


def test_a_flat_sheet_is_not_doubled():
    sheet = trimesh.Trimesh([[0, 0, 5], [9, 0, 5], [9, 9, 5], [0, 9, 5]], [[0, 1, 2], [0, 2, 3]])
    repaired, report = repair(_together(_box((4, 4, 4)), sheet))
    assert (report.filled_holes, report.added_faces) == (0, 0)
    assert report.not_solid == "it is open: 4 edges belong to one face only"
    assert len(repaired.faces) == 14


def test_many_loose_triangles_and_many_bodies_take_no_longer_than_their_number():
    places = np.random.default_rng(3).uniform(0, 1000, (20_000, 1, 3))
    corners = places + np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]])
    loose = trimesh.Trimesh(corners.reshape(-1, 3), np.arange(60_000).reshape(-1, 3))
    assert repair(loose)[1].filled_holes == 0
    cubes = [_box((1, 1, 1), (3 * x, 3 * y, 0)) for x in range(30) for y in range(30)]
    many = _together(*cubes)
    many.invert()
    repaired, report = repair(many)
    assert repaired.volume == pytest.approx(900)
    assert report.flipped_faces == 900 * 12


def test_a_mesh_of_slivers_only_is_refused():
    line = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [[0, 1, 2]], process=False)
    with pytest.raises(ValueError, match="Nothing is left"):
        repair(line)


@pytest.mark.parametrize("distance", [-1, 20, math.nan])
def test_an_impossible_merge_distance_is_refused(distance):
    with pytest.raises(ValueError, match="merge distance"):
        repair(_box(), merge_distance_mm=distance)


def test_holes_that_touch_in_a_corner_are_filled_apart():
    ball = trimesh.creation.icosphere(subdivisions=2)
    first = set(ball.faces[0])
    second = next(n for n, face in enumerate(ball.faces) if len(first & set(face)) == 1)
    faces = np.delete(ball.faces, [0, second], axis=0)
    assert [len(loop) for loop in boundary_loops(faces)] == [3, 3]
    repaired, report = repair(_with_faces(ball, faces))
    assert (report.filled_holes, report.added_faces) == (2, 2)
    assert repaired.volume == pytest.approx(ball.volume)


def test_a_closed_surface_has_no_loops():
    assert boundary_loops(_box().faces) == []
    patch, closed = fill_holes(_box().vertices, _box().faces)
    assert (patch.shape, closed) == ((0, 3), 0)
