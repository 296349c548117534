"""Rules that were checked, and joins that were found, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphs.analytics.quality.joins import JoinSuggestion, Side, Unjoinable
from graphs.analytics.quality.validate import RuleResult, Validation
from graphs.analytics.tables import wording
from graphs.kit.tables.load import TableInfo

_JOINS_SHOWN = 10


def validated(file: str, table: TableInfo, result: Validation, kept: str | None, most_kept: int) -> str:
    """What became of each rule, and the first rows that break it; `kept` is the file that has them whole."""
    broken = [each for each in result.results if not each.passed]
    number = len(result.results)
    if broken:
        which = "The rule" if number == 1 else f"{len(broken)} of {number} rules"
        verdict = (
            f"**{which} {'is' if len(broken) == 1 else 'are'} broken**, by "
            f"{result.failing_rows:,} of {result.rows:,} rows"
        )
    else:
        verdict = f"**All {number} rules hold**" if number > 1 else "**The rule holds**"
        verdict += f" in all {result.rows:,} rows"
    lines = [
        f"{verdict} of {wording.origin(file, table)}.",
        "",
        *wording.value_table(
            ("rule", "result", "rows that break it", "rows without a value"),
            [
                (str(each.rule), "passed" if each.passed else "broken", each.failed, each.missing)
                for each in result.results
            ],
            right=[False, False, True, True],
        ),
        *wording.hidden(number, "rules"),
        "",
        *(_first_rows(each) for each in broken),
        *_kept(result, kept, most_kept),
        "- A row without a value breaks only 'is not null'; all rows that share a value break 'is unique'.",
        *wording.notes(table),
    ]
    return "\n".join(lines)


def joins(
    sources: Mapping[str, str],
    tables: Sequence[TableInfo],
    found: Sequence[JoinSuggestion],
    apart: Sequence[Unjoinable],
) -> str:
    """The joins that are possible, the best first, each with its SQL; `sources` says what file a table is."""
    read = ", ".join(f"`{table.name}` ({sources[table.name]}, {table.rows:,} rows)" for table in tables)
    lines = [f"{_joins_found(found)}, among {read}:" if found else f"No columns to join by, among {read}."]
    for place, each in enumerate(found[:_JOINS_SHOWN], 1):
        lines += [
            "",
            f"{place}. **{each.left} = {each.right}** ({each.relation}): {_partners(each.left)}, "
            f"{_partners(each.right)}; an inner join gives {each.rows:,} rows",
            f"   `{each.sql}`",
        ]
    if len(found) > _JOINS_SHOWN:
        lines += ["", f"{len(found) - _JOINS_SHOWN} weaker ones are not shown."]
    lines.append("")
    lines += [f"- {each.left} and {each.right} can't be joined: {each.reason}" for each in apart]
    lines.append(
        "- Counted on all rows with a value; 1 is the side on which no value repeats. Looked at are whole "
        "numbers and dates with names alike, and text; joins on several columns at once are not looked for."
    )
    lines += [f"- Note on {sources[table.name]}: {note}" for table in tables for note in table.notes]
    return "\n".join(lines)


def _first_rows(result: RuleResult) -> str:
    columns = result.rule.columns
    shown = []
    for number, *values in result.first:
        held = [wording.cell(value) for value in values]
        named = (
            held[0]
            if len(columns) == 1
            else ", ".join(f"{c} {v}" for c, v in zip(columns, held, strict=True))
        )
        shown.append(f"row {number:,} ({named})")
    more = ", …" if result.failed > len(result.first) else ""
    return f"- {result.rule}: broken in {', '.join(shown)}{more}"


def _kept(result: Validation, kept: str | None, most_kept: int) -> list[str]:
    if kept is None:
        return []
    which = "all" if result.failing_rows <= most_kept else f"the first {most_kept:,} of these"
    return [
        f"- **{kept}** has {which} rows, with the rules that each breaks",
        "- Rows are numbered from 1; the header is not counted",
    ]


def _joins_found(found: Sequence[JoinSuggestion]) -> str:
    return f"{len(found):,} {'join is' if len(found) == 1 else 'joins are'} possible"


def _partners(side: Side) -> str:
    unique = "each value once" if side.unique else "values repeat"
    found = f"{side.matched:,} of {side.filled:,} rows of {side.table} find a partner"
    return f"{found} ({side.share:.1%}; {unique})"
