"""A table's profile in words."""

from __future__ import annotations

from graphs.analytics.quality.profile import CORRELATED_COLUMNS, ColumnProfile, TableProfile

_PAIRS_SHOWN = 5
_KEYS_SHOWN = 3
_LONGEST_CELL = 40


def render_profile(profile: TableProfile) -> str:
    """The profile as Markdown: a sentence on the table, a row for each column, and what stands out."""
    lines = [
        f"{profile.rows:,} rows, {len(profile.columns)} columns; {_duplicates(profile.duplicate_rows)}; "
        f"{_keys(profile.candidate_keys)}.",
        "",
        "| column | type | missing | distinct | range or most frequent values | mean ± sd "
        "| median (quartiles) | outliers |",
        "|---|---|---:|---:|---|---:|---:|---:|",
    ]
    lines += [_render_column(column, profile.rows) for column in profile.columns]
    remarks = [
        *_correlations(profile),
        *_constant(profile),
        *_infinite(profile),
        *_spellings(profile),
        *_dates(profile),
    ]
    return "\n".join([*lines, *(["", *remarks] if remarks else [])])


def _duplicates(count: int) -> str:
    return f"{count:,} duplicate rows" if count != 1 else "1 duplicate row"


def _keys(keys: tuple[tuple[str, ...], ...]) -> str:
    if not keys:
        return "no column or pair of columns identifies a row"
    more = f" ({len(keys) - _KEYS_SHOWN} more do)" if len(keys) > _KEYS_SHOWN else ""
    return "rows are identified by " + " or by ".join(" + ".join(key) for key in keys[:_KEYS_SHOWN]) + more


def _render_column(column: ColumnProfile, rows: int) -> str:
    missing = f"{column.missing:,}" + (f" ({column.missing / rows:.1%})" if column.missing else "")
    cells = [_cell(column.name), column.type, missing, f"{column.distinct:,}"]
    numbers = column.numbers
    if numbers is None:
        return f"| {' | '.join(cells)} | {_range_or_values(column)} | | | |"
    spread = _short(numbers.mean) + (f" ± {_short(numbers.sd)}" if numbers.sd is not None else "")
    cells += [
        f"{_short(numbers.minimum)} to {_short(numbers.maximum)}",
        spread,
        f"{_short(numbers.median)} ({_short(numbers.q25)} to {_short(numbers.q75)})",
        f"{numbers.outliers:,}",
    ]
    return f"| {' | '.join(cells)} |"


def _range_or_values(column: ColumnProfile) -> str:
    if column.earliest:
        return f"{column.earliest} to {column.latest}"
    shown = ", ".join(f"{_cell(value)} ({count:,})" for value, count in column.top_values)
    return shown + (", …" if column.distinct > len(column.top_values) else "")


def _correlations(profile: TableProfile) -> list[str]:
    pairs = profile.correlations
    if not pairs:
        return []
    shown = ", ".join(
        f"{pair.first} and {pair.second} {round(pair.r, 3) + 0.0:.3f}" for pair in pairs[:_PAIRS_SHOWN]
    )
    which = f", the strongest {_PAIRS_SHOWN} of {len(pairs):,} pairs" if len(pairs) > _PAIRS_SHOWN else ""
    line = f"- Correlations (Pearson{which}): {shown}"
    if profile.not_correlated:
        line += f". They are of the first {CORRELATED_COLUMNS} columns of numbers; left out: " + ", ".join(
            profile.not_correlated
        )
    return [line]


def _constant(profile: TableProfile) -> list[str]:
    names = [
        f"{column.name} (only {_only_value(column)}{', where not missing' if column.missing else ''})"
        for column in profile.constant
    ]
    empty = [column.name for column in profile.columns if column.missing == profile.rows]
    return [
        *([f"- Constant: {', '.join(names)}"] if names else []),
        *([f"- Without any value: {', '.join(empty)}"] if empty else []),
    ]


def _only_value(column: ColumnProfile) -> str:
    if column.numbers:
        return _short(column.numbers.minimum)
    return column.earliest or (_cell(column.top_values[0][0]) if column.top_values else "infinite")


def _infinite(profile: TableProfile) -> list[str]:
    held = [f"{column.name} ({column.infinite:,})" for column in profile.columns if column.infinite]
    return [f"- Infinite values, left out of range, mean and quartiles: {', '.join(held)}"] if held else []


def _spellings(profile: TableProfile) -> list[str]:
    lines = []
    for found in (column.spellings for column in profile.columns if column.spellings):
        groups = "; ".join(
            " / ".join(f"'{value}' ({count:,})" for value, count in spellings) for spellings in found.first
        )
        more = f", and {found.groups - len(found.first):,} more" if found.groups > len(found.first) else ""
        lines.append(
            f"- In several spellings, which count as different values, {found.column} has {groups}{more}"
        )
    return lines


def _dates(profile: TableProfile) -> list[str]:
    lines = []
    for found in (column.mixed_dates for column in profile.columns if column.mixed_dates):
        others = f"; no dates are, for example, {', '.join(map(repr, found.others))}" if found.others else ""
        lines.append(
            f"- {found.column} stayed text: {found.dates:,} of {found.filled:,} values are dates, but not "
            f"all in one form{others}. Say “Convert {found.column} to a date” to have them read one by one"
        )
    return lines


def _cell(text: str) -> str:
    flat = " ".join(text.split()).replace("|", "\\|")
    return flat if len(flat) <= _LONGEST_CELL else flat[: _LONGEST_CELL - 1] + "…"


def _short(number: float) -> str:
    """Four significant digits, but every digit of a whole number and of a whole part."""
    if float(number).is_integer() or abs(number) >= 1e4:
        return f"{number:,.0f}" if abs(number) >= 1e4 else f"{number:.0f}"
    return f"{number:.4g}"
