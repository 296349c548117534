"""The tools that set two tables of the session side by side: a join, and the rows that find no partner."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from graphs.analytics.tools.arguments import DayFirst, kept_whole, table_file
from graphs.analytics.tools.sql_tables import SqlTable, sql_tables
from graphs.kit.arguments import choice_argument, file_argument, text_argument
from graphs.kit.artifacts import TABLE_SUFFIXES
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from graphs.analytics.tables.join import Join, Key
    from graphs.kit.tables.load import TableInfo

_ROWS_KEPT = 100_000
_ALIKE = 0.6

On = Annotated[
    str | None,
    text_argument(
        "The columns that must be equal: customer_id, or customer_id = id where they are called otherwise in "
        "the second table; 'and' between several. Found by names and values when not given.",
        cues=("on", "using", "by", "matching on", "matched on", "matched by"),
        sentence=True,
    ),
]


@agent_tool(
    keywords=(
        *("join", "merge", "join with", "merge with", "left join", "inner join", "combine the tables"),
        *("combine with", "bring together", "enrich"),
    ),
    examples=(
        "Join orders.csv and customers.csv on customer_id.",
        "Join orders and customers on customer_id = id.",
        "Merge orders with customers, keeping all orders.",
        "Left join orders and customers on customer_id.",
    ),
)
def join_tables(
    session: Session,
    files: Annotated[list[str], file_argument("The two tables; the first is the left one.", *TABLE_SUFFIXES)],
    on: On = None,
    kind: Annotated[
        Literal["inner", "left"],
        choice_argument(
            "inner keeps the rows that find a partner, left also all others of the first table.",
            inner=("inner join", "only matching", "matching rows"),
            left=("left join", "left outer", "keep all", "keeping all"),
        ),
    ] = "inner",
    day_first: DayFirst = None,
) -> Answer:
    """Join two tables of the session on equal keys into a new table, which all other tools can use."""
    from graphs.analytics.tables import join_wording, wording
    from graphs.analytics.tables.join import write_join
    from graphs.kit.tables.workspace import private_folder

    with _measured(session, files, on, day_first) as (connection, join), private_folder() as folder:
        session.report("joining the tables")
        path = folder / "table.parquet"
        write_join(connection, join, kind, path)
        with path.open("rb") as file:
            saved = session.save(f"{join.left.table.name}_{join.right.table.name}.parquet", file)
    figures = {"file": saved["name"], "kind": kind, "rows": join.rows(kind), **_counts(join)}
    text = join_wording.joined(saved["name"], files, join, kind, named=on is not None)
    return Answer(text, wording.plain_data(figures), successor=saved["name"])


@agent_tool(
    keywords=(
        *("no matching", "no match", "without a match", "without matching", "unmatched", "no partner"),
        *("do not match", "don't match", "not matched", "orphans", "orphaned", "missing from", "missing in"),
        *("have no", "has no", "have no matching", "has no matching", "have no match", "have no partner"),
        *(
            "never",
            "not found in",
            "without any",
            "are not in",
            "is not in",
            "that are not in",
        ),
    ),
    examples=(
        "Which customers have no orders?",
        "How many orders have no matching customer?",
        "Which customers never ordered?",
        "Rows of orders.csv that are not in customers.csv.",
        "Customers without orders.",
    ),
)
def find_unmatched(
    session: Session,
    file: Annotated[str, file_argument("The table whose rows are wanted.", *TABLE_SUFFIXES)],
    other_file: Annotated[str, file_argument("The table in which they have no partner.", *TABLE_SUFFIXES)],
    on: On = None,
    day_first: DayFirst = None,
) -> Answer:
    """Find the rows of one table that have no matching row in another one: how many, and which."""
    from graphs.analytics.tables import join_wording, wording
    from graphs.analytics.tables.join import rows_without_partner

    with _measured(session, [file, other_file], on, day_first) as (connection, join):
        found = rows_without_partner(connection, join, _ROWS_KEPT)
    name = f"{join.left.table.name}-without-{join.right.table.name}.csv"
    whole = kept_whole(session, name, found.columns, found.rows)
    text = join_wording.unmatched([file, other_file], found, whole, named=on is not None)
    figures = {**_counts(join), "table": wording.records(found.columns, found.rows)}
    return Answer(text, wording.plain_data(figures))


def _counts(join: "Join") -> dict[str, object]:
    return {
        "keys": [str(key) for key in join.keys],
        "left": {"matched": join.left.matched, "unmatched": join.left.unmatched},
        "right": {"matched": join.right.matched, "unmatched": join.right.unmatched},
    }


@contextmanager
def _measured(
    session: Session, files: Sequence[str], on: str | None, day_first: bool | None
) -> Generator[tuple["DuckDBPyConnection", "Join"]]:
    from graphs.analytics.tables.join import measure_join
    from graphs.kit.tables.load import connect, read_table

    tables = _two_tables(session, files)
    with connect() as connection, ExitStack() as stack:
        infos: list[TableInfo] = []
        for name, table in tables:
            session.report(f"reading {table.file}")
            path = stack.enter_context(session.path(table.file))
            infos.append(read_table(connection, name, table_file(str(path), table.sheet, day_first)))
        session.report("comparing the keys")
        left, right = infos
        yield connection, measure_join(connection, left, right, _keys(connection, left, right, on))


def _two_tables(session: Session, files: Sequence[str]) -> list[tuple[str, SqlTable]]:
    known = sql_tables(session)
    first = {table.file: (name, table) for name, table in reversed(known.items())}
    missing = [file for file in files if file not in first]
    if missing:
        raise ValueError(f"There is no table file {missing[0]!r} in this session.")
    if len(set(files)) != 2:
        raise ValueError(
            f"A join takes two tables at a time; named: {', '.join(dict.fromkeys(files)) or 'none'}. The "
            f"tables of this session are {', '.join(first)}. Name two, as in “Join orders and customers on "
            "customer_id”."
        )
    return [first[file] for file in files]


def _keys(
    connection: "DuckDBPyConnection", left: "TableInfo", right: "TableInfo", on: str | None
) -> "Sequence[Key]":
    """The keys that were named, else the one pair of columns that has much the same name, and each of its
    values once on one side."""
    from graphs.analytics.quality.joins import suggest_joins
    from graphs.analytics.tables.join import Key, parse_keys

    if on is not None:
        return parse_keys(on, left, right)
    found, _ = suggest_joins(connection, [left, right])
    likely = [
        each for each in found if each.names_alike >= _ALIKE and (each.left.unique or each.right.unique)
    ]
    if len(likely) == 1:
        return [Key(likely[0].left.column, likely[0].right.column)]
    fitting = [str(Key(each.left.column, each.right.column)) for each in likely or found]
    fit = f"These would fit: {', '.join(fitting)}." if fitting else "I see none that fit."
    raise ValueError(
        f"Name the columns by which '{left.name}' and '{right.name}' belong together. {fit} Write “Join "
        f"{left.name} and {right.name} on {fitting[0] if fitting else 'COLUMN = COLUMN'}”."
    )
