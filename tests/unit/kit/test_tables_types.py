"""The types of columns that arrive as text, whatever the size of the file."""

from pathlib import Path

import pandas as pd
import pytest

from graphs.kit.tables.load import connect, describe_table, load_frame, read_table


def column(folder: Path, *values: str) -> tuple[str, list[object]]:
    path = folder / "a.csv"
    path.write_text("row,v\n" + "".join(f"x,{value}\n" for value in values))
    kind = next(column.type for column in describe_table("t", path).columns if column.name == "v")
    with connect() as connection:
        read_table(connection, "t", path)
        return kind, [value for (value,) in connection.execute("SELECT v FROM t").fetchall()]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-5", "0"], "BIGINT"),
        (['"1"', " 5", "5 "], "BIGINT"),
        (["9223372036854775807", "1"], "BIGINT"),
        (["99999999999999999999", "1"], "DECIMAL(38,0)"),
        (["1", "0", "1"], "BIGINT"),
        (["1.5", "2", "1e3"], "DOUBLE"),
        (["+5", "6"], "BIGINT"),
        (["007", "1"], "VARCHAR"),
        (["1_000", "2"], "VARCHAR"),
        (["yes", "No"], "BOOLEAN"),
        (["TRUE", "false"], "BOOLEAN"),
        (["t", "F"], "BOOLEAN"),
        (["on", "off"], "VARCHAR"),
        (["true", "1"], "VARCHAR"),
        (["10:30", "9:05:07.5"], "TIME"),
        (["25:00", "01:00"], "VARCHAR"),
        (["", ""], "VARCHAR"),
    ],
)
def test_a_column_has_the_type_that_all_its_values_have(tmp_path: Path, values: list[str], kind: str) -> None:
    assert column(tmp_path, *values)[0] == kind


def test_a_number_of_many_digits_keeps_them(tmp_path: Path) -> None:
    assert column(tmp_path, "1234567890123456789", "5")[1] == [1234567890123456789, 5]
    assert [int(str(value)) for value in column(tmp_path, "99999999999999999999", "5")[1]] == [
        99999999999999999999,
        5,
    ]


def test_gaps_of_any_kind_are_missing_among_whole_numbers(tmp_path: Path) -> None:
    marks = ["", "NA", "n/a", "#N/A", "NaN", "null", "None", "-", "."]

    assert column(tmp_path, "1", *marks, "2") == ("BIGINT", [1, *[None] * len(marks), 2])


def test_a_type_that_fails_far_down_is_not_taken(tmp_path: Path) -> None:
    assert column(tmp_path, *["1"] * 30_000, "1.5")[0] == "DOUBLE"
    assert column(tmp_path, *["true"] * 30_000, "maybe")[0] == "VARCHAR"


def test_rows_keep_their_order_when_their_types_change(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = 300_000
    path.write_text("n,x\n" + "".join(f"{n},{n / 4}\n" for n in range(rows)))

    frame = load_frame(path)

    pd.testing.assert_series_equal(frame["n"], pd.Series(range(rows), name="n"), check_dtype=False)
    assert frame["x"].iloc[-1] == (rows - 1) / 4
