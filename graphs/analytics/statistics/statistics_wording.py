"""Descriptions and correlations in words, and what the words of all statistical results share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from graphs.analytics.tables.wording import hidden, notes, rows_of, significant, value_table

if TYPE_CHECKING:
    from graphs.analytics.statistics.correlation import Correlation
    from graphs.analytics.statistics.describe import Description
    from graphs.analytics.statistics.effects import Effect
    from graphs.analytics.statistics.groups import Check
    from graphs.analytics.tables.subset import Subset

_ALPHA = 0.05
_METHODS = {"pearson": "Pearson's r", "spearman": "Spearman's rho", "kendall": "Kendall's tau-b"}


def p_value(p: float) -> str:
    """The p value with four significant digits, however small; what floating point can't tell from 0 is below
    1e-300."""
    return f"{p:.4g}" if p else "< 1e-300"


def interval(low: float | None, high: float | None, digits: int = 6) -> str:
    """A 95 % interval; a dash for none."""
    if low is None or high is None:
        return "–"
    return f"{significant(low, digits)} to {significant(high, digits)}"


def number(value: float | None, digits: int = 6) -> str:
    """The value with so many significant digits; a dash for none."""
    return "–" if value is None else significant(value, digits)


def effect(found: Effect) -> str:
    """An effect size with its interval and what it is relative to."""
    reach = "" if found.ci_low is None else f" (95 % interval {interval(found.ci_low, found.ci_high)})"
    return f"- Effect size: {found.name} = **{significant(found.value, 4)}**{reach}, {found.basis}"


def check(found: Check) -> str:
    """The result of a check of an assumption."""
    of = f" of {found.of}" if found.of else ""
    if found.p is None or found.statistic is None:
        return f"{found.test}{of}: none ({found.note})"
    return f"{found.test}{of}: {significant(found.statistic, 4)}, p-value {p_value(found.p)}"


def left_out(count: int, why: str) -> list[str]:
    """How many rows were left out; nothing when none was."""
    return [f"- Left out: {count:,} row{'' if count == 1 else 's'} {why}"] if count else []


def differs(p: float, what: str, *, many: bool = False) -> str:
    """Whether a test shows a difference, at the 5 % level; `what` differs, or differ when `many`."""
    shown, open_ = ("differ", "are not shown to differ") if many else ("differs", "is not shown to differ")
    return f"{what} {shown if p < _ALPHA else open_} at the 5 % level (p-value **{p_value(p)}**)"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows of text as a Markdown table: the first column to the left, figures to the right."""
    return value_table(heads, rows, right=[False] + [True] * (len(heads) - 1))


def described(
    file: str, data: Subset, found: Sequence[Description], by: Sequence[str], whole: str | None
) -> str:
    """Columns of numbers, in all rows or by groups; `whole` is the file that has all groups when not all are
    shown."""
    names = list(dict.fromkeys(each.column for each in found))
    rows = (
        (
            *((each.column,) if len(names) > 1 or not by else ()),
            *each.group,
            f"{each.n:,}",
            f"{each.missing:,}",
            number(each.mean),
            interval(each.ci_low, each.ci_high),
            *(
                number(value)
                for value in (each.sd, each.minimum, each.q25, each.median, each.q75, each.maximum)
            ),
            *(number(value, 4) for value in (each.skewness, each.kurtosis)),
        )
        for each in found
    )
    keys = [*(["column"] if len(names) > 1 or not by else []), *by]
    figures = [
        "n",
        "missing",
        "mean",
        "95 % interval of the mean",
        "sd",
        "min",
        "25 %",
        "median",
        "75 %",
        "max",
    ]
    heads = [*keys, *figures, "skewness", "kurtosis"]
    groups = f" by {' and '.join(by)}" if by else ""
    ungrouped = data.rows_used - sum(each.n + each.missing for each in found if each.column == names[0])
    lines = [
        f"{', '.join(f'**{name}**' for name in names)}{groups}, in {rows_of(file, data)}:",
        "",
        *value_table(heads, rows, right=[False] * len(keys) + [True] * (len(heads) - len(keys))),
        *hidden(len(found), "rows", whole),
        "",
        *left_out(ungrouped, f"without a value in {' or '.join(by)}"),
        "- sd is the sample standard deviation; the interval is Student's, for values drawn at random; "
        "skewness and kurtosis are G1 and G2 (a normal distribution has 0 and 0)",
        *notes(data.table),
    ]
    return "\n".join(lines)


def correlated(file: str, data: Subset, found: Correlation, whole: str | None) -> str:
    """Coefficients of correlation; `whole` is the file that has all pairs when not all are shown."""
    name, several = _METHODS[found.method], len(found.pairs) > 1
    ordered = sorted(found.pairs, key=lambda pair: -abs(pair.coefficient))
    if several:
        heads = ["columns", name, "95 % interval", "n", "p-value", "p-value (Holm)"]
        rows = [
            (
                f"{pair.first} and {pair.second}",
                f"**{significant(pair.coefficient, 4)}**",
                interval(pair.ci_low, pair.ci_high, 4),
                f"{pair.n:,}",
                p_value(pair.p),
                p_value(pair.p_holm),
            )
            for pair in ordered
        ]
        opening = [
            f"{name} of {len(found.columns)} columns, {len(found.pairs)} pairs, in {rows_of(file, data)}:",
            "",
            *table(heads, rows),
            *hidden(len(rows), "pairs", whole),
            "",
            "- The last column is corrected for the number of pairs (Holm)",
        ]
    else:
        (pair,) = found.pairs
        opening = [
            f"{name} of **{pair.first}** and **{pair.second}**, in {rows_of(file, data)}: "
            f"**{significant(pair.coefficient, 4)}** (95 % interval "
            f"{interval(pair.ci_low, pair.ci_high, 4)}), p-value **{p_value(pair.p)}**, n = {pair.n:,}.",
            *left_out(found.rows - pair.n, "without one of the two values"),
        ]
    gaps = several and any(pair.n < found.rows for pair in found.pairs)
    return "\n".join(
        [
            *opening,
            *(["- Each pair uses the rows that have both values"] if gaps else []),
            "- Intervals by Fisher's z. Correlation says nothing of cause",
            *notes(data.table),
        ]
    )
