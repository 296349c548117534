from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphs.project_bodhi
from graphs.project_bodhi.tasks import Estimates, Link, Plan, read_tasks

SAMPLES = Path(graphs.project_bodhi.__file__).parent / "samples"


def _links(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {task.id: tuple(link.predecessor for link in task.links) for task in plan.tasks}


def _refused(table: str | bytes, unit: str | None = None) -> str:
    with pytest.raises(ValueError, match=r".+") as refusal:
        read_tasks(table, unit)
    return str(refusal.value)


def test_the_sample_is_hillier_and_liebermans_reliable_construction_project():
    plan = read_tasks((SAMPLES / "reliable_construction.csv").read_bytes())
    assert plan.unit == "weeks"
    assert plan.unit_stated
    durations = {"A": 2, "B": 4, "C": 10, "D": 6, "E": 4, "F": 5, "G": 7, "H": 9, "I": 7, "J": 8, "K": 4}
    assert {task.id: task.duration for task in plan.tasks} == durations | {"L": 5, "M": 2, "N": 6}
    links = _links(plan)
    assert (links["A"], links["H"], links["J"], links["N"]) == ((), ("E", "G"), ("F", "I"), ("K", "L"))
    assert plan.tasks[2].name == "Put up the rough wall"
    assert plan.tasks[2].estimates == Estimates(6, 9, 18)
    assert plan.tasks[2].row == 4


@pytest.mark.parametrize("cell", ['"A,B"', "A;B", "A B", '"A, B"', "A ; B", "A  B", "A;B;", "A;A;B"])
def test_predecessors_are_separated_as_people_do(cell):
    plan = read_tasks(f"id,duration,predecessors\nA,1,\nB,2,-\nC,3,{cell}\n")
    assert _links(plan) == {"A": (), "B": (), "C": ("A", "B")}


@pytest.mark.parametrize("nothing", ["", "-", "\u2013", "\u2014", "none", "None", "n/a", " "])
def test_no_predecessor_is_written_in_many_ways(nothing):
    assert _links(read_tasks(f"id,duration,predecessors\nA,1,{nothing}\n")) == {"A": ()}


@pytest.mark.parametrize(
    "header",
    [
        "ID,Duration,Predecessors",
        "Task ID,Duration (weeks),Immediate Predecessors",
        "Activity,Estimated duration,Depends on",
        "task,weeks,after",
        "No.,Time,Pred",
    ],
)
def test_columns_are_found_under_their_usual_names(header):
    plan = read_tasks(f"{header}\nA,1,\nB,2,A\n")
    assert _links(plan) == {"A": (), "B": ("A",)}
    assert [task.duration for task in plan.tasks] == [1, 2]


def test_columns_come_in_any_order_and_others_are_ignored():
    plan = read_tasks("Priority,Preds,Title,Days,Owner,Key\nhigh,,Dig,3,Ann,T1\nlow,T1,Pour,2,,T2\n")
    assert plan.unit == "days"
    first, second = plan.tasks
    assert (first.id, first.name, first.duration, first.owner) == ("T1", "Dig", 3, "Ann")
    assert second.links == (Link("T1"),)


@pytest.mark.parametrize(
    ("header", "expected"),
    [("ID,Task", ("1", "Dig")), ("Task,Name", ("1", "Dig")), ("Activity,Description", ("1", "Dig"))],
)
def test_task_is_the_id_where_there_is_no_other(header, expected):
    task = read_tasks(f"{header},duration,predecessors\n1,Dig,3,\n").tasks[0]
    assert (task.id, task.name) == expected


def test_a_name_serves_as_id():
    plan = read_tasks(
        "Task name,Duration,Predecessors\nDig a hole,2,\nPour,1,Dig a hole\nPaint,1,Pour; Dig a hole\n"
    )
    assert _links(plan) == {"Dig a hole": (), "Pour": ("Dig a hole",), "Paint": ("Pour", "Dig a hole")}


@pytest.mark.parametrize(
    ("table", "unit"),
    [
        ("id,duration,predecessors\nA,3d,\nB,2 days,A\n", "days"),
        ("id,duration,predecessors\nA,3w,\nB,2,A\n", "weeks"),
        ("id,duration [weeks],predecessors\nA,3,\n", "weeks"),
        ("id,duration_days,predecessors\nA,3,\n", "days"),
        ("id,duration in weeks,predecessors\nA,3,\n", "weeks"),
        ("id,days,predecessors\nA,3,\n", "days"),
    ],
)
def test_the_unit_is_read_from_header_or_values(table, unit):
    plan = read_tasks(table)
    assert (plan.unit, plan.unit_stated) == (unit, True)


def test_an_unstated_unit_is_days_and_said_to_be_assumed():
    plan = read_tasks("id,duration,predecessors\nA,3,\n")
    assert (plan.unit, plan.unit_stated) == ("days", False)
    assert read_tasks("id,duration,predecessors\nA,3,\n", "weeks").unit == "weeks"


@pytest.mark.parametrize(
    ("cell", "lag"), [("A FS+2", 2), ("AFS+2", 2), ("A FS", 0), ("A fs - 1.5", -1.5), ("A FS+2d", 2)]
)
def test_finish_to_start_links_with_lag(cell, lag):
    assert read_tasks(f"id,duration,predecessors\nA,3,\nB,1,{cell}\n").tasks[1].links == (Link("A", lag),)


def test_lags_among_several_predecessors():
    plan = read_tasks("id,duration,predecessors\nA,3,\nB,1,\nC,1,A FS+2 B\nD,1,A FS+1; B FS-1\n")
    assert plan.tasks[2].links == (Link("A", 2), Link("B"))
    assert plan.tasks[3].links == (Link("A", 1), Link("B", -1))


def test_semicolon_and_tab_tables_with_decimal_commas():
    for separator in (";", "\t"):
        table = "id,duration,predecessors\nA,2|5,\nB,1,A\n".replace(",", separator).replace("|", ",")
        assert read_tasks(table).tasks[0].duration == 2.5


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_byte_order_marks_line_endings_and_blank_lines(ending):
    table = ending.join(["id,duration,predecessors", "", "A,2,", ",,", "B,1,A", ""])
    plan = read_tasks(("\ufeff" + table).encode())
    assert _links(plan) == {"A": (), "B": ("A",)}
    assert read_tasks("\ufeff" + table) == plan


def test_a_missing_duration_is_the_mean_of_the_estimates():
    plan = read_tasks("id,predecessors,o,m,p\nA,,1,2,9\n")
    assert plan.tasks[0].duration == pytest.approx(3)
    assert read_tasks("id,duration,predecessors,a,m,b\nA,5,,1,2,9\n").tasks[0].duration == 5


def test_a_single_letter_means_an_estimate_only_beside_the_others():
    assert read_tasks("id,duration,predecessors,P\nA,5,,high\n").tasks[0].estimates is None


def test_start_dates_and_short_rows():
    plan = read_tasks("id,duration,predecessors,start,owner\nA,1,,2026-03-02,Ann\nB,2\n")
    assert plan.tasks[0].not_before == date(2026, 3, 2)
    assert (plan.tasks[1].not_before, plan.tasks[1].links, plan.tasks[1].owner) == (None, (), "")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("A,2,\nA,3,\n", "Rows 2 and 3: the id 'A' is used 2 times"),
        ("A,2,Z\n", "Row 2, task A: predecessor 'Z' is not a task. The ids are: A"),
        ("Dig,2,\nB,1,Digg\n", "Row 3, task B: predecessor 'Digg' is not a task. Did you mean 'Dig'?"),
        ("A,2,\nB,1,a\n", "Did you mean 'A'?"),
        ("A,-2,\n", "Row 2, task A: the duration '-2' can't be used"),
        ("A,two,\n", "Row 2, task A: the duration 'two' is not a number"),
        ("A,nan,\n", "the duration 'nan' is not a number"),
        ("A,1e999,\n", "the duration '1e999' can't be used"),
        ("A,,\n", "Row 2, task A: the duration is missing"),
        ("A,3 months,\n", "the unit in '3 months' is not known"),
        ("A,3d,\nB,2w,\n", "Row 3, task B: '2w' is in weeks, and the table is in days"),
        (",3,\n", "Row 2: the id is empty"),
        ("A,2,A\n", "in a circle: A → A"),
        ("A,1,\nB,1,SSA\nC,1,A SS+2\n", "predecessor 'SSA' is not a task"),
        ("A,1,\nC,1,A SS+2\n", "Row 3, task C: the link from A is SS, and only finish-to-start"),
        ("A,1,\nC,1,A;B,X\n", "Row 3 has 4 cells, and the header 3"),
        ("A,1,\n\nB,1,Q\n", "Row 4, task B"),
    ],
)
def test_a_faulty_row_is_named_with_its_remedy(rows, words):
    assert words in _refused(f"id,duration,predecessors\n{rows}")


def test_a_cycle_is_named_in_order():
    message = _refused("id,duration,predecessors\nA,1,\nB,1,A;D\nC,1,B\nD,1,C\nE,1,D\n")
    cycle = message.split("circle: ")[1].split(".")[0].split(" → ")
    assert cycle[0] == cycle[-1]
    assert set(cycle) == {"B", "C", "D"}
    after = {"B": "C", "C": "D", "D": "B"}  # each is followed by the task that waits for it
    assert all(after[first] == second for first, second in pairwise(cycle))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "empty"),
        ("  \n ", "empty"),
        ("id,duration,predecessors\n", "a header and no tasks"),
        ("id,name\nA,Dig\n", "no column for duration and predecessors; its columns are: id, name"),
        ("duration,predecessors\n1,\n", "no column for id"),
        ("id,duration,duration (days),predecessors\nA,1,1,\n", "both mean duration"),
        (b"\xff\xfe\x00\x01", "not UTF-8"),
        (b"PK\x03\x04\xff\xff", "not UTF-8"),
    ],
)
def test_a_faulty_table_is_refused(table, words):
    assert words in _refused(table)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("A,2,,3,2,5", "the estimates 3, 2, 5 are out of order"),
        ("A,2,,1,,5", "the most likely estimate is missing"),
        ("A,2,,x,2,3", "the optimistic estimate 'x' is not a number"),
        ("A,2,,-1,2,3", "the optimistic estimate '-1' can't be used"),
    ],
)
def test_faulty_estimates_are_refused(row, words):
    assert words in _refused(f"id,duration,predecessors,optimistic,most likely,pessimistic\n{row}\n")


def test_units_that_contradict_are_refused():
    assert "in weeks by its header" in _refused("id,weeks,predecessors\nA,1,\n", "days")
    assert "Unknown unit 'months'" in _refused("id,duration,predecessors\nA,1,\n", "months")


def test_an_unreadable_date_is_refused():
    message = _refused("id,duration,predecessors,start\nA,1,,30/03/2026\n")
    assert "Row 2, task A: the start date '30/03/2026'" in message
    assert "2026-03-30" in message


def _read(table: str) -> Plan | str:
    try:
        return read_tasks(table)
    except ValueError as refusal:
        return str(refusal)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.text("AB12,;-+.FSd \"'\n\r\t\0", max_size=6), min_size=1, max_size=4), max_size=5)
)
def test_any_text_gives_a_plan_or_a_value_error(rows):
    outcome = _read("id,duration,predecessors\n" + "\n".join(",".join(row) for row in rows))
    if isinstance(outcome, Plan):
        ids = {task.id for task in outcome.tasks}
        assert len(ids) == len(outcome.tasks)
        assert all(link.predecessor in ids for task in outcome.tasks for link in task.links)
    else:
        assert outcome.endswith(".")
