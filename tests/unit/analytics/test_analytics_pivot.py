"""Pivot tables against pandas' own, and what they say of gaps, totals and limits."""

from collections.abc import Generator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import graphs.analytics
from graphs.analytics.query.pivot import Pivot, pivot
from graphs.analytics.tables.aggregate import OpenTable, open_table
from graphs.analytics.tables.selection import Selection

SALES = Path(graphs.analytics.__file__).parent / "samples" / "sales.csv"


@pytest.fixture(scope="module")
def sales() -> Generator[OpenTable]:
    with open_table("sales.csv", SALES) as table:
        yield table


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.read_csv(SALES, parse_dates=["date"])


def as_frame(result: Pivot) -> pd.DataFrame:
    """Cells and totals as pandas sets them out with margins."""
    of_rows, of_columns, of_all = result.totals()
    table = pd.DataFrame(result.grid(), index=list(result.rows), columns=list(result.columns), dtype=float)
    table["All"] = of_rows
    table.loc["All"] = [*of_columns, of_all]
    return table


@pytest.mark.parametrize(
    ("statistic", "method"),
    [("sum", "sum"), ("mean", "mean"), ("median", "median"), ("min", "min"), ("max", "max"), ("sd", "std")],
)
def test_cells_and_totals_are_those_of_pandas(
    sales: OpenTable, frame: pd.DataFrame, statistic: str, method: str
) -> None:
    result = pivot(sales, statistic, "revenue_usd", "product", "region", Selection())
    expected = frame.pivot_table("revenue_usd", "product", "region", aggfunc=method, margins=True)

    pd.testing.assert_frame_equal(
        as_frame(result).loc[expected.index, expected.columns], expected, check_names=False, rtol=1e-12
    )
    assert result.missing == 0


def test_counts_with_periods_across_and_a_filter(sales: OpenTable, frame: pd.DataFrame) -> None:
    selection = Selection(bucket="quarter", where="region != North", year=2025)
    result = pivot(sales, "count", None, "region", None, selection)
    kept = frame[(frame.region != "North") & (frame.date.dt.year == 2025)]
    expected = pd.crosstab(kept.region, kept.date.dt.quarter, margins=True)

    assert result.across
    assert result.columns == tuple(date(2025, month, 1) for month in (1, 4, 7, 10))
    assert as_frame(result).loc[expected.index].to_numpy().tolist() == expected.to_numpy().tolist()
    assert result.cells.rows_used == len(kept)


def test_periods_run_down_when_a_column_runs_across(sales: OpenTable, frame: pd.DataFrame) -> None:
    result = pivot(sales, "sum", "units", None, "region", Selection(bucket="year"))
    expected = frame.pivot_table("units", frame.date.dt.year, "region", aggfunc="sum")

    assert not result.across
    assert result.rows == (date(2024, 1, 1), date(2025, 1, 1))
    assert result.columns == tuple(frame.groupby("region").units.sum().sort_values(ascending=False).index)
    assert as_frame(result).loc[result.rows[0]].loc["North"] == expected.loc[2024, "North"]


def test_combination_without_rows_is_none_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("team,size,score\nred,S,1\nred,L,\nblue,S,4\n")
    with open_table("t.csv", file) as table:
        sums = pivot(table, "sum", "score", "team", "size", Selection())
        counts = pivot(table, "count", None, "team", "size", Selection())

    grid = {
        (row, column): cell
        for row, cells in zip(sums.rows, sums.grid(), strict=True)
        for column, cell in zip(sums.columns, cells, strict=True)
    }
    # red L has a row without a score, blue L has no row
    assert grid == {("blue", "S"): 4, ("blue", "L"): None, ("red", "S"): 1, ("red", "L"): None}
    assert (sums.missing, sums.total, sums.cells.missing) == (1, 5, (1,))
    assert (counts.missing, counts.total) == (1, 3)


@pytest.mark.parametrize(
    ("sides", "selection", "said"),
    [
        (("region", None), Selection(), "two different keys.* Given: region"),
        ((None, None), Selection(bucket="month"), "Given: month"),
        (("region", "REGION"), Selection(), "Given: region"),
        (("region", "product"), Selection(bucket="month"), "Given: region and product and month"),
        (("date", None), Selection(bucket="month"), "two different keys"),
        (("region", "shop"), Selection(), "no column 'shop'"),
        (("region", "product"), Selection(where="region = Nrth"), "'region' holds 'East'"),
    ],
)
def test_two_different_keys_are_needed(
    sales: OpenTable, sides: tuple[str | None, str | None], selection: Selection, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        pivot(sales, "sum", "units", *sides, selection)
