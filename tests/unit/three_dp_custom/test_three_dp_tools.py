"""The 3D-printing agent as a person meets it: plain words, through the whole graph, without a model."""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import get_args

import pytest
import trimesh

from graphs.kit.tool import hints_of
from graphs.three_dp_custom import mesh
from graphs.three_dp_custom.graph import graph
from graphs.three_dp_custom.printability import PRINTERS, find_printer, fit, orientations
from graphs.three_dp_custom.subagents import SUBAGENTS
from graphs.three_dp_custom.tools import PrinterName
from graphs.three_dp_custom.wording import stance
from tests.support.conversation import Conversation, Reply
from tests.support.kit_environment import clean_kit_environment

SAMPLES = Path(__file__).parents[3] / "graphs" / "three_dp_custom" / "samples"
BRACKET, OPEN_BOX, TORUS = (SAMPLES / name for name in ("bracket.stl", "open_box.stl", "torus.stl"))
ALL = (BRACKET, OPEN_BOX, TORUS)

# tests/faults sends these sentences, alone and together
FAULT_TEST_REQUESTS = (
    ("Is bracket.stl watertight?", "inspect_mesh", "**bracket.stl** is watertight."),
    ("Repair open_box.stl.", "repair_mesh", "**open_box.stl** is repaired as **open_box-repaired.stl**"),
    ("Check the overhangs of bracket.stl.", "check_overhangs", "**bracket.stl** has overhangs beyond 45°"),
    ("What is the volume of torus.stl?", "inspect_mesh", "Volume 9,790.564 mm³"),
    ("Does torus.stl fit on a Prusa MK4S?", "check_fit", "fits the Prusa MK4S (250 × 210 × 220 mm)"),
    ("Check the overhangs of torus.stl.", "check_overhangs", "**torus.stl** has overhangs beyond 45°"),
)

OCTAHEDRON = """OFF
6 8 0
1 0 0
-1 0 0
0 1 0
0 -1 0
0 0 1
0 0 -1
3 0 2 4
3 2 1 4
3 1 3 4
3 3 0 4
3 2 0 5
3 1 2 5
3 3 1 5
3 0 3 5
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


async def ask(text: str, *files: Path) -> Reply:
    return await Conversation(graph, *files).ask(text)


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def png_size(content: bytes) -> tuple[int, int]:
    """Width and height by the header chunk (PNG specification, section 11.2.2)."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


# --- which tool serves which request


@pytest.mark.parametrize(
    ("tool", "example"),
    [
        (tool.name, example)
        for each in SUBAGENTS
        for tool in each.tools
        for example in hints_of(tool).examples
    ],
)
async def test_declared_examples(tool: str, example: str) -> None:
    named = [file for file in ALL if file.name in example]
    reply = await ask(example, *(named or [BRACKET]))

    assert reply.tools == (tool,)
    assert reply.figures


@pytest.mark.parametrize(
    ("request_", "tools"),
    [
        ("How big is the bracket?", ("inspect_mesh",)),
        ("what's the surface area of bracket.stl in mm2", ("inspect_mesh",)),
        ("Does it have any holes or other defects?", ("inspect_mesh",)),
        ("Please tell me the dimensions of bracket.stl.", ("inspect_mesh",)),
        ("Tell me everything about this part", ("inspect_mesh",)),
        ("Fix this mesh please.", ("repair_mesh",)),
        ("Make bracket.stl watertight.", ("repair_mesh",)),
        ("Can this be printed without supports?", ("check_overhangs",)),
        ("Show me a picture of bracket.stl", ("check_overhangs",)),
        ("is it printable?", ("check_overhangs",)),
        ("Will it fit in my Ender 3?", ("check_fit",)),
        ("Is the part too big for a Bambu X1C?", ("check_fit",)),
        ("Which way up is best on a Formlabs Form 4?", ("find_orientation",)),
        ("Rotate bracket.stl so that it needs the least support.", ("find_orientation",)),
        ("Measure bracket.stl and check its overhangs.", ("inspect_mesh", "check_overhangs")),
        (
            "Is the bracket watertight? Does it fit a Prusa? And which way up should I print it?",
            ("inspect_mesh", "check_fit", "find_orientation"),
        ),
    ],
)
async def test_paraphrases(request_: str, tools: tuple[str, ...]) -> None:
    reply = await ask(request_, BRACKET)

    assert reply.tools == tools
    assert "**bracket.stl**" in reply.text


@pytest.mark.parametrize(("request_", "tool", "finding"), FAULT_TEST_REQUESTS)
async def test_requests_of_the_fault_tests(request_: str, tool: str, finding: str) -> None:
    reply = await ask(request_, *ALL)

    assert reply.tools == (tool,)
    assert finding in reply.text


async def test_requests_of_the_fault_tests_as_one_message() -> None:
    reply = await ask("\n".join(request for request, _, _ in FAULT_TEST_REQUESTS), *ALL)

    assert reply.tools == tuple(tool for _, tool, _ in FAULT_TEST_REQUESTS)
    places = [reply.text.index(finding) for _, _, finding in FAULT_TEST_REQUESTS]
    assert places == sorted(places)
    made = {"open_box-repaired.stl", "bracket-overhangs.png", "torus-overhangs.png"}
    assert reply.files == {file.name for file in ALL} | made


# --- figures


async def test_octahedron(tmp_path: Path) -> None:
    """The regular octahedron of edge √2: volume 4/3, surface 4√3."""
    reply = await ask(
        "What are the volume and the surface area of octahedron.off?",
        written(tmp_path, "octahedron.off", OCTAHEDRON.encode()),
    )

    assert "**octahedron.off** is watertight. Volume 1.333 mm³" in reply.text
    assert "Surface area 6.928 mm²" in reply.text
    assert reply.figures["volume_mm3"] == pytest.approx(4 / 3)
    assert reply.figures["area_mm2"] == pytest.approx(4 * 3**0.5)


async def test_torus(tmp_path: Path) -> None:
    """Torus R 20, r 5: volume 2π²Rr² = 9869.604 mm³, surface 4π²Rr = 3947.842 mm²; facets lie within it."""
    torus = trimesh.creation.torus(20, 5, major_sections=192, minor_sections=192)
    reply = await ask("Inspect fine.stl.", written(tmp_path, "fine.stl", mesh.to_stl(torus)))

    assert reply.figures["volume_mm3"] == pytest.approx(9869.604, rel=5e-4)
    assert reply.figures["area_mm2"] == pytest.approx(3947.842, rel=5e-4)
    assert reply.figures["volume_mm3"] < 9869.604
    assert "73,728 triangles, 36,864 vertices, bodies: 1" in reply.text


async def test_repaired_file_is_a_solid_and_the_original_is_kept() -> None:
    conversation = Conversation(graph, OPEN_BOX)
    reply = await conversation.ask("Repair open_box.stl.")

    # a box of 60 × 40 × 30 mm with walls and floor of 3 mm would hold 54 × 34 × 27; the lid closes the top
    assert "It is a solid now, of 22,428.000 mm³." in reply.text
    assert "Holes filled: 1 (with 2 triangles)" in reply.text
    repaired = mesh.load(conversation.artifacts.read("open_box-repaired.stl"), "open_box-repaired.stl")
    assert mesh.why_not_solid(repaired) is None
    assert repaired.volume == pytest.approx(60 * 40 * 30 - 54 * 34 * 27)
    assert conversation.artifacts.read("open_box.stl") == OPEN_BOX.read_bytes()


async def test_sound_mesh_needs_no_repair() -> None:
    reply = await ask("Repair torus.stl.", TORUS)

    assert reply.text == "**torus.stl** needs no repair: it is a solid, and nothing was changed."
    assert reply.files == {"torus.stl"}


async def test_mesh_beyond_repair_is_said_to_be_so(tmp_path: Path) -> None:
    """Three triangles on one edge: nothing that a repair may decide."""
    fins = "OFF\n5 3 0\n0 0 0\n0 0 10\n10 0 0\n0 10 0\n-10 -10 0\n3 0 1 2\n3 0 1 3\n3 0 1 4\n"
    reply = await ask("Repair fins.off.", written(tmp_path, "fins.off", fins.encode()))

    assert "**fins.off** could not be repaired: it is open: 6 edges belong to one face only;" in reply.text
    assert "Mend the model and export it again." in reply.text
    assert reply.files == {"fins.off"}


async def test_overhangs_are_drawn() -> None:
    conversation = Conversation(graph, BRACKET)
    reply = await conversation.ask("Check the overhangs of bracket.stl.")

    # the bracket's arm: a ceiling 90° from the vertical
    assert "the worst at 90.0°: it needs support there" in reply.text
    assert "Picture: **bracket-overhangs.png**" in reply.text
    assert png_size(conversation.artifacts.read("bracket-overhangs.png")) == (1210, 682)


@pytest.mark.parametrize(
    ("request_", "threshold"),
    [
        ("Check the overhangs of the torus.", 45),
        ("Check overhangs beyond 60 degrees.", 60),
        ("Check the overhangs with a threshold of 30°", 30),
    ],
)
async def test_overhang_threshold(request_: str, threshold: float) -> None:
    reply = await ask(request_, TORUS)

    assert reply.figures["threshold_deg"] == threshold
    assert f"beyond {threshold}°" in reply.text


async def test_open_mesh_is_pointed_out() -> None:
    reply = await ask("Does open_box.stl need supports?", OPEN_BOX)

    assert "It is not a solid (it is open: 4 edges belong to one face only): repair it" in reply.text


# --- units


@pytest.mark.parametrize(
    ("request_", "factor"),
    [
        ("What is the volume of torus.stl?", 1),
        ("What is the volume of torus.stl in cm3?", 1),
        ("How tall is torus.stl in inches?", 1),
        ("How tall is it in inches?", 1),
        ("Give me the dimensions in cm", 1),
        ("The file is in centimetres. What is its volume?", 10),
        ("Measure torus.stl, it was modelled in inches.", 25.4),
        ("Measure torus.stl, unit: m.", 1000),
    ],
)
async def test_unit_is_the_files_only_when_that_is_said(request_: str, factor: float) -> None:
    reply = await ask(request_, TORUS)

    assert reply.figures["dimensions_mm"] == pytest.approx([50 * factor, 50 * factor, 10 * factor])


async def test_unit_of_the_build_volume_is_not_the_files() -> None:
    reply = await ask("Does bracket.stl fit a build volume of 20 x 20 x 18 cm?", BRACKET)

    assert (
        "**bracket.stl** (60.00 × 40.00 × 60.00 mm) fits the custom printer (200 × 200 × 180 mm)"
        in reply.text
    )
    assert "the numbers are read as mm" in reply.text


async def test_tiny_part_is_asked_for_its_unit_and_measured_anew(tmp_path: Path) -> None:
    small = trimesh.creation.box((0.06, 0.04, 0.05))
    conversation = Conversation(graph, written(tmp_path, "metres.stl", mesh.to_stl(small)))
    first = await conversation.ask("How big is metres.stl?")
    assert "The file may be in metres (then it is 60 mm)" in first.text

    second = await conversation.ask("It is in metres.")
    assert second.figures["dimensions_mm"] == pytest.approx([60, 40, 50], rel=1e-6)


async def test_unit_is_said_once() -> None:
    conversation = Conversation(graph, TORUS)
    await conversation.ask("How big is torus.stl?")
    second = await conversation.ask("It is in inches.")
    assert "Kept in mm as torus-mm.stl: go on with that file." in second.text

    third = await conversation.ask("Does it fit on a Prusa MK4S?")
    assert "**torus-mm.stl** (1,270.00 × 1,270.00 × 254.00 mm) does not fit the Prusa MK4S" in third.text
    assert third.files == {"torus.stl", "torus-mm.stl"}


# --- fit


def test_tool_offers_the_printers_that_are_known() -> None:
    literal, *_ = get_args(get_args(PrinterName)[0])

    assert get_args(literal) == tuple(printer.name for printer in PRINTERS)


@pytest.mark.parametrize(
    ("request_", "printer"),
    [
        ("Does torus.stl fit on a Prusa MK4S?", "Prusa MK4S"),
        ("fits the X1C?", "Bambu Lab X1C"),
        ("Does it fit on the Ultimaker S5", "UltiMaker S5"),
        ("Is it too large for an Ender-3 V3 SE?", "Creality Ender-3 V3 SE"),
        ("Will torus.stl fit a Form 4?", "Formlabs Form 4"),
        ("Does it fit 120 x 120 x 120 mm?", "custom printer"),
        ("Would it fit on a 10 x 10 x 10 inch bed?", "custom printer"),
    ],
)
async def test_fit(request_: str, printer: str) -> None:
    reply = await ask(request_, TORUS)

    assert list(reply.figures) == [printer]
    assert reply.figures[printer]["fits"] is True
    assert f"fits the {printer} (" in reply.text
    assert ", as modelled, with " in reply.text


async def test_part_that_does_not_fit() -> None:
    reply = await ask("Does torus.stl fit a build volume of 40 x 40 x 40 mm?", TORUS)

    assert reply.figures["custom printer"]["fits"] is False
    assert "at best it is 10.00 mm too long on one axis. Scaled to 80.0% it would fit." in reply.text


async def test_part_that_fits_lying(tmp_path: Path) -> None:
    """230 mm stand in no Prusa MK4S (z 220), but lie in it along x (250)."""
    tower = trimesh.creation.box((50, 60, 230))
    reply = await ask("Does tower.stl fit a Prusa MK4S?", written(tmp_path, "tower.stl", mesh.to_stl(tower)))

    assert "**tower.stl** (50.00 × 60.00 × 230.00 mm) fits the Prusa MK4S" in reply.text
    assert ", lying on its front (-y), turned 90° about the vertical, with 20.00 mm to spare" in reply.text


async def test_unknown_printer_gets_the_known_ones_and_the_remedy() -> None:
    conversation = Conversation(graph, TORUS)
    first = await conversation.ask("Will it fit on a Voron 2.4?")
    assert first.text.startswith("No printer that I know is named")
    assert "For another one, give its build volume, as in 250 x 210 x 220 mm." in first.text
    assert list(first.figures) == [printer.name for printer in PRINTERS]

    second = await conversation.ask("Does it fit a build volume of 350 x 350 x 340 mm?")
    assert "fits the custom printer (350 × 350 × 340 mm)" in second.text


async def test_impossible_build_volume() -> None:
    conversation = Conversation(graph, TORUS)
    first = await conversation.ask("Does it fit a build volume of 0 x 200 x 200 mm?")
    assert "A build volume of 0 x 200 x 200 mm can't be used: each length must be above 0." in first.text

    assert "fits the Prusa" in (await conversation.ask("Does it fit on a Prusa MK4S?")).text


# --- orientation


async def test_best_way_up_is_said_in_plain_words() -> None:
    conversation = Conversation(graph, BRACKET)
    reply = await conversation.ask("Which orientation of bracket.stl needs least support on a Prusa MK4S?")

    assert "**bracket.stl** prints best upside down: 0.00 mm² of overhang beyond 45°." in reply.text
    assert "| way up | fits Prusa MK4S | overhang mm² | on the bed mm² | height mm |" in reply.text
    assert reply.text.count("\n| ") == 7
    assert "bed on" not in reply.text
    turned = mesh.load(conversation.artifacts.read("bracket-oriented.stl"), "bracket-oriented.stl")
    assert turned.bounds[0] == pytest.approx([0, 0, 0], abs=1e-5)


async def test_way_up_without_a_printer() -> None:
    reply = await ask("Which way up should I print it?", BRACKET)

    assert "prints best upside down" in reply.text
    assert "| way up | overhang mm² | on the bed mm² | height mm |" in reply.text
    assert reply.figures["fits"] is None


async def test_part_that_hardly_touches_the_bed_is_warned_of() -> None:
    reply = await ask("Which way up should I print torus.stl?", TORUS)

    assert reply.figures["bed_contact_mm2"] == 0
    assert "it touches the bed on a point or a line only: it needs a brim, raft or support" in reply.text


async def test_part_too_large_either_way() -> None:
    reply = await ask("The file is in inches. Which way up is best on a Prusa MK4S?", TORUS)

    assert reply.figures["fits"] is False
    assert "It does not fit the Prusa MK4S, this way or any other." in reply.text


def test_every_way_up_has_its_name() -> None:
    """By the direction of the model that points up; what lies on the bed is opposite."""
    ways = orientations(trimesh.creation.box((10, 20, 30)), PRINTERS[0])

    assert {stance(way.placement): way.placement.rotation[2] for way in ways} == {
        "as modelled": (0, 0, 1),
        "upside down": (0, 0, -1),
        "lying on its left side (-x)": (1, 0, 0),
        "lying on its right side (+x)": (-1, 0, 0),
        "lying on its front (-y)": (0, 1, 0),
        "lying on its back (+y)": (0, -1, 0),
    }


def test_turn_about_the_vertical_is_said() -> None:
    """On 200 × 125 × 210 mm there is one way for 120 × 190 × 205 mm: standing, turned by a quarter."""
    report = fit(trimesh.creation.box((120, 190, 205)), find_printer("Formlabs Form 4"))

    assert [stance(placement) for placement in report.fitting] == [
        "as modelled, turned 90° about the vertical"
    ]


# --- conversations


async def test_follow_ups_are_about_the_newest_part() -> None:
    conversation = Conversation(graph, OPEN_BOX)
    assert "**open_box.stl** is not watertight" in (await conversation.ask("Is it solid?")).text
    assert "open_box-repaired.stl" in (await conversation.ask("Fix it.")).text
    now = await conversation.ask("Is it watertight now?")
    assert "**open_box-repaired.stl** is watertight" in now.text
    assert "fits the Prusa MK4S" in (await conversation.ask("Does it fit a Prusa MK4S?")).text
    assert "fits the Bambu Lab X1C" in (await conversation.ask("What about the Bambu X1C?")).text


async def test_later_steps_use_what_earlier_ones_made() -> None:
    reply = await ask(
        "Repair open_box.stl, then check its overhangs and tell me whether it fits the Ultimaker S5.",
        OPEN_BOX,
    )

    assert reply.tools == ("repair_mesh", "check_overhangs", "check_fit")
    assert "**open_box-repaired.stl** has no overhang beyond 45°" in reply.text
    assert "**open_box-repaired.stl** (60.00 × 40.00 × 30.00 mm) fits the UltiMaker S5" in reply.text


async def test_without_a_file_one_is_asked_for() -> None:
    conversation = Conversation(graph)
    first = await conversation.ask("Is my part watertight?")
    assert first.tools == ()
    assert "attach one (.stl, .obj, .ply, .off, .3mf, .glb)" in first.text

    conversation.artifacts.save("torus.stl", TORUS.read_bytes())
    assert "**torus.stl** is watertight" in (await conversation.ask("Is torus.stl watertight?")).text


async def test_of_several_files_one_is_asked_for() -> None:
    conversation = Conversation(graph, *ALL)
    first = await conversation.ask("Measure the part.")
    assert first.tools == ()
    assert "bracket.stl, open_box.stl and torus.stl." in first.text

    assert "**torus.stl** is watertight" in (await conversation.ask("The torus.")).text


async def test_several_files_are_measured_one_after_the_other() -> None:
    reply = await ask("Inspect all meshes.", *ALL)

    assert reply.tools == ("inspect_mesh",) * 3
    assert all(f"**{file.name}** is " in reply.text for file in ALL)


# --- bad input


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "empty.stl",
            b"solid empty\nendsolid empty\n",
            "'empty.stl' has no triangles. Export the model as a mesh",
        ),
        (
            "short.stl",
            TORUS.read_bytes()[:5000],
            "'short.stl' is damaged or cut short: by its header it has 4,096 triangles",
        ),
        ("points.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "'points.obj' has no triangles."),
    ],
)
async def test_bad_mesh_is_explained_and_the_thread_stays_usable(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    conversation = Conversation(graph, written(tmp_path, name, content), TORUS)
    first = await conversation.ask(f"What is the volume of {name}?")
    assert message in first.text
    assert first.files == {name, "torus.stl"}

    second = await conversation.ask("What is the volume of torus.stl?")
    assert second.text.startswith("**torus.stl** is watertight. Volume 9,790.564 mm³")


async def test_inconsistent_faces_are_to_be_repaired_first(tmp_path: Path) -> None:
    box = trimesh.creation.box((10, 10, 10))
    box.faces[0] = box.faces[0][::-1]
    conversation = Conversation(graph, written(tmp_path, "flipped.stl", mesh.to_stl(box)))
    first = await conversation.ask("Does flipped.stl need supports?")
    assert "The mesh's faces don't agree on where outside is. Repair the mesh first." in first.text

    second = await conversation.ask("Repair it, then check its overhangs.")
    assert second.tools == ("repair_mesh", "check_overhangs")
    assert "**flipped-repaired.stl** has no overhang beyond 45°" in second.text


async def test_threshold_out_of_range_is_asked_for() -> None:
    conversation = Conversation(graph, TORUS)
    first = await conversation.ask("Check overhangs beyond 120 degrees.")
    assert first.tools == ()
    assert "120 degrees is out of range" in first.text

    assert (await conversation.ask("50")).figures["threshold_deg"] == 50


async def test_file_that_does_not_exist() -> None:
    reply = await ask("Is cube.stl watertight?", TORUS)

    assert reply.tools == ()
    assert "There is no file 'cube.stl' in this session." in reply.text
    assert "torus.stl" in reply.text


def test_graph_is_imported_without_the_heavy_libraries() -> None:
    """The server imports all five agents at its start; what only a tool needs comes with its first call."""
    code = (
        "import sys, graphs.three_dp_custom.graph\n"
        "print(*({'numpy', 'scipy', 'trimesh', 'matplotlib', 'pandas', 'duckdb'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


async def test_another_printer_of_a_known_maker_is_not_taken_for_the_known_one() -> None:
    reply = await ask("Does torus.stl fit on a Prusa Mini?", TORUS)

    assert "No printer that I know is named" in reply.text
