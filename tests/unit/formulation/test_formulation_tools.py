"""The formulation agent as a person meets it: requests in plain words through the whole graph, no model."""

import csv
import subprocess
import sys
from collections.abc import Generator
from io import StringIO
from pathlib import Path

import pytest

from graphs.formulation.graph import graph
from graphs.formulation.subagents import SUBAGENTS
from graphs.kit.planner.declarations import profile
from tests.support.conversation import Conversation, Reply
from tests.support.kit_environment import clean_kit_environment

YARN = Path(__file__).parents[3] / "graphs" / "formulation" / "samples" / "yarn.csv"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path):
        yield


async def ask(text: str, *files: Path) -> Reply:
    return await Conversation(graph, *(files or [YARN])).ask(text)


def rows(reply: Reply) -> dict[str, list[str]]:
    """The cells of the answer's table by their first cell."""
    lines = [line.strip("| ").split(" | ") for line in reply.text.splitlines() if line.startswith("| ")]
    return {cells[0]: cells[1:] for cells in lines}


def design_in(conversation: Conversation, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(conversation.artifacts.read(name).decode())))


# --- design


@pytest.mark.parametrize(
    ("request_", "name", "blends"),
    [
        # Scheffé (1958): C(q + m - 1, m) blends; Scheffé (1963): 2^q - 1 blends.
        ("Make a simplex lattice design with 3 components and degree 2.", "simplex-lattice-3-2.csv", 6),
        ("Make a simplex lattice design with 4 components and degree 3.", "simplex-lattice-4-3.csv", 20),
        ("Make a simplex centroid design with 4 components.", "simplex-centroid-4.csv", 15),
        ("Simplex-centroid design for 5 ingredients, please", "simplex-centroid-5.csv", 31),
        (
            "I have 3 ingredients. Which blends should I make? Use a lattice of degree 3.",
            "simplex-lattice-3-3.csv",
            10,
        ),
    ],
)
async def test_design_has_the_known_number_of_blends(request_: str, name: str, blends: int) -> None:
    conversation = Conversation(graph)
    reply = await conversation.ask(request_)

    assert reply.tools == ("mixture_design",)
    assert f"**{blends} different blends, {blends} runs**" in reply.text
    assert f"File: **{name}**" in reply.text
    made = design_in(conversation, name)
    assert len(made) == blends
    components = [column for column in made[0] if column.startswith("x")]
    assert all(sum(float(run[column]) for column in components) == pytest.approx(1, abs=1e-5) for run in made)
    assert sorted(int(run["run"]) for run in made) == list(range(1, blends + 1))


async def test_nist_lattice() -> None:
    conversation = Conversation(graph)
    await conversation.ask("Make a simplex lattice with 3 components and degree 3.")

    # NIST/SEMATECH e-Handbook, table 5.3: the {3, 3} simplex lattice.
    made = {
        tuple(round(float(run[name]), 3) for name in ("x1", "x2", "x3"))
        for run in design_in(conversation, "simplex-lattice-3-3.csv")
    }
    assert made == {
        (0, 0, 1), (0, 0.333, 0.667), (0, 0.667, 0.333), (0, 1, 0), (0.333, 0, 0.667), (0.333, 0.333, 0.333),
        (0.333, 0.667, 0), (0.667, 0, 0.333), (0.667, 0.333, 0), (1, 0, 0),
    }  # fmt: skip


async def test_names_bounds_batch_size_and_replicates_are_taken_from_the_request() -> None:
    conversation = Conversation(graph)
    reply = await conversation.ask(
        'Make a simplex lattice of degree 1 for 3 components named "water, sugar, salt" with lower bounds '
        "0.35, 0.2 and 0.15, a batch size of 2 kg, 2 replicates and seed 7."
    )

    # With lower bounds .35, .20 and .15 there remain .30, which each vertex gives to one component.
    assert "**3 different blends, 6 runs**, in random order (seed 7)" in reply.text
    assert "Least proportions: water 0.35, sugar 0.2, salt 0.15" in reply.text
    made = design_in(conversation, "simplex-lattice-3-1.csv")
    assert {(run["water"], run["sugar"], run["salt"]) for run in made} == {
        ("0.65", "0.2", "0.15"),
        ("0.35", "0.5", "0.15"),
        ("0.35", "0.2", "0.45"),
    }
    assert {run["water (g)"] for run in made} == {"1300", "700"}
    assert sorted(run["replicate"] for run in made) == ["1", "1", "1", "2", "2", "2"]


async def test_interior_points_are_added() -> None:
    reply = await ask("Make a simplex lattice with 3 components and degree 2, with interior points.")

    # Cornell: the centroid, and axial points half-way between it and the vertices, (2/3, 1/6, 1/6).
    assert reply.figures["points"] == 10
    assert "0.6667 | 0.1667 | 0.1667" in reply.text


async def test_long_design_stands_in_the_file() -> None:
    conversation = Conversation(graph)
    reply = await conversation.ask("Make a simplex centroid design with 5 components and 2 replicates.")

    assert "The other 38 runs are in the file." in reply.text
    assert len(rows(reply)) == 1 + 24
    assert len(design_in(conversation, "simplex-centroid-5.csv")) == 62


async def test_kind_of_design_is_asked_for_and_taken_from_the_reply() -> None:
    conversation = Conversation(graph)
    question = await conversation.ask("Design a mixture experiment with 3 components.")
    assert "simplex_lattice and simplex_centroid" in question.text

    reply = await conversation.ask("simplex centroid")
    assert "**7 different blends" in reply.text


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ("Make a simplex lattice design of degree 2.", "Say how many components the mixture has"),
        ("Make a simplex lattice with 3 components and lower bounds 0.2 and 0.1", "3 numbers, not 2"),
        (
            "Make a simplex lattice with 3 components and lower bounds 0.5, 0.4 and 0.2",
            "must sum to less than 1",
        ),
        (
            'Make a simplex lattice with 3 components named "a, b"',
            "There are 3 components, but 2 names: a, b",
        ),
        ("Make a simplex lattice with 12 components and degree 6", "more than 2,000"),
    ],
)
async def test_design_that_can_not_be_made_says_why(request_: str, message: str) -> None:
    reply = await ask(request_)

    assert message in reply.text
    assert reply.files == {"yarn.csv"}


# --- model


@pytest.mark.parametrize(
    "request_",
    [
        "Fit a quadratic Scheffé model to yarn.csv.",
        "Fit a quadratic scheffe model",
        "Model elongation in yarn.csv",
        "Fit a Scheffé model of elongation from polyethylene, polystyrene and polypropylene in yarn.csv.",
        "What are the coefficients of the quadratic model for yarn.csv?",
        "Draw the ternary contours of yarn.csv",
    ],
)
async def test_quadratic_model_of_cornells_yarn(request_: str) -> None:
    conversation = Conversation(graph, YARN)
    reply = await conversation.ask(request_)

    # Cornell, Experiments with Mixtures (3rd ed. 2002), ch. 2, and the NIST/SEMATECH e-Handbook, 5.5.4.2:
    # coefficients, errors, R² 0.951356, adjusted 0.924331, root mean square error 0.85375, F 35.2032.
    assert reply.tools == ("fit_model",)
    coefficients = [cells[0].strip("*") for cells in list(rows(reply).values())[1:]]
    assert coefficients == ["11.7", "9.4", "16.4", "19", "11.4", "-9.6"]
    assert rows(reply)["polyethylene"][1] == "0.6037"
    assert "R² 0.9514, adjusted 0.9243" in reply.text
    assert "standard deviation 0.8537 on 9 df" in reply.text
    assert "F = 35.2, p < 0.0001" in reply.text
    assert "**elongation** over polyethylene, polystyrene, polypropylene, from 15 batches" in reply.text
    assert conversation.artifacts.read("yarn-quadratic-model.png").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "request_",
    [
        "Fit a linear Scheffé model to yarn.csv.",
        "How well does a linear model fit yarn.csv?",
        "Is there lack of fit in the linear model of yarn.csv?",
    ],
)
async def test_linear_model_of_cornells_yarn(request_: str) -> None:
    reply = await ask(request_)

    # Pure error of the replicates: 6.56 on 9 df (Cornell, the residual of the quadratic model).
    assert reply.tools == ("fit_model",)
    assert list(rows(reply))[1:] == ["polyethylene", "polystyrene", "polypropylene"]
    assert "on 3 and 9 df, p < 0.0001, the model is rejected" in reply.text
    assert reply.figures["lack_of_fit"]["ss_pure"] == pytest.approx(6.56)
    assert "yarn-linear-model.png" in reply.files


async def test_model_that_the_data_can_not_carry_says_so() -> None:
    reply = await ask("Fit a special cubic model to yarn.csv.")

    assert "has 7 terms, but the data hold only 6 different blends" in reply.text


async def test_two_components_have_no_ternary_picture(tmp_path: Path) -> None:
    table = tmp_path / "pair.csv"
    table.write_text("a,b,y\n1,0,4\n0,1,8\n0.5,0.5,9\n0.5,0.5,9.4\n1,0,4.2\n")
    reply = await ask("Fit a quadratic model to pair.csv.", table)

    # Scheffé (1958): the coefficient of a product is 4 y12 - 2 (y1 + y2); here 4 (9.2) - 2 (4.1 + 8).
    assert rows(reply)["a * b"][0] == "**12.6**"
    assert reply.files == {"pair.csv"}


async def test_made_design_with_measured_responses_is_understood() -> None:
    conversation = Conversation(graph)
    await conversation.ask(
        "Make a simplex lattice with 3 components, degree 2, 2 replicates, batches of 100 g."
    )
    made = design_in(conversation, "simplex-lattice-3-2.csv")
    for number, run in enumerate(made):
        run["strength"] = str(10 * float(run["x1"]) + 4 * float(run["x2"]) + number % 3)
    buffer = StringIO()
    writer = csv.DictWriter(buffer, made[0])
    writer.writeheader()
    writer.writerows(made)
    conversation.artifacts.save("results.csv", buffer.getvalue().encode())
    reply = await conversation.ask("Fit a linear Scheffé model to results.csv.")

    assert "**strength** over x1, x2, x3, from 12 batches" in reply.text


async def test_columns_in_doubt_are_named(tmp_path: Path) -> None:
    table = tmp_path / "two.csv"
    table.write_text("a,b,colour,taste\n1,0,4,3\n0,1,8,1\n0.5,0.5,9,9\n0.25,0.75,7,2\n")
    conversation = Conversation(graph, table)
    reply = await conversation.ask("Fit a quadratic model to two.csv.")
    assert "More than one column could be the response: colour, taste. Say which it is." in reply.text

    reply = await conversation.ask("Fit a quadratic model of taste to two.csv.")
    assert "model of **taste** over a, b" in reply.text


# --- optimise


@pytest.mark.parametrize(
    "request_",
    [
        "Find the blend of yarn.csv with the highest elongation.",
        "Maximise elongation in yarn.csv.",
        "Which mixture has the largest elongation?",
        "What proportions maximize elongation?",
        "Optimise yarn.csv for maximum elongation",
    ],
)
async def test_best_blend_of_cornells_yarn(request_: str) -> None:
    conversation = Conversation(graph, YARN)
    reply = await conversation.ask(request_)

    # On the edge without polystyrene 11.7 a + 16.4 (1 - a) + 11.4 a (1 - a) is greatest at a = 6.7 / 22.8.
    assert reply.tools == ("optimise_blend",)
    assert "expected elongation **17.3844**" in reply.text
    assert rows(reply)["polyethylene"] == ["**0.2939**", "0 to 1"]
    assert rows(reply)["polystyrene"] == ["**0**", "0 to 1"]
    assert rows(reply)["polypropylene"] == ["**0.7061**", "0 to 1"]
    assert conversation.artifacts.read("yarn-best-blend.png").startswith(b"\x89PNG")


async def test_lowest_response() -> None:
    reply = await ask("Which blend of yarn.csv has the lowest elongation?")

    # On the edge without polyethylene 9.4 b + 16.4 (1 - b) - 9.6 b (1 - b) is least at b = 16.6 / 19.2.
    assert rows(reply)["polystyrene"][0] == f"**{16.6 / 19.2:.4f}**"


@pytest.mark.parametrize(
    "request_",
    [
        "Find the blend of yarn.csv with elongation closest to 15.",
        "Find the blend of yarn.csv with a target elongation of 15",
    ],
)
async def test_response_on_target(request_: str) -> None:
    reply = await ask(request_)

    assert reply.figures["target_met"] is True
    assert "expected elongation **15**" in reply.text


async def test_target_out_of_reach_is_not_claimed() -> None:
    reply = await ask("Find the blend of yarn.csv with elongation closest to 30.")

    assert "No blend within the bounds has elongation 30; the nearest" in reply.text
    assert "**17.3844**" in reply.text


@pytest.mark.parametrize(
    "bounds",
    [
        "at least 20 % polystyrene",
        "polystyrene between 0.2 and 0.4",
        "lower bounds 0, 0.2 and 0",
        "bounds 0 to 1, 0.2 to 0.6 and 0 to 1",
        "at least 0, 20 % and 0 %, and at most 1, 0.4 and 1",
    ],
)
async def test_bounds_are_kept(bounds: str) -> None:
    reply = await ask(f"Find the blend of yarn.csv with the highest elongation, with {bounds}.")

    # With polystyrene at 0.2 and c = 0.8 - a, 11.7 a + 16.4 c + 3.8 a + 11.4 a c - 1.92 c is greatest at
    # a = (11.7 - 16.4 + 3.8 + 1.92 + 11.4 * 0.8) / 22.8.
    assert rows(reply)["polystyrene"][0] == "**0.2**"
    assert rows(reply)["polyethylene"][0] == f"**{(11.7 - 16.4 + 3.8 + 1.92 + 9.12) / 22.8:.4f}**"


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ("lower bounds 0.2 and 0.1", "3 numbers, not 2"),
        ("lower bounds 0.6, 0.5 and 0.1", "No blend meets these bounds"),
        ("bounds 0.5 to 0.2, 0 to 1 and 0 to 1", "the least first"),
        ("polystyrene at 30 %", "I don't know what “30 %” stands for here"),
        ("polystyrene at least 0.2 and polypropylene at most 0.5", "alone is no mixture"),
    ],
)
async def test_bounds_that_can_not_be_kept_say_why(wish: str, message: str) -> None:
    reply = await ask(f"Find the blend of yarn.csv with the highest elongation, with {wish}.")

    assert message in reply.text
    assert reply.files == {"yarn.csv"}


async def test_goal_is_asked_for_and_taken_from_the_reply() -> None:
    conversation = Conversation(graph, YARN)
    question = await conversation.ask("What is the best blend of yarn.csv?")
    assert "maximise, minimise and target" in question.text

    reply = await conversation.ask("maximise")
    assert "**17.3844**" in reply.text


async def test_picture_of_five_components_shows_the_largest_three(tmp_path: Path) -> None:
    # The response grows with e and, with it, d: the picture of the first three components would be empty.
    names = "abcde"
    blends = [{name: 1.0} for name in names] + [{p: 0.5, q: 0.5} for p in names for q in names if p < q]
    lines = [
        ",".join(
            [*(f"{blend.get(name, 0)}" for name in names), f"{blend.get('d', 0) + 2 * blend.get('e', 0):g}"]
        )
        for blend in blends
    ]
    table = tmp_path / "five.csv"
    table.write_text("\n".join(["a,b,c,d,e,y", *lines]))
    conversation = Conversation(graph, table)
    reply = await conversation.ask(
        "Find the blend of five.csv with the highest y with a linear Scheffé polynomial"
    )

    assert rows(reply)["e"][0] == "**1**"
    assert conversation.artifacts.read("five-best-blend.png").startswith(b"\x89PNG")


# --- the whole


async def test_several_requests_in_one_message() -> None:
    requests = [
        "Make a simplex lattice design with 3 components and degree 2.",
        "Fit a quadratic Scheffé model to yarn.csv.",
        "Make a simplex centroid design with 4 components.",
        "Find the blend of yarn.csv with the highest elongation.",
        "Fit a linear Scheffé model to yarn.csv.",
        "Make a simplex lattice design with 4 components and degree 3.",
    ]
    reply = await ask("\n".join(requests))

    assert reply.tools == (
        "mixture_design",
        "fit_model",
        "mixture_design",
        "optimise_blend",
        "fit_model",
        "mixture_design",
    )
    assert reply.files == {
        "yarn.csv",
        "simplex-lattice-3-2.csv",
        "yarn-quadratic-model.png",
        "simplex-centroid-4.csv",
        "yarn-best-blend.png",
        "yarn-linear-model.png",
        "simplex-lattice-4-3.csv",
    }


@pytest.mark.parametrize(
    ("tool", "example"),
    [
        (tool.name, example)
        for subagent in SUBAGENTS
        for tool in subagent.tools
        for example in profile(tool, subagent.name).examples
    ],
)
async def test_each_example_reaches_its_tool(tool: str, example: str) -> None:
    # "which kind of design?" is an answer too
    reply = await ask(example)

    assert reply.tools == (tool,) or (not reply.tools and "?" in reply.text)
    assert "in more than one way" not in reply.text


def test_server_start_stays_light() -> None:
    heavy = "{'pandas', 'numpy', 'scipy', 'matplotlib', 'lifelines', 'statsmodels', 'duckdb'}"
    code = f"import sys, graphs.formulation.graph; sys.exit(str({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert loaded.stderr.strip() == "set()"
