"""Overhangs of solids with closed forms; build volumes as published by the makers."""

import math

import numpy as np
import pytest
import trimesh

from graphs.three_dp_custom.printability import (
    PRINTERS,
    custom_printer,
    find_printer,
    fit,
    orientations,
    overhang_mask,
    overhangs,
    turned,
)

PRUSA = find_printer("Prusa MK4S")


def _mushroom() -> trimesh.Trimesh:
    """A stem of 10 x 10 x 20 mm under a cap of 30 x 30 x 5 mm."""
    stem = trimesh.creation.box((10, 10, 20))
    cap = trimesh.creation.box((30, 30, 5))
    cap.apply_translation((0, 0, 12.5))
    return trimesh.boolean.union([stem, cap], engine="manifold")


def _wedge(angle_deg: float) -> trimesh.Trimesh:
    """A prism whose one side leans outwards by `angle_deg` from the vertical, 10 mm high, 20 mm deep."""
    lean = 10 * math.tan(math.radians(angle_deg))
    profile = [(0, 0), (10, 0), (10 + lean, 10), (0, 10)]
    return trimesh.convex.convex_hull(np.array([(x, y, z) for x, z in profile for y in (0, 20)], dtype=float))


def test_a_ceiling_is_an_overhang_of_90_degrees():
    report = overhangs(_mushroom())
    assert report.area_mm2 == pytest.approx(30 * 30 - 10 * 10)
    assert report.worst_angle_deg == pytest.approx(90)
    assert report.share == pytest.approx(800 / (2 * 900 + 4 * 30 * 5 + 4 * 10 * 20))


def test_a_box_on_the_bed_has_no_overhang():
    report = overhangs(trimesh.creation.box((10, 20, 30)))
    assert (report.faces, report.area_mm2, report.worst_angle_deg) == (0, 0, None)


@pytest.mark.parametrize(
    ("angle", "overhanging"), [(30, False), (44.9, False), (45, False), (45.1, True), (60, True)]
)
def test_the_angle_is_that_between_the_face_and_the_vertical(angle, overhanging):
    report = overhangs(_wedge(angle))
    assert report.worst_angle_deg == pytest.approx(angle)
    assert (report.area_mm2 > 0) == overhanging
    if overhanging:
        assert report.area_mm2 == pytest.approx(20 * 10 / math.cos(math.radians(angle)))


def test_a_quarter_of_a_lying_torus_overhangs_or_touches_the_bed():
    # Faces with asin(-n_z) > 45° are those a quarter of the way round the tube; their area is
    # ∫∫ (R + r cos φ) r dφ dθ = π²Rr, since the cosine cancels: a quarter of 4π²Rr.
    torus = trimesh.creation.torus(20, 5, 256, 128)
    report = overhangs(torus)
    contact = next(
        way.bed_contact_mm2
        for way in orientations(torus, PRUSA)
        if np.array_equal(way.placement.rotation, np.eye(3))
    )
    assert report.area_mm2 + contact == pytest.approx(math.pi**2 * 20 * 5, rel=2e-3)


def test_the_overhang_of_a_ball_is_a_cap():
    # zone of a sphere below 45°: 2πr²(1 - cos 45°)
    ball = trimesh.creation.icosphere(subdivisions=6, radius=10)
    assert overhangs(ball).area_mm2 == pytest.approx(2 * math.pi * 100 * (1 - math.sqrt(0.5)), rel=5e-3)


def test_threshold_0_takes_every_face_that_leans_and_90_takes_none():
    assert overhangs(_wedge(10), threshold_deg=0).faces == 2
    assert overhangs(_mushroom(), threshold_deg=90).faces == 0


def test_mask_and_report_agree():
    mesh = _mushroom()
    mask = overhang_mask(mesh)
    assert mask.shape == (len(mesh.faces),)
    assert mesh.area_faces[mask].sum() == pytest.approx(overhangs(mesh).area_mm2)


@pytest.mark.parametrize("threshold", [-1, 91, math.nan])
def test_an_impossible_threshold_is_refused(threshold):
    with pytest.raises(ValueError, match="overhang threshold"):
        overhangs(_mushroom(), threshold_deg=threshold)


def test_a_mesh_that_does_not_know_its_outside_is_refused():
    box = trimesh.creation.box((1, 2, 3))
    box.invert()
    with pytest.raises(ValueError, match="Repair the mesh first"):
        overhangs(box)
    faces = trimesh.creation.box((1, 2, 3)).faces.copy()
    faces[0] = faces[0, ::-1]
    with pytest.raises(ValueError, match="Repair the mesh first"):
        overhangs(trimesh.Trimesh(box.vertices, faces, process=False))


def test_published_build_volumes():
    assert {printer.name: printer.volume_mm for printer in PRINTERS} == {
        "Prusa MK4S": (250, 210, 220),
        "Bambu Lab X1C": (256, 256, 256),
        "UltiMaker S5": (330, 240, 300),
        "Creality Ender-3 V3 SE": (220, 220, 250),
        "Formlabs Form 4": (200, 125, 210),
    }


@pytest.mark.parametrize(
    ("name", "full"),
    [("prusa", "Prusa MK4S"), ("ender 3 v3 se", "Creality Ender-3 V3 SE"), ("ULTIMAKER-S5", "UltiMaker S5")],
)
def test_a_printer_is_found_by_part_of_its_name(name, full):
    assert find_printer(name).name == full


@pytest.mark.parametrize(
    ("name", "problem"), [("Voron", "is not known"), ("", "is not known"), ("m", "several")]
)
def test_an_unclear_printer_is_refused_with_the_known_ones(name, problem):
    with pytest.raises(ValueError, match=problem) as refusal:
        find_printer(name)
    assert "Prusa MK4S 250 x 210 x 220 mm" in str(refusal.value)


@pytest.mark.parametrize("length", [0, -5, math.inf, math.nan])
def test_an_impossible_build_volume_is_refused(length):
    with pytest.raises(ValueError, match="build volume"):
        custom_printer(100, length, 100)


def test_a_part_that_fits_stays_as_modelled():
    report = fit(trimesh.creation.box((250, 210, 220)), PRUSA)
    assert report.fits
    assert np.array_equal(report.best.rotation, np.eye(3))
    assert report.best.smallest_margin_mm == pytest.approx(0)
    assert report.scale_to_fit == pytest.approx(1)


def test_a_part_too_tall_is_laid_down():
    report = fit(trimesh.creation.box((10, 20, 245)), PRUSA)
    assert report.fits
    assert report.best.dimensions_mm == pytest.approx((245, 10, 20))
    assert report.best.smallest_margin_mm == pytest.approx(5)
    assert len(report.fitting) == 2  # its length along x; 10 x 20 or 20 x 10 across


def test_a_part_too_long_says_by_how_much_and_at_which_scale_it_fits():
    report = fit(trimesh.creation.box((300, 20, 10)), PRUSA)
    assert not report.fits
    assert report.fitting == ()
    assert min(report.best.margins_mm) == pytest.approx(-50)
    assert report.scale_to_fit == pytest.approx(250 / 300)


def test_each_placement_is_a_rotation_that_gives_its_dimensions():
    box = trimesh.creation.box((10, 20, 30))
    placements = fit(box, PRUSA).fitting
    assert sorted(placement.dimensions_mm for placement in placements) == [
        (10, 20, 30),
        (10, 30, 20),
        (20, 10, 30),
        (20, 30, 10),
        (30, 10, 20),
        (30, 20, 10),
    ]
    for placement in placements:
        assert np.linalg.det(placement.rotation) == pytest.approx(1)
        assert turned(box, placement).extents == pytest.approx(placement.dimensions_mm)


def test_the_mushroom_stands_best_on_its_cap():
    ways = orientations(_mushroom(), PRUSA)
    assert np.array_equal(ways[0].placement.rotation, np.diag([1, -1, -1])), "upside down"
    assert ways[0].overhang.area_mm2 == 0
    assert ways[0].bed_contact_mm2 == pytest.approx(900)
    assert len({way.placement.rotation[2] for way in ways}) == 6
    areas = [way.overhang.area_mm2 for way in ways]
    assert areas == sorted(areas)
    assert overhangs(turned(_mushroom(), ways[0].placement)).area_mm2 == 0


def test_an_orientation_that_fits_comes_before_a_better_one_that_does_not():
    ways = orientations(_mushroom(), custom_printer(40, 28, 40))  # the cap is 30 mm wide
    assert [way.fits for way in ways] == [True, True, True, True, False, False]
    assert ways[0].overhang.area_mm2 > 0
    assert [way.overhang.area_mm2 for way in ways[4:]] == pytest.approx([0, 800])


def test_a_part_is_turned_about_z_where_only_that_fits():
    ways = orientations(trimesh.creation.box((10, 200, 5)), custom_printer(220, 20, 8))
    assert np.array_equal(ways[0].placement.rotation, [[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    assert ways[0].fits


def test_equal_ways_prefer_the_modelled_one():
    assert np.array_equal(
        orientations(trimesh.creation.box((10, 10, 10)), PRUSA)[0].placement.rotation, np.eye(3)
    )


def test_no_way_fits():
    assert not any(way.fits for way in orientations(_mushroom(), custom_printer(5, 5, 5)))
