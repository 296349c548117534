"""The tools that read a table and say what is in it."""

from dataclasses import asdict

from graphs.analytics.tools.arguments import DayFirst, File, Sheet, opened
from graphs.analytics.tools.sql_tables import sql_tables
from graphs.kit.tool import Answer, Session, agent_tool

_PREVIEW_ROWS = 5


@agent_tool(
    keywords=(
        *("load", "open", "read the file", "preview", "first rows", "head", "schema", "sheets"),
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
    from graphs.analytics.tables import wording

    with opened(session, file, sheet, day_first) as table:
        info, head = table.info, table.head(_PREVIEW_ROWS)
    names = {each.sheet: name for name, each in sql_tables(session).items() if each.file == file}
    return Answer(wording.loaded(file, info, head, names), wording.plain_data({"file": file, **asdict(info)}))


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
        *wording.notes(table.info),
    ]
    return Answer("\n".join(lines), wording.plain_data({"file": file, **asdict(result)}))
