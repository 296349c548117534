"""A pivot table in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphs.analytics.tables import wording

if TYPE_CHECKING:
    from graphs.analytics.query.pivot import Pivot

ROWS_SHOWN = wording.ROWS_SHOWN - 1
"""The last row of the table holds the totals."""

COLUMNS_SHOWN = 12


def sides(result: Pivot) -> tuple[str, str]:
    """What runs down and what runs across, as a reader would call them."""
    first, second = wording.key_names(result.cells)
    return (second, first) if result.across else (first, second)


def total_name(result: Pivot) -> str:
    """What the last row and column are called: totals add up, other statistics are of all rows."""
    return "total" if result.cells.statistic in ("sum", "count") else "all"


def labels(result: Pivot) -> tuple[list[Any], list[Any]]:
    """The values of the two keys, as a reader would call them."""
    period = result.cells.selection.bucket
    down, across = (None, period) if result.across else (period, None)
    return (
        [row[0] for row in wording.readable_rows([(key,) for key in result.rows], 1, down)],
        [row[0] for row in wording.readable_rows([(key,) for key in result.columns], 1, across)],
    )


def is_whole(result: Pivot) -> bool:
    """Whether all of it is shown."""
    return len(result.rows) <= ROWS_SHOWN and len(result.columns) <= COLUMNS_SHOWN


def table(result: Pivot) -> tuple[list[str], list[list[Any]]]:
    """The heads and all rows, with the totals last."""
    down, across = labels(result)
    of_rows, of_columns, of_all = result.totals()
    name = total_name(result)
    heads = [sides(result)[0], *map(wording.cell, across), name]
    rows = [[key, *cells, total] for key, cells, total in zip(down, result.grid(), of_rows, strict=True)]
    return heads, [*rows, [name, *of_columns, of_all]]


def pivoted(file: str, result: Pivot, whole: str | None) -> str:
    """The table, and what its last row and column, its gaps and its limits mean; `whole` is the file that has
    all of it when not all is shown."""
    down, across = sides(result)
    (value,) = wording.value_names(result.cells)
    heads, rows = table(result)
    kept = [*range(min(len(result.columns), COLUMNS_SHOWN) + 1), len(heads) - 1]
    shown = [*rows[:-1][:ROWS_SHOWN], rows[-1]]
    lines = [
        f"{value[0].upper()}{value[1:]} by {down} (down) and {across} (across), in "
        f"{wording.rows_of(file, result.cells)}:",
        "",
        *wording.value_table([heads[i] for i in kept], [[row[i] for i in kept] for row in shown]),
        "",
        *_limits(result, whole),
        *_meaning(result),
        *wording.method(result.cells),
    ]
    return "\n".join(lines)


def _limits(result: Pivot, whole: str | None) -> list[str]:
    parts = [
        f"{limit} of {there:,} {what}"
        for there, limit, what in (
            (len(result.rows), ROWS_SHOWN, "rows"),
            (len(result.columns), COLUMNS_SHOWN, "columns"),
        )
        if there > limit
    ]
    if not parts:
        return []
    return [f"- {' and '.join(parts)} are shown, and the totals of all. **{whole}** has all of them."]


def _meaning(result: Pivot) -> list[str]:
    lines = []
    if total_name(result) == "all":
        lines.append(f"- 'all' is the {result.cells.statistic} of all rows there, not of the cells.")
    if result.missing:
        combinations = len(result.rows) * len(result.columns)
        lines.append(f"- – marks {result.missing:,} of {combinations:,} combinations that have no rows.")
    return lines
