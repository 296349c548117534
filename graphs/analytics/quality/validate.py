"""Rules on a table, checked: which rows break them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import duckdb

from graphs.analytics.quality.rules import EVERY_COLUMN, Rule
from graphs.analytics.tables.aggregate import OpenTable, Row
from graphs.analytics.tables.scan import source
from graphs.analytics.tables.statements import conditions_sql
from graphs.kit.tables.duck import literal, one_row, quote
from graphs.kit.tables.load import Column, Source, TableInfo, read_table

ROWS_KEPT = 100_000
_FIRST_ROWS = 5
_FAILING = "rows that break a rule"
_numbers = count()


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How a rule fared: `failed` rows break it; `missing` rows have no value there, and were not judged
    unless the rule is that there must be one. `first` are the first rows that break it: each its number,
    counted from 1 without the header, and its values in the rule's columns."""

    rule: Rule
    failed: int
    missing: int
    first: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        return not self.failed


@dataclass(frozen=True, slots=True)
class Validation:
    """What became of all rules. `failing_rows` rows of the table break at least one; `failing` holds the
    first `ROWS_KEPT` of them under the names in `columns`: row number, all values, and the rules broken."""

    rows: int
    results: tuple[RuleResult, ...]
    failing_rows: int
    columns: tuple[str, ...]
    failing: tuple[Row, ...]


def validate_table(
    table: OpenTable, rules: Sequence[Rule], others: Mapping[str, Source] | None = None
) -> Validation:
    """Check every rule on every row. `others` are the files that references name.

    Raises ValueError for a rule that can't be checked, saying why: a column that doesn't exist, a range of
    text, a pattern that is no regular expression, a file that isn't there.
    """
    settled = [each for rule in rules for each in _settled(table.info, rule)]
    named = dict.fromkeys(rule.file for rule in settled if rule.file in (others or {}))
    references = {
        file: read_table(table.connection, f"reference {next(_numbers)}", (others or {})[file])
        for file in named
    }
    checks = [_Check(table, rule, references) for rule in settled]
    broken = [
        f"coalesce({check.broken()}, false) AS {_flag(table.info, number)}"
        for number, check in enumerate(checks)
    ]
    numbered = f"SELECT row_number() OVER () AS {_number(table.info)}, * FROM {source(table)}"
    flags = [_flag(table.info, number) for number in range(len(checks))]
    table.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {quote(_FAILING)} AS SELECT * FROM (SELECT *, {', '.join(broken)} "
        f"FROM ({numbered})) WHERE {' OR '.join(flags)}"
    )
    counts = one_row(
        table.connection,
        f"SELECT count(*), {', '.join(f'count(*) FILTER ({flag})' for flag in flags)} FROM {quote(_FAILING)}",
    )
    missing = one_row(
        table.connection,
        f"SELECT {', '.join(f'count(*) FILTER ({check.absent})' for check in checks)} FROM {source(table)}",
    )
    results = tuple(
        RuleResult(check.rule, counts[number + 1], missing[number], _first(table, check, flags[number]))
        for number, check in enumerate(checks)
    )
    columns, failing = _failing_rows(table, [check.rule for check in checks])
    return Validation(table.info.rows, results, counts[0], columns, failing)


def _number(info: TableInfo) -> str:
    return _own_column(info, "number of the row")


def _flag(info: TableInfo, number: int) -> str:
    return _own_column(info, f"breaks rule {number}")


def _own_column(info: TableInfo, name: str) -> str:
    """A column beside those of the table, which may have one of the same name."""
    taken = {column.name.casefold() for column in info.columns}
    while name in taken:
        name += "_"
    return quote(name)


def _settled(info: TableInfo, rule: Rule) -> list[Rule]:
    """The rule with columns spelt as in the table; one on every column becomes one for each."""
    if rule.columns == (EVERY_COLUMN,):
        return [_on_column(rule, column.name) for column in info.columns]
    names = tuple(_column(info, name, rule).name for name in rule.columns)
    return [_on_column(rule, names[0]) if len(names) == 1 else replace(rule, columns=names)]


def _on_column(rule: Rule, name: str) -> Rule:
    return replace(rule, columns=(name,), filters=tuple(replace(each, column=name) for each in rule.filters))


def _column(info: TableInfo, name: str, rule: Rule) -> Column:
    exact = [column for column in info.columns if column.name == name]
    alike = exact or [column for column in info.columns if column.name.casefold() == name.casefold()]
    if len(alike) != 1:
        names = ", ".join(f"'{column.name}'" for column in info.columns)
        raise ValueError(
            f"The rule '{rule}' can't be checked: there is no column '{name}'. The columns are: {names}."
        )
    return alike[0]


class _Check:
    """One rule as SQL over the table. Raises ValueError when it can't be checked."""

    def __init__(self, table: OpenTable, rule: Rule, references: Mapping[str, TableInfo]) -> None:
        self.rule = rule
        self._table = table
        self._references = references
        self._columns = [_column(table.info, name, rule) for name in rule.columns]

    @property
    def absent(self) -> str:
        """SQL that is true of a row that has no value (for several columns: in one of them)."""
        return " OR ".join(f"{quote(column.name)} IS NULL" for column in self._columns)

    def broken(self) -> str:
        """SQL that is true of a row that breaks the rule."""
        if self.rule.kind == "not null":
            return self.absent
        makers = {
            "unique": self._repeated,
            "range": self._outside,
            "one of": self._unlisted,
            "pattern": self._unlike,
            "reference": self._unknown,
        }
        return f"NOT ({self.absent}) AND {makers[self.rule.kind]()}"

    def _repeated(self) -> str:
        value = ", ".join(quote(column.name) for column in self._columns)
        value = value if len(self._columns) == 1 else f"row({value})"
        return (
            f"{value} IN (SELECT {value} FROM {source(self._table)} WHERE NOT ({self.absent}) "
            f"GROUP BY {value} HAVING count(*) > 1)"
        )

    def _outside(self) -> str:
        (column,) = self._columns
        if not (column.is_number or column.is_time):
            raise self._refusal(
                f"'{column.name}' holds {column.type}, and a range is one of numbers or dates"
            )
        if len(self.rule.filters) == 2 and _is_above(*(str(each.value) for each in self.rule.filters)):
            raise self._refusal("its lower end is above its upper end")
        return f"NOT ({self._condition()})"

    def _unlisted(self) -> str:
        return f"NOT ({self._condition()})"

    def _condition(self) -> str:
        try:
            return conditions_sql(self._table.info, self.rule.filters)
        except ValueError as error:
            raise self._refusal(str(error).rstrip(".")) from error

    def _unlike(self) -> str:
        (column,) = self._columns
        if column.type != "VARCHAR" and "INT" not in column.type:
            raise self._refusal(
                f"'{column.name}' was read as {column.type}, and a pattern is one of text or whole numbers"
            )
        pattern = literal(self.rule.pattern)
        try:
            one_row(self._table.connection, f"SELECT regexp_full_match('', {pattern})")
        except duckdb.InvalidInputException as error:
            raise self._refusal(f"'{self.rule.pattern}' is no regular expression ({error})") from error
        return f"NOT regexp_full_match(CAST({quote(column.name)} AS VARCHAR), {pattern})"

    def _unknown(self) -> str:
        (column,) = self._columns
        info = self._references.get(self.rule.file)
        if info is None:
            raise self._refusal(f"there is no table file '{self.rule.file}'")
        other = _column(info, self.rule.other, self.rule)
        if _family(column) != _family(other):
            raise self._refusal(
                f"'{column.name}' holds {column.type} and '{other.name}' of {self.rule.file} {other.type}, "
                "which can't be compared"
            )
        known, name = quote(other.name), quote(column.name)
        return f"{name} NOT IN (SELECT {known} FROM {quote(info.name)} WHERE {known} IS NOT NULL)"

    def _refusal(self, reason: str) -> ValueError:
        return ValueError(f"The rule '{self.rule}' can't be checked: {reason}.")


def _is_above(low: str, high: str) -> bool:
    try:
        return float(low) > float(high)
    except ValueError:
        # dates in ISO 8601 stand in their order as text; what is no date is refused later
        return low > high and low[:1].isdigit() and high[:1].isdigit()


def _family(column: Column) -> str:
    if column.is_number:
        return "number"
    return "time" if column.is_time else column.type


def _first(table: OpenTable, check: _Check, flag: str) -> tuple[Row, ...]:
    names = ", ".join(map(quote, check.rule.columns))
    return tuple(
        table.query(
            f"SELECT {_number(table.info)}, {names} FROM {quote(_FAILING)} WHERE {flag} "
            f"ORDER BY 1 LIMIT {_FIRST_ROWS}"
        )
    )


def _failing_rows(table: OpenTable, rules: Sequence[Rule]) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    names = [column.name for column in table.info.columns]
    found = table.query(f"SELECT * FROM {quote(_FAILING)} ORDER BY 1 LIMIT {ROWS_KEPT}")
    width = len(names) + 1
    return ("row", *names, "broken rules"), tuple((*row[:width], _told(rules, row[width:])) for row in found)


def _told(rules: Sequence[Rule], flags: Sequence[Any]) -> str:
    return "; ".join(str(rule) for rule, flag in zip(rules, flags, strict=True) if flag)
