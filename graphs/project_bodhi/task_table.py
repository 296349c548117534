"""The text of a task table: separator, rows, and which column is which."""

import csv
import io
import re
from dataclasses import dataclass

ESTIMATES = ("optimistic", "most_likely", "pessimistic")

UNIT_OF = {
    "d": "days",
    "day": "days",
    "days": "days",
    "w": "weeks",
    "wk": "weeks",
    "wks": "weeks",
    "week": "weeks",
    "weeks": "weeks",
}

_ALIASES = {
    "id": "id taskid activityid code key wbs no nr number",
    "name": "name taskname activityname title description activitydescription",
    "duration": "duration taskduration activityduration dur length time estimate estimatedduration",
    "predecessors": (
        "predecessors predecessor immediatepredecessors immediatepredecessor preds pred dependson depends "
        "dependencies dependency after"
    ),
    "optimistic": "optimistic optimisticestimate best bestcase min minimum",
    "most_likely": "mostlikely mostlikelyestimate likely mode normal",
    "pessimistic": "pessimistic pessimisticestimate worst worstcase max maximum",
    "start": "start startdate startnoearlierthan notbefore",
    "owner": "owner assignee assignedto responsible resource who",
}
_COLUMN_OF = {alias: column for column, aliases in _ALIASES.items() for alias in aliases.split()}

# The id where there is no other, else the name.
_ID_OR_NAME = ("task", "activity")

# One letter says enough only beside the other two: Hillier and Lieberman's o, m, p; PERT's a, m, b.
_LETTERS = ({"o", "m", "p"}, {"a", "m", "b"})
_ESTIMATE_OF = {"o": ESTIMATES[0], "a": ESTIMATES[0], "m": ESTIMATES[1], "p": ESTIMATES[2], "b": ESTIMATES[2]}


@dataclass(frozen=True)
class TaskTable:
    """Rows as (row number, {column: text}), the header being row 1 of a table without blank lines above.

    ``unit`` is that of the durations if the header names it. ``decimal_comma`` says that commas don't
    separate cells, so that 2,5 is a number.
    """

    rows: tuple[tuple[int, dict[str, str]], ...]
    unit: str | None
    decimal_comma: bool


def read_table(table: str | bytes) -> TaskTable:
    """Read comma-, semicolon- or tab-separated text, UTF-8 when given as bytes.

    Raises ValueError when it isn't text, is empty, lacks a column that a plan needs or has one twice, or a
    row has more cells than the header.
    """
    text = _decoded(table)
    if not text.strip():
        raise ValueError("The task table is empty. It needs the columns id, duration and predecessors.")
    separator = max(",;\t", key=text.lstrip().splitlines()[0].count)
    # newline=None: a lone carriage return, which old spreadsheets write, ends a line too
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=separator, skipinitialspace=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise ValueError(f"The task table can't be read near row {reader.line_num}: {error}.") from error
    header = [title.strip() for title in lines[0][1]]
    columns = _columns(header)
    _check_needed(columns, header)
    for row, cells in lines[1:]:
        if any(cell.strip() for cell in cells[len(header) :]):
            other = "a space" if separator == ";" else ";"
            raise ValueError(
                f"Row {row} has {len(cells)} cells, and the header {len(header)}. Where a cell lists several "
                f"predecessors, put it in quotes or separate them by {other}."
            )
    return TaskTable(
        rows=tuple(
            (row, {column: cells[place].strip() for column, place in columns.items() if place < len(cells)})
            for row, cells in lines[1:]
        ),
        unit=_unit(columns, header),
        decimal_comma=separator != ",",
    )


def _decoded(table: str | bytes) -> str:
    if isinstance(table, str):
        return table.removeprefix("\ufeff")
    try:
        return table.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            "The task table is not UTF-8 text. Save it as 'CSV UTF-8'; a spreadsheet file can't be read."
        ) from error


def _columns(header: list[str]) -> dict[str, int]:
    """Where each known column stands."""
    keys = [_key(title) for title in header]
    letters = next((letters for letters in _LETTERS if letters <= set(keys)), set())
    columns: dict[str, int] = {}
    for place, key in enumerate(keys):
        column = _ESTIMATE_OF[key] if key in letters else _COLUMN_OF.get(key)
        if column is None:
            continue
        if column in columns:
            raise ValueError(
                f"The columns '{header[columns[column]]}' and '{header[place]}' both mean "
                f"{column.replace('_', ' ')}. Keep one of them."
            )
        columns[column] = place
    for place, key in enumerate(keys):
        if key in _ID_OR_NAME:
            columns.setdefault("name" if "id" in columns else "id", place)
    return columns


def _key(title: str) -> str:
    """A title without its unit, brackets, case and spacing; "duration" where it is only a unit."""
    words = re.findall(r"[a-z]+", re.sub(r"[(\[].*?[)\]]", "", title.lower()))
    return "".join(word for word in words if word not in UNIT_OF and word != "in") or (
        "duration" if words else ""
    )


def _unit(columns: dict[str, int], header: list[str]) -> str | None:
    for column in ("duration", *ESTIMATES):
        if column in columns:
            for word in re.findall(r"[a-z]+", header[columns[column]].lower()):
                if word in UNIT_OF:
                    return UNIT_OF[word]
    return None


def _check_needed(columns: dict[str, int], header: list[str]) -> None:
    missing = []
    if "id" not in columns and "name" not in columns:
        missing.append("id")
    if "duration" not in columns and not columns.keys() >= set(ESTIMATES):
        missing.append("duration")
    if "predecessors" not in columns:
        missing.append("predecessors")
    if missing:
        raise ValueError(
            f"The task table has no column for {' and '.join(missing)}; its columns are: "
            f"{', '.join(header)}. Add or rename the column."
        )
