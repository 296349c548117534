"""Exported tables: read back by other libraries, every value as it was."""

import csv
import gc
import io
import tempfile
import weakref
from collections.abc import Generator, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from math import inf
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import openpyxl
import pandas as pd
import pytest

from graphs.analytics.graph import graph
from graphs.analytics.report.export import EXCEL_COLUMNS, EXCEL_ROWS, check_fits_excel, write_csv, write_excel
from tests.support.conversation import Conversation, Reply
from tests.support.kit_environment import clean_kit_environment

SALES = Path(__file__).parents[3] / "graphs" / "analytics" / "samples" / "sales.csv"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "table.xlsx"


def cells(path: Path, sheet: str = "Data") -> list[list[Any]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(path)[sheet].iter_rows()]


def stored(path: Path, value: Any) -> Any:
    """The cell that a value became."""
    write_excel(path, ["v"], [[[value]]], [])
    return openpyxl.load_workbook(path)["Data"]["A2"]


# --- Excel


def test_workbook_has_a_styled_frozen_header_that_filters(book: Path) -> None:
    write_excel(book, ["region", "a rather long name of a column"], [[("North", 1), ("South", 2)]], [])
    sheet = openpyxl.load_workbook(book)["Data"]

    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B3"
    assert sheet["A1"].font.bold
    assert sheet["A1"].fill.fgColor.rgb == "001F4E79"
    assert sheet.column_dimensions["B"].width > sheet.column_dimensions["A"].width


@pytest.mark.parametrize(
    ("value", "read", "kind"),
    [
        (7, 7, "n"),
        (999_999_999_999_999, 999_999_999_999_999, "n"),
        (0.1 + 0.2, 0.30000000000000004, "n"),
        (Decimal("1234567.89"), 1234567.89, "n"),
        (True, True, "b"),
        (date(2024, 2, 29), datetime(2024, 2, 29), "d"),
        (datetime(2024, 2, 29, 23, 59, 59, 123000), datetime(2024, 2, 29, 23, 59, 59, 123000), "d"),
        (time(6, 30), time(6, 30), "d"),
        (datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), datetime(2024, 1, 1), "d"),
        ("text", "text", "s"),
        (None, None, "n"),
    ],
)
def test_values_keep_their_type(book: Path, value: Any, read: Any, kind: str) -> None:
    cell = stored(book, value)

    assert (cell.value, cell.data_type) == (read, kind)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1_000_000_000_000_000, "1000000000000000"),
        (Decimal("12345678901234.567"), "12345678901234.567"),
        (inf, "inf"),
        (date(1900, 2, 28), "1900-02-28"),
        (datetime(2024, 1, 1, 0, 0, 0, 1), "2024-01-01 00:00:00.000001"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_what_excel_can_not_hold_exactly_is_text_and_said(book: Path, value: Any, text: str) -> None:
    exported = write_excel(book, ["v"], [[[value], [None]]], [])

    assert cells(book) == [["v"], [text]]
    assert exported.as_text == {"v": 1}
    assert ["Stored as text", "v: 1, which Excel can't hold exactly"] in cells(book, "About")


def test_numbers_of_any_size_are_read_back_bit_by_bit(book: Path) -> None:
    rng = np.random.default_rng(11)
    numbers = (rng.normal(size=400) * 10.0 ** rng.integers(-200, 200, 400)).tolist()
    write_excel(book, ["v"], [[[number] for number in numbers]], [])

    assert [row[0] for row in cells(book)[1:]] == numbers


@pytest.mark.parametrize(
    "text", ["=1+1", "+A1", "-A1", "@SUM(A1)", '=HYPERLINK("http://x","y")', "\tx", "-5"]
)
def test_text_that_begins_as_a_formula_stays_text(book: Path, text: str) -> None:
    # OWASP, "CSV Injection"; quotePrefix keeps it text when somebody edits the cell (ECMA-376, 18.8.45)
    cell = stored(book, text)

    assert (cell.value, cell.data_type) == (text, "s")
    assert cell.quotePrefix or text == "-5"
    with ZipFile(book) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_names_of_columns_are_guarded_too(book: Path) -> None:
    write_excel(book, ["=cmd|' /C calc'!A0"], [[[1]]], [("=Source", "+x")])

    for sheet in openpyxl.load_workbook(book):
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_control_characters_are_kept_as_excel_writes_them(book: Path) -> None:
    # ECMA-376 part 1, 22.9.2.19: _xHHHH_ stands for a character, and _x005F_ for the underscore itself
    cell = stored(book, "a\x01b\n_x0041_ \uffff")

    assert cell.value == "a_x0001_b\n_x005F_x0041_ _xFFFF_"


def test_text_longer_than_a_cell_is_refused(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert stored(book, "x" * 32_767).value == "x" * 32_767
    with pytest.raises(
        ValueError, match=r"'v' has 32,768 characters, and an Excel cell takes 32,767\. Export CSV"
    ):
        stored(book, "x" * 32_768)
    with pytest.raises(ValueError, match=r"'v' has 16,384 characters"):
        stored(book, "\N{GRINNING FACE}" * 16_384)  # two UTF-16 units each
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("openpyxl")] == []


def test_limits_of_a_sheet() -> None:
    check_fits_excel(1_048_575, 16_384)
    assert (EXCEL_ROWS, EXCEL_COLUMNS) == (1_048_576, 16_384)
    with pytest.raises(ValueError, match=r"more than the 1,048,575 rows .* Export CSV"):
        check_fits_excel(1_048_576, 1)
    with pytest.raises(ValueError, match=r"16,385 columns, and an Excel sheet takes 16,384"):
        check_fits_excel(1, 16_385)


def test_the_same_table_is_the_same_file(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_excel(book, ["a"], [[[1], ["x"]]], [("Source", "a.csv")])
    first = book.read_bytes()
    write_excel(book, ["a"], [[[1], ["x"]]], [("Source", "a.csv")])

    assert book.read_bytes() == first
    with ZipFile(book) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


class Batch(list):
    """A list that can be watched."""


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_rows_are_written_as_they_come(tmp_path: Path, suffix: str) -> None:
    seen: list[weakref.ref[Batch]] = []
    most = 0

    def batches() -> Iterator[Batch]:
        nonlocal most
        for number in range(30):
            batch = Batch([(number, "x")] * 50)
            seen.append(weakref.ref(batch))
            gc.collect()
            most = max(most, sum(each() is not None for each in seen))
            yield batch

    path = tmp_path / f"table.{suffix}"
    names = ["n", "x"]
    exported = (
        write_csv(path, names, batches()) if suffix == "csv" else write_excel(path, names, batches(), [])
    )

    assert exported.rows == 1500
    assert len(exported.head) == 5
    assert most <= 3


# --- CSV


def test_csv_holds_exact_values(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    moment = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    row = [
        0.1 + 0.2,
        12345678901234567890,
        Decimal("1.10"),
        True,
        None,
        date(1800, 1, 1),
        moment,
        'a "b", c\nd',
    ]
    exported = write_csv(path, list("abcdefgh"), [[row]])
    (_, read) = csv.reader(io.StringIO(path.read_text()))

    assert read == [
        *("0.30000000000000004", "12345678901234567890", "1.10", "true", "", "1800-01-01"),
        *("2024-01-02 03:04:05.678901+00:00", 'a "b", c\nd'),
    ]
    assert not exported.as_text


# --- in plain words


def saved(conversation: Conversation, reply: Reply) -> Path:
    with conversation.artifacts.local_path(reply.figures["export"]) as path:
        return path


@pytest.mark.parametrize(
    "text",
    [
        "Export total revenue_usd by region in sales.csv as Excel.",
        "export the sum of revenue by region to an Excel file",
        "Save total revenue per region as a spreadsheet",
    ],
)
async def test_totals_as_excel(text: str) -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask(text)
    expected = pd.read_csv(SALES).groupby("region")["revenue_usd"].sum().sort_values(ascending=False)

    assert reply.tools == ("export_table",)
    assert reply.figures["export"] == "sales-total-revenue_usd-by-region.xlsx"
    header, *rows = cells(saved(conversation, reply))
    assert header == ["region", "sum_revenue_usd"]
    assert [row[0] for row in rows] == list(expected.index)
    assert [row[1] for row in rows] == pytest.approx(list(expected), rel=1e-14)
    about = dict(cells(saved(conversation, reply), "About"))
    assert about["Source"] == "sales.csv (all 300 rows)"
    assert about["SHA-256 of the source"] == conversation.artifacts.reference("sales.csv")["sha256"]
    assert about["SQL"] == reply.figures["sql"][0]
    assert about["Rows"] == "4"
    assert (
        "has 4 rows and 2 columns: total revenue_usd by region, from **sales.csv** (all 300 rows)"
        in reply.text
    )
    assert [row["sum_revenue_usd"] for row in reply.figures["preview"]] == [row[1] for row in rows]


async def test_rows_that_meet_a_condition_as_csv() -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("Save the rows of sales.csv where units > 50 as CSV.")
    sales = pd.read_csv(SALES)

    exported = pd.read_csv(saved(conversation, reply), float_precision="round_trip")
    pd.testing.assert_frame_equal(exported, sales[sales.units > 50].reset_index(drop=True), check_exact=True)
    assert "has 29 rows and 6 columns: rows, from **sales.csv** (29 of 300 rows: units > 50)" in reply.text
    assert "The first 5 rows:" in reply.text
    assert (reply.figures["rows"], len(sales[sales.units > 50])) == (29, 29)
    assert reply.figures["sha256"] == conversation.artifacts.reference(reply.figures["export"])["sha256"]


async def test_chosen_columns_in_an_order() -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask(
        "Export region, product and units of sales.csv as Excel, sorted by units descending."
    )
    header, *rows = cells(saved(conversation, reply))

    assert header == ["region", "product", "units"]
    assert [row[2] for row in rows] == sorted(pd.read_csv(SALES)["units"], reverse=True)
    assert "in the order of units, highest first" in reply.text


async def test_first_rows_in_an_order() -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("Export the first 20 rows of sales.csv sorted by date")

    exported = pd.read_csv(saved(conversation, reply))
    assert exported["date"].tolist() == sorted(pd.read_csv(SALES)["date"])[:20]
    assert "(20 of 300 rows)" in reply.text


async def test_total_of_nothing_in_particular_is_of_all_amounts() -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("Export the total by region as Excel.")

    assert cells(saved(conversation, reply))[0] == ["region", "sum_units", "sum_revenue_usd"]
    assert "No column was named: these are all columns of amounts, units, revenue_usd" in reply.text


async def test_mean_by_month() -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("Export mean units by month as Excel")
    sales = pd.read_csv(SALES, parse_dates=["date"])
    expected = sales.groupby(sales.date.dt.to_period("M").dt.to_timestamp()).units.mean()

    rows = cells(saved(conversation, reply))[1:]
    assert [row[0] for row in rows] == list(expected.index)
    assert [row[1] for row in rows] == pytest.approx(list(expected), rel=1e-14)


async def test_formulas_in_a_csv_are_counted(tmp_path: Path) -> None:
    table = tmp_path / "guests.csv"
    table.write_text("name,seats\n=1+1,2\nAnn,-3\n+44 20,1\n")
    conversation = Conversation(graph, table)
    as_csv = await conversation.ask("Export guests.csv sorted by seats as CSV")
    as_excel = await conversation.ask("Export guests.csv as Excel")

    assert "Text that begins like a formula: 2 in name" in as_csv.text
    assert "like a formula" not in as_excel.text
    assert pd.read_csv(saved(conversation, as_csv))["name"].tolist() == ["Ann", "+44 20", "=1+1"]


async def test_times_with_a_zone_are_in_utc(tmp_path: Path) -> None:
    table = tmp_path / "calls.parquet"
    begun = pd.to_datetime(["2024-07-01 12:00", "2024-01-01 12:00"]).tz_localize("Europe/Paris")
    pd.DataFrame({"begun": begun, "n": [1, 2]}).to_parquet(table)
    conversation = Conversation(graph, table)
    reply = await conversation.ask("Export calls.parquet as Excel")

    assert [row[0] for row in cells(saved(conversation, reply))[1:]] == [
        datetime(2024, 7, 1, 10),
        datetime(2024, 1, 1, 11),
    ]
    assert "- Times are in UTC: begun" in reply.text


async def test_export_again_is_the_same_file() -> None:
    conversation = Conversation(graph, SALES)
    first = await conversation.ask("Export total revenue_usd by region in sales.csv as Excel.")
    again = await conversation.ask("Export total revenue_usd by region in sales.csv as Excel.")

    assert again.files == first.files


async def test_export_can_be_asked_about_next() -> None:
    conversation = Conversation(graph, SALES)
    await conversation.ask("Save the rows of sales.csv where units > 50 as CSV.")
    reply = await conversation.ask("How many rows are there in sales-rows.csv?")

    assert "**29**" in reply.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Export the rows of sales.csv where region = Nrth as CSV", "'region' holds 'East', 'North'"),
        ("Export total profit_usd by region in sales.csv as Excel", "what “profit” stands for"),
    ],
)
async def test_export_of_what_is_not_there(text: str, said: str) -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask(text)

    assert said in reply.text
    assert reply.files == {"sales.csv"}
