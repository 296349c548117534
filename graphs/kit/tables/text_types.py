"""The types of columns that arrive as text: whole numbers, true and false, times of day, dates, numbers.

They are decided before anything is converted, so that a large table is written once.
"""

from __future__ import annotations

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from graphs.kit.tables.duck import filled_text, hold_throughout, quote, text_columns
from graphs.kit.tables.text_dates import date_conversions
from graphs.kit.tables.text_numbers import number_conversions

_WHOLE = r"-?(0|[1-9]\d{0,17})"  # a leading zero marks a code, as in text_numbers
_TRUTH = "(?i)(true|false|t|f|yes|no)"
_TIME = r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?"


def typed_select(
    connection: DuckDBPyConnection,
    table: str,
    *,
    day_first: bool | None = None,
    semicolons: bool = False,
    bare: bool = True,
    numbers: bool = True,
) -> tuple[str, tuple[str, ...]]:
    """A SELECT of all columns of `table`, those of text with the types that their values have, and notes.

    `day_first` and `semicolons` are as `date_conversions` and `number_conversions` take them. `bare` says
    that the file has no types at all, so that yes and no are true and false; without `numbers` digits in
    text stay text.
    """
    conversions = _bare_conversions(connection, table, text_columns(connection, table)) if bare else {}
    left = [name for name in text_columns(connection, table) if name not in conversions]
    dates, date_notes = date_conversions(connection, table, left, day_first=day_first)
    left = [name for name in left if numbers and name not in dates]
    amounts, number_notes = number_conversions(connection, table, left, semicolons=semicolons)
    conversions |= dates | amounts
    columns = [row[0] for row in connection.execute(f"DESCRIBE {quote(table)}").fetchall()]
    selected = [f"{conversions.get(name, quote(name))} AS {quote(name)}" for name in columns]
    return f"SELECT {', '.join(selected)} FROM {quote(table)}", date_notes + number_notes


def _bare_conversions(connection: DuckDBPyConnection, table: str, columns: Sequence[str]) -> dict[str, str]:
    candidates = []
    for name in columns:
        value, filled = quote(name), filled_text(name)
        candidates += [
            (name, f"CAST({filled} AS BIGINT)", f"regexp_full_match({filled}, '{_WHOLE}')"),
            (name, f"CAST({value} AS BOOLEAN)", f"regexp_full_match({value}, '{_TRUTH}')"),
            (
                name,
                f"CAST({value} AS TIME)",
                f"CASE WHEN {value} IS NOT NULL THEN regexp_full_match({value}, '{_TIME}') "
                f"AND TRY_CAST({value} AS TIME) IS NOT NULL END",
            ),
        ]
    fits = hold_throughout(connection, table, [condition for _, _, condition in candidates])
    return {name: value for (name, value, _), fit in zip(candidates, fits, strict=True) if fit}
