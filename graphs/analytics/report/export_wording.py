"""Exported tables in words: what a file holds, of which rows, and what was kept as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from graphs.analytics.tables import wording

if TYPE_CHECKING:
    from graphs.analytics.report.export import Exported
    from graphs.analytics.report.exportable import Content


def about(content: Content, sha256: str) -> list[tuple[str, str]]:
    """What a workbook says of itself: what it holds, from where, which rows, and how it was computed."""
    return [
        ("Holds", content.what),
        ("Source", content.source.replace("**", "")),
        ("SHA-256 of the source", sha256),
        *(("SQL", each) for each in content.sql),
        *(("Note", note.removeprefix("- ").removeprefix("Note: ")) for note in content.notes),
    ]


def exported(name: str, content: Content, result: Exported, method: Sequence[str]) -> str:
    """A table that was exported to the file `name`, with its first rows."""
    shown, columns = len(result.head), len(content.columns)
    lines = [
        f"**{name}** has {result.rows:,} row{'' if result.rows == 1 else 's'} and {columns} "
        f"column{'' if columns == 1 else 's'}: {content.what}, from {content.source}. The file holds the "
        "exact values.",
        *_kept_as_text(name, result),
        *method,
        "",
        *([f"The first {shown} rows:", ""] if shown < result.rows else []),
        *wording.value_table(content.columns, result.head),
    ]
    return "\n".join(lines)


def _kept_as_text(name: str, result: Exported) -> list[str]:
    lines = []
    if result.as_text:
        lines.append(f"- Stored as text, for Excel can't hold them exactly: {_counts(result.as_text)}")
    if result.formulas and name.endswith(".csv"):
        lines.append(
            f"- Text that begins like a formula: {_counts(result.formulas)}. A spreadsheet may run it when "
            "it opens the CSV; an export as Excel keeps it text"
        )
    return lines


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} in {column}" for column, count in counts.items())
