"""Bodhi as a person meets it: requests in plain words, through the whole graph, without a model.

The sample plan is the Reliable Construction Co. project of F. S. Hillier and G. J. Lieberman,
"Introduction to Operations Research", chapter "Project management with PERT/CPM": 44 weeks, critical path
A-B-C-E-F-J-L-N, variance 9, and P(finished within 47 weeks) = .8413.
"""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from graphs.kit.tool import hints_of
from graphs.project_bodhi.graph import graph
from graphs.project_bodhi.subagents import SUBAGENTS
from tests.support.conversation import Conversation, Reply
from tests.support.kit_environment import clean_kit_environment
from tests.support.scripted_model import calls, hand_over, use_script

RELIABLE = Path(__file__).parents[3] / "graphs" / "project_bodhi" / "samples" / "reliable_construction.csv"
RELIABLE_PATH = "A-B-C-E-F-J-L-N"

# tests/faults sends these sentences, alone and together
FAULT_TEST_REQUESTS = (
    (
        "Read the tasks of reliable_construction.csv.",
        "read_plan",
        "**reliable_construction.csv** has 14 tasks and 16 dependencies; durations in weeks.",
    ),
    (
        "What is the critical path of reliable_construction.csv?",
        "find_critical_path",
        f"**reliable_construction.csv** takes 44 weeks. Critical path: {RELIABLE_PATH}.",
    ),
    (
        "Draw a Gantt chart of reliable_construction.csv.",
        "draw_gantt",
        "The Gantt chart of **reliable_construction.csv** is **reliable_construction-gantt.png**: 44 weeks",
    ),
    (
        "What is the probability to finish reliable_construction.csv within 47 weeks?",
        "estimate_by_pert",
        "P(finished within 47 weeks) = 0.8413.",
    ),
)

# Means 6, 15, 20 along A-C-D and variances 1, 4, 4: length 41, standard deviation 3.
DAYS = """id,name,duration_days,predecessors,optimistic,most_likely,pessimistic
A,Survey,6,,3,6,9
B,Design,10,A,6,10,14
C,Permit,15,A,9,15,21
D,Build,20,B;C,14,20,26
"""
WITHOUT_UNIT = "task,duration,predecessors\nA,5,\nB,10,A\nC,15,A\nD,20,B;C\n"
WITH_DATES = (
    "task,duration_days,predecessors,start,owner\n"
    "A,5,,2026-01-05,Ann\nB,10,A,2026-02-02,Bob\nC,15,A,,Ann\nD,20,B;C,,Cy\n"
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.fixture
def days(tmp_path: Path) -> Path:
    return written(tmp_path, "days.csv", DAYS)


@pytest.fixture
def without_unit(tmp_path: Path) -> Path:
    return written(tmp_path, "plan.csv", WITHOUT_UNIT)


async def ask(text: str, *files: Path) -> Reply:
    return await Conversation(graph, *files).ask(text)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def rows(reply: Reply) -> dict[str, list[str]]:
    """The cells of the answer's table by their first cell."""
    lines = [line.strip("|").split("|") for line in reply.text.splitlines() if line.startswith("| ")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


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
    reply = await ask(example.replace("plan.csv", RELIABLE.name), RELIABLE)

    assert reply.tools == (tool,)
    assert reply.figures


@pytest.mark.parametrize(
    ("request_", "tools"),
    [
        ("Read the plan.", ("read_plan",)),
        ("List all tasks", ("read_plan",)),
        ("Who is responsible for task C?", ("read_plan",)),
        ("how long will it take", ("find_critical_path",)),
        ("Which tasks are critical?", ("find_critical_path",)),
        ("Which tasks have slack?", ("find_critical_path",)),
        ("What's the shortest possible duration?", ("find_critical_path",)),
        ("When does task H start?", ("find_critical_path",)),
        ("Schedule the project.", ("find_critical_path",)),
        ("Estimate the project with PERT.", ("estimate_by_pert",)),
        ("Can we finish in 42 weeks?", ("estimate_by_pert",)),
        ("How likely is it that we make the 47 week deadline?", ("estimate_by_pert",)),
        ("Run 500 Monte Carlo runs with seed 3.", ("simulate_project",)),
        ("Show me the plan as a chart", ("draw_gantt",)),
        ("Please draw the timeline.", ("draw_gantt",)),
        ("What is the critical path? Then draw a Gantt chart.", ("find_critical_path", "draw_gantt")),
        ("Do a PERT analysis and then simulate 500 runs.", ("estimate_by_pert", "simulate_project")),
        (
            "Read the tasks, find the critical path and draw a Gantt chart.",
            ("read_plan", "find_critical_path", "draw_gantt"),
        ),
    ],
)
async def test_paraphrases(request_: str, tools: tuple[str, ...]) -> None:
    reply = await ask(request_, RELIABLE)

    assert reply.tools == tools
    assert "**reliable_construction.csv**" in reply.text


@pytest.mark.parametrize(("request_", "tool", "finding"), FAULT_TEST_REQUESTS)
async def test_requests_of_the_fault_tests(request_: str, tool: str, finding: str) -> None:
    reply = await ask(request_, RELIABLE)

    assert reply.tools == (tool,)
    assert finding in reply.text


async def test_requests_of_the_fault_tests_as_one_message() -> None:
    requests = (*FAULT_TEST_REQUESTS, *FAULT_TEST_REQUESTS[:2])
    reply = await ask("\n".join(request for request, _, _ in requests), RELIABLE)

    assert reply.tools == tuple(tool for _, tool, _ in requests)
    places = [reply.text.index(finding) for _, _, finding in FAULT_TEST_REQUESTS]
    assert places == sorted(places)
    assert reply.files == {"reliable_construction.csv", "reliable_construction-gantt.png"}


# --- figures


async def test_tasks_as_read() -> None:
    reply = await ask("Read the tasks.", RELIABLE)

    assert reply.figures == {"tasks": 14, "dependencies": 16, "unit": "weeks"}
    assert rows(reply)["H"] == ["Do the exterior painting", "9", "E, G", "5 / 8 / 17", "–"]


async def test_critical_path_and_float() -> None:
    """Hillier and Lieberman, table of slacks: D, G, H, M 4; I 2; K 1; none on the critical path."""
    reply = await ask("How much float has each task?", RELIABLE)

    assert reply.figures["length"] == 44
    assert reply.figures["critical_paths"] == [RELIABLE_PATH]
    slack = {task: total for task, total in reply.figures["total_float"].items() if total}
    assert slack == {"D": 4, "G": 4, "H": 4, "I": 2, "K": 1, "M": 4}
    assert rows(reply)["I"] == ["Do the electrical work", "7", "16", "23", "18", "25", "2", "2", ""]
    assert rows(reply)["J"][-1] == "yes"


async def test_pert() -> None:
    reply = await ask("Estimate the project by PERT.", RELIABLE)

    assert reply.figures["mean"] == 44
    assert reply.figures["variance"] == pytest.approx(9)
    assert reply.figures["path"] == RELIABLE_PATH
    assert "takes 44 weeks on average, with a variance of 9 (standard deviation 3)" in reply.text


@pytest.mark.parametrize(
    ("request_", "probability"),
    [
        # the standard normal distribution at 1, 0, -4/3 and 2 standard deviations of 3 weeks
        ("What is the probability to finish within 47 weeks?", 0.8413),
        ("How likely are we to meet a deadline of 44 weeks?", 0.5),
        ("What are the odds of finishing in 40 weeks?", 0.0912),
        ("What is the chance to be finished by week 50?", 0.9772),
    ],
)
async def test_probability_to_meet_a_deadline(request_: str, probability: float) -> None:
    reply = await ask(request_, RELIABLE)

    assert reply.figures["probability"] == pytest.approx(probability, abs=5e-5)
    assert f"weeks) = {probability:.4f}." in reply.text
    assert "so the chance is somewhat too good" in reply.text


async def test_deadline_for_a_probability() -> None:
    """The 90 % point of the standard normal distribution is 1.2816: 44 + 1.2816 · 3."""
    reply = await ask("Which deadline can we promise with 90 % probability?", RELIABLE)

    assert reply.figures["deadline"] == pytest.approx(47.845, abs=1e-3)
    assert "A deadline that is met with probability 0.9: 47.84 weeks." in reply.text


async def test_simulation() -> None:
    """A simulation sees all paths: later on average than PERT's 44, and less sure of 47 than .8413."""
    reply = await ask(
        "Run a Monte Carlo simulation of 20000 runs with a deadline of 47 weeks, seed 5.", RELIABLE
    )

    assert reply.text.startswith("20,000 simulated runs of **reliable_construction.csv** (seed 5): mean 44.")
    assert 44 < reply.figures["mean"] < 44.6
    assert 0.79 < reply.figures["probability"] < 0.8413
    assert "Share of runs in which a task was critical: A 1.00, B 1.00, C 1.00," in reply.text


async def test_gantt_chart_is_a_picture() -> None:
    conversation = Conversation(graph, RELIABLE)
    reply = await conversation.ask("Draw a Gantt chart.")

    assert "critical tasks: A, B, C, E, F, J, L, N." in reply.text
    assert reply.figures["picture"] == "reliable_construction-gantt.png"
    content = conversation.artifacts.read("reliable_construction-gantt.png")
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(content[16:20], "big") == 1320


# --- deadlines and units


@pytest.mark.parametrize(
    ("plan", "deadline"),
    [
        ("days.csv", "44 days"),
        ("days.csv", "44d"),
        ("days.csv", " 44.0 "),
        ("reliable_construction.csv", "47 weeks"),
        ("reliable_construction.csv", "47 wk"),
        ("reliable_construction.csv", "47"),
    ],
)
async def test_deadline_in_the_plans_own_unit(
    monkeypatch: pytest.MonkeyPatch, days: Path, plan: str, deadline: str
) -> None:
    """One standard deviation after the mean, as a chat model may write it."""
    call = calls(("estimate_by_pert", {"file": plan, "deadline": deadline}))
    use_script(monkeypatch, hand_over("schedule"), call, AIMessage("84 %."), AIMessage("84 %."))
    reply = await ask("Will we make it?", RELIABLE, days)

    assert reply.figures["probability"] == pytest.approx(0.8413, abs=5e-5)


@pytest.mark.parametrize(
    ("plan", "deadline", "problem"),
    [
        ("days.csv", "9 weeks", "The plan days.csv is in days, and the deadline (9 weeks) is not"),
        ("reliable_construction.csv", "300 days", "Give the deadline in weeks."),
        ("reliable_construction.csv", "May", "The deadline 'May' can't be read: write it as 47 weeks or"),
        ("reliable_construction.csv", "11 months", "can't be read: write it as 47 weeks or 60 days."),
        ("reliable_construction.csv", "-1 weeks", "A deadline of -1 weeks can't be met: give one above 0."),
    ],
)
@pytest.mark.parametrize("tool", ["estimate_by_pert", "simulate_project"])
async def test_deadline_that_can_not_be_taken(
    monkeypatch: pytest.MonkeyPatch, days: Path, tool: str, plan: str, deadline: str, problem: str
) -> None:
    call = calls((tool, {"file": plan, "deadline": deadline}))
    script = use_script(monkeypatch, hand_over("schedule"), call, AIMessage("No."), AIMessage("No."))
    await ask("Will we make it?", RELIABLE, days)

    assert problem in script.asked[2][-1].text


@pytest.mark.parametrize(
    ("request_", "probability"),
    [
        ("What is the probability to finish within 44 days?", 0.8413),
        ("What is the chance to be finished by day 44?", 0.8413),
        ("What is the probability to finish within 41?", 0.5),
    ],
)
async def test_deadline_in_the_plans_own_days(days: Path, request_: str, probability: float) -> None:
    """The mean of 41 days, and one standard deviation of 3 after it."""
    reply = await ask(request_, days)

    assert reply.figures["probability"] == pytest.approx(probability, abs=5e-5)


@pytest.mark.parametrize(
    "request_", ["What is the probability to finish within 9 weeks?", "Simulate it, deadline 9 weeks."]
)
async def test_deadline_in_weeks_is_not_taken_for_a_plan_in_days(days: Path, request_: str) -> None:
    conversation = Conversation(graph, days)
    first = await conversation.ask(request_)
    assert (
        "The plan days.csv is in days, and the deadline (9 weeks) is not: a week may be 5 or 7 of a plan's "
        "days. Give the deadline in days." in first.text
    )

    second = await conversation.ask("What is the critical path?")
    assert "**days.csv** takes 41 days. Critical path: A-C-D." in second.text


async def test_deadline_of_a_plan_without_unit(tmp_path: Path) -> None:
    plan = written(tmp_path, "bare.csv", DAYS.replace("duration_days", "duration"))
    conversation = Conversation(graph, plan)
    first = await conversation.ask("What is the probability to finish within 44 weeks?")
    assert "bare.csv is taken to be in days" in first.text
    assert "or add to the request that the durations are in weeks." in first.text

    second = await conversation.ask(
        "What is the probability to finish within 44 weeks if the durations are in weeks?"
    )
    assert "P(finished within 44 weeks) = 0.8413." in second.text


async def test_assumed_unit_is_said_and_can_be_corrected(without_unit: Path) -> None:
    conversation = Conversation(graph, without_unit)
    first = await conversation.ask("How long does the project take?")
    assert first.text.startswith("**plan.csv** takes 40 days. Critical path: A-C-D.")
    assert "The file states no unit: its durations are taken as days." in first.text

    second = await conversation.ask("What is the critical path? The durations are in weeks.")
    assert second.text.startswith("**plan.csv** takes 40 weeks. Critical path: A-C-D.")
    assert "states no unit" not in second.text


async def test_unit_against_the_file() -> None:
    conversation = Conversation(graph, RELIABLE)
    first = await conversation.ask("What is the critical path? The durations are in days.")
    assert "The table's durations are in weeks by its header, not in days." in first.text

    assert "takes 44 weeks" in (await conversation.ask("What is the critical path?")).text


# --- dates


@pytest.mark.parametrize(
    "request_",
    [
        "When will the project be finished if we start on 2026-01-05?",
        "What is the critical path, starting on 5 January 2026?",
    ],
)
async def test_dates_from_the_first_day(request_: str) -> None:
    """44 weeks of five days from Monday 5 January end on Friday of the 44th week."""
    reply = await ask(request_, RELIABLE)

    assert reply.tools == ("find_critical_path",)
    assert "takes 44 weeks, until 2026-11-06." in reply.text
    assert rows(reply)["B"][-2:] == ["2026-01-19", "2026-02-13"]


async def test_gantt_chart_with_dates() -> None:
    reply = await ask("Draw a Gantt chart starting on 2026-01-05.", RELIABLE)

    assert "44 weeks, until 2026-11-06; critical tasks:" in reply.text


async def test_start_dates_of_the_plan_count(tmp_path: Path) -> None:
    """B may start on day 20 (2 February) only: 20 + 10 + 20 days."""
    reply = await ask("How long does the project take?", written(tmp_path, "dated.csv", WITH_DATES))

    assert "**dated.csv** takes 50 days, until 2026-03-13. Critical path: B-D." in reply.text


# --- conversations


async def test_follow_ups() -> None:
    conversation = Conversation(graph, RELIABLE)
    first = await conversation.ask("What are the odds of finishing in 40 weeks?")
    assert "P(finished within 40 weeks) = 0.0912." in first.text
    assert "P(finished within 50 weeks) = 0.9772." in (await conversation.ask("and in 50 weeks?")).text
    assert "P(finished within 44 weeks) = 0.5000." in (await conversation.ask("What about 44 weeks?")).text
    assert "reliable_construction-gantt.png" in (await conversation.ask("Now draw a Gantt chart.")).text


async def test_without_a_file_one_is_asked_for() -> None:
    conversation = Conversation(graph)
    first = await conversation.ask("What is the critical path?")
    assert first.tools == ()
    assert "attach one (.csv, .tsv, .txt)" in first.text

    conversation.artifacts.save(RELIABLE.name, RELIABLE.read_bytes())
    second = await conversation.ask("What is the critical path of reliable_construction.csv?")
    assert RELIABLE_PATH in second.text


async def test_of_two_files_one_is_asked_for(days: Path) -> None:
    conversation = Conversation(graph, RELIABLE, days)
    first = await conversation.ask("What is the critical path?")
    assert first.tools == ()
    assert "days.csv and reliable_construction.csv." in first.text

    assert "**days.csv** takes 41 days" in (await conversation.ask("days.csv")).text
    assert "**days-gantt.png**" in (await conversation.ask("Draw a Gantt chart of it.")).text


async def test_pasted_plan() -> None:
    reply = await ask(f"Schedule this plan:\n\n{WITHOUT_UNIT}")

    assert "takes 40 days. Critical path: A-C-D." in reply.text


async def test_parallel_critical_paths(tmp_path: Path) -> None:
    plan = "task,duration_days,predecessors\nA,2,\nB,3,A\nC,3,A\nD,1,B;C\n"
    reply = await ask("What is the critical path?", written(tmp_path, "fork.csv", plan))

    assert "takes 6 days. Critical paths: A-B-D; A-C-D." in reply.text


async def test_lag_and_bar_in_a_name(tmp_path: Path) -> None:
    plan = "id,name,duration_days,predecessors\nA,Dig | fill,2,\nB,Pave,3,A FS+4\n"
    reply = await ask("Read the tasks.", written(tmp_path, "lag.csv", plan))

    assert "| A | Dig \\| fill | 2 | – |" in reply.text
    assert rows(reply)["B"][2] == "A +4"


# --- bad input


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (
            "task,duration,predecessors\nA,5,C\nB,10,A\nC,15,B\n",
            "the tasks wait for each other in a circle: A → B → C → A. Remove one of these dependencies.",
        ),
        (
            "task,duration,predecessors\nA,5,\nB,10,Z\n",
            "Row 3, task B: predecessor 'Z' is not a task.",
        ),
        (
            "task,duration,predecessors\nA,five,\n",
            "Row 2, task A: the duration 'five' is not a number. Write it like 5 or 2.5, in days.",
        ),
        ("task,duration,predecessors\n", "The table has a header and no tasks. Add one row for each task."),
        ("task,owner\nA,Ann\n", "The task table has no column for duration and predecessors"),
    ],
)
@pytest.mark.parametrize(
    "request_", ["What is the critical path of bad.csv?", "Draw a Gantt chart of bad.csv."]
)
async def test_bad_plan_is_explained_and_the_thread_stays_usable(
    tmp_path: Path, plan: str, message: str, request_: str
) -> None:
    conversation = Conversation(graph, written(tmp_path, "bad.csv", plan), RELIABLE)
    first = await conversation.ask(request_)
    assert message in first.text

    second = await conversation.ask("What is the critical path of reliable_construction.csv?")
    assert f"takes 44 weeks. Critical path: {RELIABLE_PATH}." in second.text


async def test_plan_without_estimates(without_unit: Path) -> None:
    conversation = Conversation(graph, without_unit)
    first = await conversation.ask("Estimate it by PERT.")
    assert "Add the columns optimistic, most_likely and pessimistic." in first.text

    assert "takes 40 days" in (await conversation.ask("How long does the project take?")).text


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ("Which deadline has a chance of 120 %?", "1.2 is out of range"),
        ("Simulate the project 1 times.", "1 is out of range"),
        ("Simulate 5,000,000 runs.", "5e+06 is out of range"),
    ],
)
async def test_figures_out_of_range_are_asked_for(request_: str, problem: str) -> None:
    reply = await ask(request_, RELIABLE)

    assert reply.tools == ()
    assert problem in reply.text


async def test_wrong_kind_of_file(tmp_path: Path) -> None:
    picture = tmp_path / "plan.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    reply = await ask("What is the critical path of plan.png?", picture)

    assert reply.tools == ()
    assert "plan.png can't be used for this: it takes .csv, .tsv, .txt." in reply.text


def test_graph_is_imported_without_the_heavy_libraries() -> None:
    """The server imports all five agents at its start; what only a tool needs comes with its first call."""
    code = (
        "import sys, graphs.project_bodhi.graph\n"
        "print(*({'numpy', 'scipy', 'matplotlib', 'pandas', 'duckdb'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""
