"""The tools that bring tables of the analysts' PostgreSQL database into the session."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from graphs.analytics.tools.arguments import Where
from graphs.kit.arguments import quantity, text_argument
from graphs.kit.settings import kit_settings
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.analytics.tables.database import Database

_TABLES_SHOWN = 50
_DEFAULT_ROWS = 1_000_000


@agent_tool(
    keywords=(
        *("database", "postgres", "postgresql", "tables of the database", "tables in the database"),
        *("tables does the database", "database tables"),
    ),
    examples=(
        "Which tables are in the database?",
        "List the tables of the database.",
        "What tables does the PostgreSQL database have?",
    ),
)
def list_database_tables(session: Session) -> Answer:
    """List the tables of the analysts' PostgreSQL database with their columns and estimated rows."""
    from graphs.analytics.tables.database import list_tables
    from graphs.kit.tables.markdown import markdown_table

    session.report("asking the database")
    tables = list_tables(_database())
    if not tables:
        return Answer("The database has no table that its user may read.", {"tables": []})
    rows = (
        (
            str(table),
            "not known" if table.rows is None else f"{table.rows:,}",
            ", ".join(f"{column.name} {column.type}" for column in table.columns),
        )
        for table in tables[:_TABLES_SHOWN]
    )
    lines = [
        f"The database has {len(tables):,} table(s) that may be read; rows are PostgreSQL's estimate:",
        "",
        *markdown_table(["table", "rows", "columns"], rows, right=(False, True, False)),
    ]
    if len(tables) > _TABLES_SHOWN:
        others = ", ".join(map(str, tables[_TABLES_SHOWN:]))
        lines += ["", f"{_TABLES_SHOWN} are shown with their columns. The others are: {others}."]
    return Answer("\n".join(lines), {"tables": [asdict(table) for table in tables]})


@agent_tool(
    keywords=(
        *("load from the database", "from the database", "from postgres", "from postgresql"),
        *("database table", "load the table", "import from the database", "fetch from the database"),
    ),
    examples=(
        "Load the table orders from the database.",
        "Load table public.orders from the database where region = North.",
        "Fetch table customers from PostgreSQL.",
    ),
)
def load_database_table(
    session: Session,
    table: Annotated[
        str,
        text_argument(
            "The table's name in the database, with its schema where two have it: public.orders.",
            cues=("table", "database table", "view"),
        ),
    ],
    columns: Annotated[
        list[str] | None,
        text_argument("Columns of that table to load; all when not given.", cues=("columns", "only columns")),
    ] = None,
    where: Where = None,
    row_limit: Annotated[
        int,
        quantity(
            "Load at most so many rows.",
            cues=("at most", "first", "limit", "no more than"),
            ge=1,
            le=100_000_000,
        ),
    ] = _DEFAULT_ROWS,
) -> Answer:
    """Copy a table of the analysts' PostgreSQL database into a Parquet file of this session."""
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.database import extract
    from graphs.kit.tables.load import describe_table, table_name
    from graphs.kit.tables.workspace import private_folder

    session.report(f"reading {table} from the database")
    with private_folder() as folder:
        path = folder / "table.parquet"
        result = extract(_database(), table, path, row_limit=row_limit, columns=columns or (), where=where)
        with path.open("rb") as file:
            name = session.save(f"{_file_stem(result.table.schema, result.table.name)}.parquet", file)["name"]
        info = describe_table(table_name(name), path) if result.rows else None
    met = f" that have {where}" if where else ""
    lines = [
        f"**{result.rows:,} rows** of {result.table}{met}, with {len(result.columns)} column(s), are in "
        f"**{name}** now.",
        *(
            [f"- The table has more: only {row_limit:,} rows were taken, as the database gave them."]
            if result.truncated
            else []
        ),
        *([f"- Columns: {', '.join(f'{each.name} {each.type}' for each in info.columns)}"] if info else []),
        *([f"- In SQL: `{info.name}`"] if info else []),
        *(f"- {note}" for note in result.notes),
        f"- SQL in the database: `{' '.join(result.sql.split())}`",
    ]
    figures = {
        "file": name,
        "table": str(result.table),
        "rows": result.rows,
        "truncated": result.truncated,
        "columns": list(result.columns),
        "sql": result.sql,
    }
    return Answer("\n".join(lines), wording.plain_data(figures))


def _file_stem(schema: str, name: str) -> str:
    return name if schema == "public" else f"{schema}_{name}"


def _database() -> "Database":
    from graphs.analytics.tables.database import Database

    settings = kit_settings()
    if settings.analytics_database_uri is None:
        raise ValueError(
            "No database is set up for analysts. Whoever runs the server names it in ANALYTICS_DATABASE_URI; "
            "until then upload a file."
        )
    return Database(
        settings.analytics_database_uri.get_secret_value(), settings.analytics_database_timeout_seconds
    )
