"""What an SQL statement would do, read with sqlglot before it runs.

The sandbox of `sql.run_query` is the wall: it holds whatever a statement says. This check stands before it
and gives an early refusal that names what is wrong: more than one statement, one that does other than read,
a function that reaches files, the network or settings, a table or column that doesn't exist.

A statement that DuckDB would take and sqlglot can't read is refused too. What can't be read can't be checked,
and the rule that a query sees the session's own tables alone is worth more than syntax that sqlglot does not
know yet; whoever wrote it can write it otherwise. Functions that yield tables are on a list of those allowed,
for DuckDB has some that take an address in memory (pandas_scan). Columns are refused only where they can't
exist: in a PIVOT, an UNNEST or a table function DuckDB alone knows the names, and says so before it runs.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches

import duckdb
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError

# What sqlglot has to say of a statement that it reads in part only is in the refusal.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

LONGEST_SQL = 50_000
"""Characters; a longer text is no query that a person or a model wrote."""

_READING = (exp.Query, exp.Values, exp.Describe, exp.Summarize, exp.Pivot, exp.Show)
_CHANGING = (exp.DDL, exp.DML, exp.Command, exp.Copy, exp.Drop, exp.Alter, exp.Into, exp.Set, exp.Pragma)
_TABLE_FUNCTIONS = frozenset({"generate_series", "json_each", "json_tree", "range", "repeat", "unnest"})
_YIELDING = (exp.GenerateSeries, exp.Unnest, exp.Explode)
_REACHING = re.compile(
    r"(read_|scan_|duckdb_|pragma_|pg_|enable_|disable_|parquet_|sniff_).*|.*_scan|getenv|getvariable"
    r"|current_setting|current_query|write_log|sleep_ms|nextval|currval|query|query_table|glob|which_secret"
    r"|json_execute_serialized_sql"
)
_EXPLAIN_OPTIONS = re.compile(r"\s*(ANALYZE\b|\([^()]*\))", re.IGNORECASE)
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HIDDEN = frozenset({"rowid"})
_OPAQUE = (exp.Pivot, exp.Unnest, exp.Lateral, exp.Values, exp.Describe, exp.Summarize, exp.Show, exp.Columns)


def read_statement(sql: str) -> exp.Expr:
    """Return the one statement of `sql`; an EXPLAIN is the statement that it explains.

    Raises ValueError when the text is not exactly one statement that reads, calls a function that reaches
    further than the tables, or can't be read.
    """
    if len(sql) > LONGEST_SQL:
        raise ValueError(f"The query has {len(sql):,} characters; it may have {LONGEST_SQL:,}.")
    try:
        statements = _parsed(sql)
    except SqlglotError as error:
        raise ValueError(_unreadable(sql, error)) from error
    except RecursionError as error:
        raise ValueError("The query is nested too deeply to be checked. Write it in steps: WITH …") from error
    if len(statements) != 1:
        raise ValueError(f"Give exactly one SQL statement; this text holds {len(statements)}.")
    (statement,) = statements
    _refuse_changes(statement)
    _refuse_reaching_functions(statement)
    return statement


def tables_in(statement: exp.Expr) -> tuple[str, ...]:
    """Names of the tables that the statement reads, as it spells them; those of its own WITH among them,
    for inside it the same name stands for the table."""
    named = [_full_name(table) for table in _named_tables(statement)]
    # SUMMARIZE 'sales.csv'
    named += [each.this.name for each in statement.find_all(exp.Summarize) if each.this.is_string]
    return tuple(dict.fromkeys(named))


def lists_tables(statement: exp.Expr) -> bool:
    """Whether the statement tells which tables there are."""
    return isinstance(statement, exp.Show)


def check_tables(statement: exp.Expr, tables: Collection[str]) -> None:
    """Raise ValueError for a table that is none of `tables`; it says what may be meant, and what there is."""
    known = {name.casefold() for name in tables}
    known |= {each.alias.casefold() for each in statement.find_all(exp.CTE)}
    for name in tables_in(statement):
        if name.casefold() not in known:
            raise ValueError(unknown_table(name, tables))


def check_columns(statement: exp.Expr, tables: Mapping[str, Sequence[str]]) -> None:
    """Raise ValueError for a column that none of the tables has, nor any name that the statement makes.

    `tables` gives each table's columns.
    """
    columns = {name.casefold(): {each.casefold() for each in tables[name]} for name in tables}
    sources = _sources(statement)
    opaque = any(True for _ in statement.find_all(*_OPAQUE)) or _has_table_function(statement)
    anywhere = _own_names(statement) | columns.keys() | set().union(*columns.values()) | _HIDDEN
    for column in statement.find_all(exp.Column):
        name, source = column.name.casefold(), column.table.casefold()
        if not name or isinstance(column.this, exp.Star):
            continue
        if source in sources and source not in anywhere - columns.keys():
            table = sources[source]
            if table in columns and name not in columns[table] | _HIDDEN:
                raise ValueError(unknown_column(column.name, tables))
        elif not (source or opaque or name in anywhere):
            raise ValueError(unknown_column(column.name, tables))


def unknown_table(name: str, tables: Collection[str]) -> str:
    """What to say of a table that doesn't exist."""
    listed = ", ".join(f"'{table}'" for table in tables) or "none"
    return f"There is no table '{name}'.{_meant(name, tables)} The tables are: {listed}."


def unknown_column(name: str, tables: Mapping[str, Sequence[str]]) -> str:
    """What to say of a column that doesn't exist."""
    every = [column for columns in tables.values() for column in columns]
    listed = "; ".join(f"'{table}' has {', '.join(map(repr, columns))}" for table, columns in tables.items())
    return f"There is no column '{name}'.{_meant(name, every)} Columns that exist: {listed}."


def _meant(name: str, names: Iterable[str]) -> str:
    spelt = {each.casefold(): each for each in names}
    near = get_close_matches(name.casefold(), spelt, n=2, cutoff=0.7)
    return f" Did you mean {' or '.join(repr(spelt[each]) for each in near)}?" if near else ""


def _parsed(sql: str) -> list[exp.Expr]:
    dialect = Dialect.get_or_raise("duckdb")
    # sqlglot takes {# … #}, in any dialect, for a comment of Jinja; to DuckDB it is MAP {#1: …}, and runs
    tokens = dialect.tokenize(sql.replace("{#", "{ #"))
    if tokens and tokens[0].text.upper() == "EXPLAIN":
        # to sqlglot a command of unknown words, which are all in one token
        return _parsed(_EXPLAIN_OPTIONS.sub("", " ".join(token.text for token in tokens[1:])))
    parsed = dialect.parser().parse(tokens, sql)
    return [each for each in parsed if each and not isinstance(each, exp.Semicolon)]


def _unreadable(sql: str, error: SqlglotError) -> str:
    """DuckDB's own words for what is wrong, unless it takes what sqlglot can't read."""
    try:
        duckdb.extract_statements(sql)
    except duckdb.Error as refused:
        return f"The query can't be run: {str(refused).splitlines()[0]}"
    places = error.errors if isinstance(error, ParseError) else []
    where = f" at line {places[0]['line']}, column {places[0]['col']}" if places else ""
    pivot = " For a PIVOT: SELECT * FROM (PIVOT …) ORDER BY …" if "PIVOT" in sql.upper() else ""
    return (
        f"The query has syntax{where} that can't be checked here, so it is not run. "
        f"Write it otherwise.{pivot}"
    )


def _refuse_changes(statement: exp.Expr) -> None:
    change = next(statement.find_all(*_CHANGING), None)
    if change is None and isinstance(statement, _READING):
        return
    allowed = "Only reading is allowed: SELECT, DESCRIBE, SUMMARIZE or EXPLAIN"
    if change is None:
        raise ValueError(f"{allowed}.")
    kind = change.name if isinstance(change, exp.Command) else _WORDS.sub(" ", type(change).__name__)
    raise ValueError(f"{allowed}, not {kind.upper()}.")


def _refuse_reaching_functions(statement: exp.Expr) -> None:
    for function in statement.find_all(exp.ReadCSV, exp.ReadParquet, exp.Anonymous):
        name = _name_of(function)
        allowed = _yields_table(function) and name in _TABLE_FUNCTIONS
        if not allowed and (_yields_table(function) or _REACHING.fullmatch(name)):
            raise ValueError(
                f"The function {name} is not allowed: a query may read the given tables only, no files, no "
                "network, no settings."
            )


def _name_of(function: exp.Expr) -> str:
    if isinstance(function, exp.ReadCSV):
        return "read_csv"
    return "read_parquet" if isinstance(function, exp.ReadParquet) else function.name.casefold()


def _yields_table(function: exp.Expr) -> bool:
    return isinstance(function.parent, exp.Table | exp.Lateral | exp.From | exp.Join)


def _has_table_function(statement: exp.Expr) -> bool:
    return any(isinstance(table.this, exp.Func) for table in statement.find_all(exp.Table))


def _named_tables(statement: exp.Expr) -> list[exp.Table]:
    return [table for table in statement.find_all(exp.Table) if isinstance(table.this, exp.Identifier)]


def _full_name(table: exp.Table) -> str:
    """The name, with its schema unless that is the one of the session's tables."""
    schema = [part.name for part in (table.args.get("catalog"), table.args.get("db")) if part]
    return ".".join([*schema, table.name]) if schema not in ([], ["main"], ["memory", "main"]) else table.name


def _sources(statement: exp.Expr) -> dict[str, str]:
    """The table that each name stands for wherever it is used; not those that stand for several."""
    own = {each.alias.casefold() for each in statement.find_all(exp.CTE, exp.Subquery)}
    found: dict[str, set[str]] = {}
    for table in _named_tables(statement):
        renamed = bool(table.alias_column_names) or table.args.get("pivots")
        meant = "" if renamed or table.name.casefold() in own else table.name.casefold()
        found.setdefault(table.alias_or_name.casefold(), set()).add(meant)
    return {name: next(iter(meant)) for name, meant in found.items() if len(meant) == 1 and name not in own}


def _own_names(statement: exp.Expr) -> set[str]:
    """The names that the statement itself makes: of columns, of tables, of variables in a function."""
    made = [each.alias for each in statement.find_all(exp.Alias, exp.PropertyEQ, exp.Table, exp.Subquery)]
    made += [each.name for each in statement.find_all(exp.TableAlias, exp.Window)]
    made += [column.name for each in statement.find_all(exp.TableAlias) for column in each.columns]
    made += [name.name for each in statement.find_all(exp.Lambda) for name in each.expressions]
    loops = statement.find_all(exp.Comprehension)
    made += [name.name for each in loops for name in each.find_all(exp.Identifier)]
    return {name.casefold() for name in made if name}
