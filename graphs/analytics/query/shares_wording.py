"""The share of some rows in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphs.analytics.tables import wording

if TYPE_CHECKING:
    from graphs.analytics.query.shares import Part


def part(file: str, result: Part) -> str:
    """What per cent of each total the rows with the condition are."""
    names = wording.value_names(result.whole)
    cells = [wording.text_cells([each.rows[0]])[0] for each in (result.part, result.whole)]
    shares = [
        f"**{percent:.1f} %** of the {name} ({own} of {total})"
        for percent, name, own, total in zip(result.percent, names, *cells, strict=True)
    ]
    lines = [
        f"{wording.capital(' and '.join(shares))} {'has' if len(shares) == 1 else 'have'} "
        f"{result.condition}, in {wording.rows_of(file, result.whole)}.",
        *wording.method(result.part),
        *wording.method(result.whole)[-len(result.whole.sql) :],
    ]
    return "\n".join(lines)
