"""Joined tables, and rows without a partner, in words."""

from __future__ import annotations

from collections.abc import Sequence

from graphs.analytics.tables import wording
from graphs.analytics.tables.join import Join, JoinSide, Kind, Unmatched

_REST = {"inner": "left out", "left": "kept, with nothing from the other table"}


def joined(name: str, files: Sequence[str], join: Join, kind: Kind, *, named: bool) -> str:
    """What a join gave: its rows, and on both sides the rows with and without a partner."""
    left, right = (f"**{file}**" for file in files)
    columns = len(join.left.table.columns) + len(join.taken_over)
    renamed = [f"{old} is {new}" for old, new in join.taken_over.items() if old != new]
    lines = [
        f"{left} and {right}, joined on {keys(join)} ({kind} join), are in **{name}** now: "
        f"**{join.rows(kind):,} rows** and {columns} columns.",
        f"- Of {left} {_matched(join.left)}; the other {wording.many(join.left.unmatched, 'row')} "
        f"{'is' if join.left.unmatched == 1 else 'are'} {_REST[kind]}{_without_key(join.left)}",
        f"- Of {right} {_matched(join.right)}; the other {wording.many(join.right.unmatched, 'row')} "
        f"{'is' if join.right.unmatched == 1 else 'are'} left out{_without_key(join.right)}",
        *_repeats(join, files),
        *([] if named else ["- No column was named to join on: it is the one pair that fits."]),
        *([f"- Of the second table, {', '.join(renamed)}"] if renamed else []),
        *_notes(join, files),
        f"- SQL: `{' '.join(join.sql(kind).split())}`",
    ]
    return "\n".join(lines)


def unmatched(files: Sequence[str], found: Unmatched, whole: str | None, *, named: bool) -> str:
    """The rows of the first file that find no partner in the second."""
    join = found.join
    side = join.left
    left, right = (f"**{file}**" for file in files)
    number = wording.many(side.unmatched, "row")
    lines = [
        f"**{number}** of {left} {'has' if side.unmatched == 1 else 'have'} no partner in {right} "
        f"({keys(join)}); {side.matched:,} of {side.table.rows:,} rows find one.",
        *(["", *wording.value_table(found.columns, found.rows)] if found.rows else []),
        *wording.hidden(side.unmatched, "rows", whole, kept=len(found.rows)),
        "",
        *([f"- Without a value in {keys(join)}: {side.without_key:,} of these"] if side.without_key else []),
        *(
            [f"- The same {keys(join)} stands in several rows of {left}: these are rows, not different ones"]
            if side.repeats
            else []
        ),
        *([] if named else ["- No column was named to compare: it is the one pair that fits."]),
        *_notes(join, files),
    ]
    return "\n".join(lines)


def keys(join: Join) -> str:
    """The columns that were compared."""
    return " and ".join(map(str, join.keys))


def _matched(side: JoinSide) -> str:
    return f"{side.matched:,} of {side.table.rows:,} rows find a partner"


def _without_key(side: JoinSide) -> str:
    return f" ({side.without_key:,} without a key)" if side.without_key else ""


def _repeats(join: Join, files: Sequence[str]) -> list[str]:
    many = [f"**{file}**" for side, file in zip((join.left, join.right), files, strict=True) if side.repeats]
    if len(many) == 2:
        return [
            f"- Both tables repeat the same {keys(join)}: rows are multiplied, and totals of either table's "
            "columns count some rows more than once"
        ]
    if not many:
        return []
    other = files[0] if join.right.repeats else files[1]
    return [
        f"- {many[0]} repeats the same {keys(join)}: a row of **{other}** stands there once for each, so "
        "totals of its columns count it more than once"
    ]


def _notes(join: Join, files: Sequence[str]) -> list[str]:
    sides = zip((join.left, join.right), files, strict=True)
    return [f"- Note on **{file}**: {note}" for side, file in sides for note in side.table.notes]
