"""The grading takes right answers however they are worded, and fails wrong ones."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from openpyxl import Workbook

from tests.evaluation.grading import Answer, problems
from tests.evaluation.question import Ask, Expected, InFile, Label, Near, chart

BY_ORIGIN: dict[Label, Expected] = {"USA": 20.083534, "Europe": 27.891429, "Japan": 30.450633}
TABLE = "| Origin | mean mpg |\n|---|---:|\n| Japan | 30.45 |\n| Europe | 27.89 |\n| USA | 20.08 |"
WIDE = "| site | 1931 | 1932 |\n|---|---:|---:|\n| Waseca | 54.35 | 41.87 |\n| Morris | 29.29 | 41.51 |"


def is_right(
    ask: Ask,
    text: str,
    *,
    results: Sequence[Mapping[str, Any]] = (),
    files: Mapping[str, bytes] | None = None,
) -> bool:
    return not problems(ask, Answer(text, results, files or {}, ["cars.csv", *(files or {})]))


@pytest.mark.parametrize(
    "text",
    [
        TABLE,
        "- USA: **20.08**\n- Europe: **27.891**\n- Japan: **30.4506**",
        "Cars from Japan get 30.45, Europe 27.89, and the USA 20.08 miles per gallon.",
        "It is 20.1 for the USA, 27.9 for Europe and 30.5 for Japan.",
        "The mean is highest for Japan, at 30.5, then Europe (27.9) and USA (20.1).",
    ],
)
def test_each_figure_beside_its_name_is_right(text: str) -> None:
    assert is_right(Ask("?", BY_ORIGIN), text)


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace("20.08", "20.18"),
        TABLE.replace("USA", "Ghana"),
        TABLE.replace("30.45", "27.89").replace("| Europe | 27.89", "| Europe | 30.45"),
        TABLE.replace("20.08", "20"),
        TABLE.replace("20.08", "-20.08"),
        TABLE.replace("| USA | 20.08 |", ""),
        TABLE.replace("20.08", "`20.08`"),
        "Cars from Japan get 27.89, Europe 30.45, and the USA 20.08 miles per gallon.",
        "It is 27.9 for the USA, 20.1 for Europe and 30.5 for Japan.",
        "20.08, 27.89, 30.45",
        "",
    ],
)
def test_a_figure_that_is_wrong_or_stands_elsewhere_is_wrong(text: str) -> None:
    assert not is_right(Ask("?", BY_ORIGIN), text)


def test_a_cell_has_its_own_row_and_column() -> None:
    right: dict[Label, Expected] = {("Morris", "1931"): 29.28667, ("Waseca", "1932"): 41.86666}
    assert is_right(Ask("?", right), WIDE)
    assert not is_right(Ask("?", {("Morris", "1932"): 29.28667}), WIDE)
    assert not is_right(Ask("?", {("Waseca", "1931"): 29.28667}), WIDE)


def test_a_column_may_be_of_per_cent() -> None:
    table = "| firm | % of total |\n|---|---:|\n| IBM | 3.7786 |"
    assert is_right(Ask("?", {"IBM": 0.037786}), table)
    assert not is_right(Ask("?", {"IBM": 0.037786}), table.replace("%", "part"))


def test_a_number_is_a_label_when_it_is_a_whole_cell() -> None:
    table = "| Cylinders | mean |\n|---|---|\n| 8.5 | 14.96 |\n| 18 | 3 |"
    assert is_right(Ask("?", {"8": 14.963}), table.replace("8.5", "8"))
    assert not is_right(Ask("?", {"8": 14.963}), table)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (0.2741, "27.4 %"),
        (0.2741, "27.41%"),
        (3482258.6346, "3,482,259"),
        (3482258.6346, "3.482 million"),
        (-3482258.6346, "−3,482,258.63"),
        (1.67e-31, "1.67e-31"),
        (1.67e-31, "1.67 × 10⁻³¹"),
        ("0.7156", "0.71564"),
        ("0.7156", "0.716"),
        (13.000618, "13"),
        (7, "7"),
        (0, "0"),
        (Near(372.0, 0.5), "372.41"),
    ],
)
def test_a_figure_may_be_written_in_many_ways(expected: Expected, text: str) -> None:
    assert is_right(Ask("?", {"": expected}), f"The answer is {text}.")


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (0.2741, "0.2741 %"),
        (0.2741, "27.4"),
        (0.2741, "28 %"),
        (3482258.6346, "3.5 million"),
        (3482258.6346, "3,482,258"),
        (1.67e-31, "1.67e-30"),
        (1.67e-31, "0"),
        (1.67e-31, "< 0.0001"),
        ("0.7156", "0.7158"),
        (7, "7.2"),
        (7, "17"),
        (12, "2012-12-12"),
        (0, "0.3"),
        (Near(372.0, 0.5), "372.6"),
    ],
)
def test_a_figure_that_does_not_round_to_the_expected_one_is_wrong(expected: Expected, text: str) -> None:
    assert not is_right(Ask("?", {"": expected}), f"The answer is {text}.")


def test_a_bound_is_right_when_the_tool_gave_the_figure_itself() -> None:
    ask = Ask("?", {"p": "1.67e-31"})
    assert is_right(ask, "p < 0.0001", results=[{"tests": [{"p": 1.6696691907e-31}]}])
    assert not is_right(ask, "p < 0.0001", results=[{"tests": [{"p": 2.2e-16}]}])
    assert not is_right(ask, "p < 0.05", results=[{"tests": [{"p": 1.6696691907e-31}]}])


def test_words_are_said_and_names_are_in_order() -> None:
    assert is_right(Ask("?", said=("harvest 1931", "May 2010|2010-05")), "Harvest 1931, in 2010-05-01.")
    assert not is_right(Ask("?", said=("harvest 1931",)), "harvest 19310")
    ranking = Ask("?", order=("Japan", "Europe", "USA"))
    assert is_right(ranking, TABLE)
    assert is_right(ranking, "Japan leads.")
    assert not is_right(ranking, "USA leads, then Europe and Japan.")
    assert not is_right(ranking, "Europe, then the USA.")


def test_a_refusal_has_no_figure() -> None:
    ask = Ask("Mean torque of cars.csv in 2019?", said=("torque",), refused=True)
    right = "cars.csv has no column torque, so I can't say anything of 2019."
    assert is_right(ask, right)
    assert not is_right(ask, f"{right} It may be 300.")
    assert not is_right(ask, "I can't.")
    assert not is_right(ask, right, results=[{"rows": 406}])
    assert not is_right(ask, right, files={"result.csv": b"a\n1\n"})


def test_the_data_behind_a_chart_are_graded() -> None:
    ask = Ask("?", files=chart(BY_ORIGIN, rows=3))
    text = "The picture is bars.png, its data bars.csv."
    data = b"Origin,mean\nUSA,20.083534\nEurope,27.891429\nJapan,30.450633\n"
    assert is_right(ask, text, files={"bars.png": b"", "bars.csv": data})
    assert not is_right(ask, text, files={"bars.png": b"", "bars.csv": data.replace(b"20.08", b"21.08")})
    assert not is_right(ask, text, files={"bars.png": b"", "bars.csv": data + b"Ghana,1\n"})
    assert not is_right(ask, text, files={"bars.csv": data})
    assert not is_right(ask, "Here it is.", files={"bars.png": b"", "bars.csv": data})


def test_workbooks_and_reports_are_graded() -> None:
    book, content = Workbook(), io.BytesIO()
    for row in (("Origin", "mean"), ("USA", 20.083534), ("Europe", 27.891429), ("Japan", 30.450633)):
        book.worksheets[0].append(row)
    book.save(content)
    workbook = Ask("?", files=(InFile(".xlsx", BY_ORIGIN, rows=3),))
    assert is_right(workbook, "table.xlsx", files={"table.xlsx": content.getvalue()})

    report = Ask("?", files=(InFile(".html", BY_ORIGIN),))
    rows = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in BY_ORIGIN.items())
    page = f"<html><body><table><tr><th>Origin</th><th>mean</th></tr>{rows}</table></body></html>"
    assert is_right(report, "report.html", files={"report.html": page.encode()})
    swapped = page.replace("USA", "Asia")
    assert not is_right(report, "report.html", files={"report.html": swapped.encode()})
