"""The tools that read a table and say what is in it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from graphs.analytics.tools.arguments import DayFirst, File, Sheet, opened, table_file
from graphs.analytics.tools.sql_tables import sql_tables
from graphs.kit.arguments import column_argument
from graphs.kit.settings import kit_settings
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.analytics.tables.aggregate import OpenTable

_PREVIEW_ROWS = 5


@agent_tool(
    keywords=(
        *("which tables", "what tables", "list tables", "list the tables", "tables do i have", "my tables"),
        *("tables are there", "tables are loaded", "tables have i", "all tables", "show the tables"),
    ),
    examples=(
        "Which tables do I have?",
        "What tables are there?",
        "List my tables.",
    ),
)
def list_tables(session: Session) -> Answer:
    """List the tables of this session with their rows, columns and names in SQL."""
    from graphs.analytics.tables import load_wording
    from graphs.kit.tables.load import connect, read_table

    found, listed, unreadable = sql_tables(session), [], []
    for name, table in found.items():
        session.report(f"reading {table.file}")
        with session.path(table.file) as path, connect() as connection:
            try:
                info = read_table(connection, name, table_file(str(path), table.sheet, None))
            except ValueError as error:
                unreadable.append(str(error))
                continue
        listed.append((name, table, info.rows, [column.name for column in info.columns]))
    text = load_wording.tables(
        [(str(table), name, rows, columns) for name, table, rows, columns in listed], unreadable
    )
    figures = [
        {"file": table.file, "sheet": table.sheet, "name": name, "rows": rows, "columns": columns}
        for name, table, rows, columns in listed
    ]
    if kit_settings().analytics_database_uri is not None:
        text += "\n\nThere is a database too: ask “Which tables are in the database?”."
    return Answer(text, {"tables": figures})


@agent_tool(
    keywords=(
        *("load", "open", "read the file", "preview", "first rows", "head", "schema"),
        *("which sheets", "what sheets", "sheets are in", "load the sheet", "open the sheet"),
        *("which columns", "what columns", "columns of", "column names", "types of", "look at"),
        *("what is in", "what's in"),
        *("how many columns", "show the data", "import"),
    ),
    examples=(
        "Load sales.csv.",
        "Which columns does sales.csv have?",
        "Preview sales.csv.",
        "Which sheets are in budget.xlsx?",
    ),
)
def load_table(session: Session, file: File, sheet: Sheet = None, day_first: DayFirst = None) -> Answer:
    """Load a table file: rows, columns and types, sheets, what was assumed in reading it, and a preview."""
    from graphs.analytics.tables import load_wording, wording

    names = {each.sheet: name for name, each in sql_tables(session).items() if each.file == file}
    with opened(session, file, sheet, day_first) as table:
        info, head = table.info, table.head(_PREVIEW_ROWS)
        own = _table_of_sheet(session, table, names[sheet]) if names.get(sheet) and sheet else ""
    text = load_wording.loaded(file, info, head, names)
    if own:
        text += f"\n\nThe sheet is a table of its own now, **{own}**: what you ask next is about it."
    return Answer(text, wording.plain_data({"file": own or file, **asdict(info)}), successor=own)


def _table_of_sheet(session: Session, table: "OpenTable", name: str) -> str:
    """Keep one sheet of several as a file of its own, and return the file's name."""
    from graphs.analytics.tables.scan import source
    from graphs.kit.tables.staging import write_parquet
    from graphs.kit.tables.workspace import private_folder

    with private_folder() as folder:
        path = folder / "table.parquet"
        write_parquet(table.connection, f"SELECT * FROM {source(table)}", path, table.info.notes)
        with path.open("rb") as file:
            return session.save(f"{name}.parquet", file)["name"]


@agent_tool(
    keywords=(
        *(
            "profile",
            "describe",
            "summary",
            "summarise",
            "overview",
            "data quality",
            "period",
            "cover",
            "date range",
            "missing",
            "missing values",
        ),
        *(
            "distinct",
            "how many different",
            "how many distinct",
            "how many unique",
            "duplicates",
            "outliers",
            "quartiles",
            "range of",
            "gaps",
            "key",
        ),
        *("what is in", "explore", "statistics of", "summary statistics"),
    ),
    examples=(
        "Profile sales.csv.",
        "Describe sales.csv.",
        "Summarise this table.",
        "Are there missing values or outliers in sales.csv?",
        "How many distinct products are there?",
    ),
)
def profile_table(session: Session, file: File, sheet: Sheet = None, day_first: DayFirst = None) -> Answer:
    """Profile a table: types, gaps, distinct values, spread and outliers of its columns; duplicates, keys."""
    from graphs.analytics.quality.profile import profile_table as profile
    from graphs.analytics.quality.profile_wording import render_profile
    from graphs.analytics.tables import wording

    with opened(session, file, sheet, day_first) as table:
        session.report("profiling the columns")
        result = profile(table)
    lines = [
        f"Profile of {wording.origin(file, table.info)}: {render_profile(result)}",
        "",
        "Outliers lie more than 1.5 interquartile ranges beyond the quartiles (Tukey); sd is the sample "
        "standard deviation.",
        *wording.all_notes(table.info),
    ]
    return Answer("\n".join(lines), wording.plain_data({"file": file, **asdict(result)}))


@agent_tool(
    keywords=(
        *("how many missing", "number of missing", "count the missing", "count missing", "missing values of"),
        *("how many missing values", "values are missing", "value is missing"),
        *("have missing values", "rows have missing", "rows with missing", "incomplete rows"),
        *("rows are incomplete", "how many rows are incomplete", "have no value", "without a value"),
        *("without value", "share of missing", "percentage of missing"),
    ),
    examples=(
        "How many missing revenue_usd are there?",
        "How many rows have missing values?",
        "How many values of units are missing?",
        "Number of missing values by column.",
        "Percentage of missing units.",
        "Are there rows without a value of units?",
    ),
)
def count_missing(
    session: Session,
    file: File,
    columns: Annotated[
        list[str] | None,
        column_argument(
            "The columns that are looked at; all when not given.",
            cues=("missing", "of", "in", "how many", "values"),
            many=True,
        ),
    ] = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Count the missing values of columns, and the rows that lack a value, with percentages."""
    from graphs.analytics.quality import missing, missing_wording
    from graphs.analytics.tables import wording

    with opened(session, file, sheet, day_first) as table:
        found = missing.count_missing(table, columns or ())
    text = missing_wording.missing(file, table.info, found)
    return Answer(text, wording.plain_data({"file": file, **asdict(found)}))
