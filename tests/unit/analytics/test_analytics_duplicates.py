"""Duplicate rows, near-equal spellings and dates in several forms, as a person asks for them.

Figures are compared with those that pandas gives for the same file.
"""

from collections.abc import Generator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from graphs.analytics.graph import graph
from graphs.analytics.quality.duplicates import find_duplicates, write_without_duplicates
from graphs.analytics.quality.profile import profile_table
from graphs.analytics.tables.aggregate import open_table
from graphs.analytics.tables.dates import write_with_dates
from graphs.kit.tables.load import load_frame
from tests.support.conversation import Conversation
from tests.support.kit_environment import clean_kit_environment

MESSY = """Nr;Kunde;Stadt;Status;Datum;Betrag;Rabatt
1;A;Köln;offen;01.02.2024;1.234,50;0,5
2;B;Köln;OFFEN;2024-03-04;20,25;0,5
2;B;Köln;OFFEN;2024-03-04;20,25;0,5
3;C; köln;zu;03/04/2024;;1,5
4;D;Bonn;zu;5 May 2024;7,5;
5;E;Bonn;zu;05.06.2024;8,5;
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    (tmp_path / "messy.csv").write_text(MESSY)
    return tmp_path / "messy.csv"


@pytest.mark.parametrize("text", ["show me the duplicate rows", "Which rows are duplicates in messy.csv?"])
async def test_duplicate_rows_are_shown_with_their_numbers(messy: Path, text: str) -> None:
    reply = await Conversation(graph, messy).ask(text)

    assert reply.tools == ("find_duplicates",)
    assert (reply.figures["duplicate_rows"], reply.figures["involved"]) == (1, 2)
    assert [(row["row"], row["Nr"]) for row in reply.figures["table"]] == [(2, 2), (3, 2)]


async def test_a_question_goes_on_without_the_duplicates(messy: Path) -> None:
    conversation = Conversation(graph, messy)
    reply = await conversation.ask("Remove the duplicates and total Betrag")

    left = pd.read_csv(messy, sep=";", decimal=",", thousands=".").drop_duplicates()
    assert reply.tools == ("remove_duplicates", "aggregate")
    assert reply.figures["file"] == "messy_without_duplicates.parquet"
    assert reply.figures["table"] == [{"sum_Betrag": pytest.approx(left.Betrag.sum())}]
    assert "**1 row** removed" in reply.text
    assert conversation.artifacts.read("messy.csv") == MESSY.encode()


def test_duplicates_are_those_of_pandas_also_in_some_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 1, 2, None, None, 2], "b": list("xxyyyz"), "c": range(6)})

    with open_table("t.csv", frame) as table:
        whole, some = find_duplicates(table, most=100), find_duplicates(table, ["A", "b"], most=100)
        removed = write_without_duplicates(table, tmp_path / "t.parquet", ["a", "b"])

    assert (whole.repeated, whole.rows_found) == (0, ())
    assert some.repeated == removed == frame.duplicated(["a", "b"]).sum() == 2
    assert [row[0] for row in some.rows_found] == [1, 2, 4, 5]
    kept = frame.drop_duplicates(["a", "b"])
    assert load_frame(tmp_path / "t.parquet").c.tolist() == kept.c.tolist()


def test_duplicates_in_a_column_that_is_not_there_are_refused() -> None:
    with (
        open_table("t.csv", pd.DataFrame({"a": [1]})) as table,
        pytest.raises(ValueError, match=r"has no column 'b'. Its columns are: 'a'\."),
    ):
        find_duplicates(table, ["b"], most=10)


def test_a_profile_tells_near_equal_spellings_and_dates_in_several_forms(messy: Path) -> None:
    with open_table("messy.csv", messy) as table:
        columns = {column.name: column for column in profile_table(table).columns}

    assert columns["Stadt"].spellings.first == ((("Köln", 3), (" köln", 1)),)
    assert columns["Status"].spellings.first == ((("OFFEN", 2), ("offen", 1)),)
    assert columns["Kunde"].spellings is None
    assert (columns["Datum"].mixed_dates.dates, columns["Datum"].mixed_dates.filled) == (6, 6)
    assert columns["Stadt"].mixed_dates is None


async def test_how_a_file_was_read_is_told_once_for_all_columns(messy: Path) -> None:
    conversation = Conversation(graph, messy)
    loaded = await conversation.ask("Load messy.csv")
    total = await conversation.ask("Total Betrag")

    assert "- Note: 'Betrag', 'Rabatt' were read with a decimal comma." in loaded.text
    assert "decimal comma" not in total.text


async def test_a_column_is_converted_to_dates_once_its_order_is_told(messy: Path) -> None:
    conversation = Conversation(graph, messy)
    asked = await conversation.ask("Convert Datum to a date")
    reply = await conversation.ask("Convert Datum to a date, day first")

    assert "such as 03/04/2024, can be day/month or month/day" in asked.text
    assert (reply.figures["dates"], reply.figures["open_order"], reply.figures["unread"]) == (6, 1, 0)
    counted = await conversation.ask("How many rows by month?")
    assert counted.figures["file"] == "messy_dates.parquet"


@pytest.mark.parametrize(("order", "third"), [("day", date(2024, 4, 3)), ("month", date(2024, 3, 4))])
def test_each_date_is_read_by_its_own_form(messy: Path, tmp_path: Path, order: str, third: date) -> None:
    with open_table("messy.csv", messy) as table:
        result = write_with_dates(table, "datum", tmp_path / "t.parquet", order)

    found = [each.date() for each in load_frame(tmp_path / "t.parquet").Datum]
    assert result.kind == "DATE"
    assert found == [
        *(date(2024, 2, 1), date(2024, 3, 4), date(2024, 3, 4), third),
        *(date(2024, 5, 5), date(2024, 6, 5)),
    ]


def test_what_is_no_date_is_counted_and_a_column_without_dates_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"day": ["2024-01-31", "soon", None, "31.12.2024 10:30"], "kind": list("abcd")})

    with open_table("t.csv", frame) as table:
        result = write_with_dates(table, "day", tmp_path / "t.parquet", None)
        assert (result.kind, result.dates, result.unread, result.examples) == ("TIMESTAMP", 2, 1, ("soon",))
        with pytest.raises(ValueError, match="No value of 'kind' can be read as a date: 'a', 'b', 'c'"):
            write_with_dates(table, "kind", tmp_path / "u.parquet", None)
