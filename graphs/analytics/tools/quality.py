"""The tools that check a table against rules, and find out how tables belong together."""

import re
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated

from graphs.analytics.tools.arguments import DayFirst, File, Sheet, as_csv, opened, table_file
from graphs.analytics.tools.sql_tables import sql_tables
from graphs.kit.arguments import file_argument, text_argument
from graphs.kit.artifacts import TABLE_SUFFIXES, is_table
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.kit.tables.load import TableInfo


@agent_tool(
    keywords=(
        *(
            "validate",
            "check that",
            "check whether",
            "check if",
            "check the rules",
            "verify that",
            "make sure",
        ),
        *("ensure", "rule", "rules", "never missing", "never null", "not null", "unique"),
        *("always unique", "is between", "are between", "always between", "in range", "within range"),
        *("exists in", "refers to", "matches the pattern", "violate", "violations", "rows that break"),
    ),
    examples=(
        "Check that order_id is unique and units is between 1 and 100.",
        "Validate sales.csv: region is one of (North, South, East, West) and date is never missing.",
        "Is units always between 1 and 500 in sales.csv?",
        "Make sure that no value of region is missing.",
        "Check that customer_id in orders.csv exists in customers.csv.",
    ),
)
def validate_table(
    session: Session,
    file: File,
    rules: Annotated[
        str,
        text_argument(
            "The rules, with ';' or 'and' between two. Each is a column and one of: is not null; is unique; "
            "is between A and B (numbers or dates); is >= A; matches 'regular expression' (the whole value); "
            "is one of (A, B); exists in FILE.COLUMN (a column of another file). (a, b) is unique: together. "
            "'every column is not null' is one rule for each column.",
            cues=(
                *("check that", "check whether", "check if", "verify that", "verify", "make sure that"),
                *("make sure", "ensure that", "ensure", "validate that", "validate", "confirm that", "rules"),
                *("rule", "check"),
            ),
            sentence=True,
        ),
    ],
    reference_file: Annotated[
        str | None,
        file_argument("The file that a rule refers to; not needed when the rule names it.", *TABLE_SUFFIXES),
    ] = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Check rules on a table: gaps, unique, range, pattern, list, reference; which rows break them."""
    from graphs.analytics.quality import quality_wording
    from graphs.analytics.quality.rules import parse_rules
    from graphs.analytics.quality.validate import ROWS_KEPT, validate_table
    from graphs.analytics.tables import wording

    parsed = parse_rules(_on_its_own(rules, file, session))
    files = {name.casefold(): name for name in session.artifacts.sizes() if is_table(name)}
    named = {rule.file: files[rule.file.casefold()] for rule in parsed if rule.file.casefold() in files}
    with ExitStack() as stack:
        others = {
            said: table_file(str(stack.enter_context(session.path(name))), None, day_first)
            for said, name in named.items()
        }
        table = stack.enter_context(opened(session, file, sheet, day_first))
        session.report("checking the rules")
        result = validate_table(table, parsed, others)
    kept = None
    if result.failing:
        kept = session.save(f"{PurePath(file).stem}-broken-rules.csv", as_csv(result.columns, result.failing))
    text = quality_wording.validated(file, table.info, result, kept["name"] if kept else None, ROWS_KEPT)
    figures = {
        "file": file,
        "rows": result.rows,
        "failing_rows": result.failing_rows,
        "rules": [
            {
                "rule": str(each.rule),
                "passed": each.passed,
                "failed": each.failed,
                "missing": each.missing,
                "first": wording.records(("row", *each.rule.columns), each.first),
            }
            for each in result.results
        ],
    }
    return Answer(text, figures)


@agent_tool(
    keywords=(
        *(
            "suggest joins",
            "suggest a join",
            "how to join",
            "how can i join",
            "join suggestions",
            "joined on",
        ),
        *("can be joined", "which columns join", "join keys", "foreign keys", "foreign key", "relationships"),
        *(
            "related",
            "belong together",
            "relate",
            "how do the tables",
            "how are the tables",
            "common columns",
        ),
        *("link", "linked", "match up", "in common"),
    ),
    examples=(
        "How can I join orders.csv and customers.csv?",
        "Suggest joins.",
        "How are the tables related?",
        "Which columns do orders.csv and customers.csv have in common?",
    ),
)
def suggest_joins(
    session: Session,
    files: Annotated[
        list[str] | None,
        file_argument(
            "Two or more tables; all of the session but results of tools when not given.", *TABLE_SUFFIXES
        ),
    ] = None,
    day_first: DayFirst = None,
) -> Answer:
    """Find the columns by which tables can be joined: how many rows find a partner, 1:1 or 1:n, the SQL."""
    from graphs.analytics.quality import quality_wording
    from graphs.analytics.quality.joins import suggest_joins
    from graphs.analytics.tables import wording
    from graphs.kit.tables.load import connect, read_table

    found = sql_tables(session)
    results = set() if files else _results_of_tools(session)
    order = files or [
        each for each in dict.fromkeys(table.file for table in found.values()) if each not in results
    ]
    left_out = sorted({table.file for table in found.values()} & results)
    tables = {name: table for file in order for name, table in found.items() if table.file == file}
    missing = set(files or ()) - {table.file for table in tables.values()}
    if missing:
        raise ValueError(f"There is no table file {sorted(missing)[0]!r} in this session.")
    infos: list[TableInfo] = []
    with connect() as connection, ExitStack() as stack:
        for name, table in tables.items():
            session.report(f"reading {table.file}")
            path = stack.enter_context(session.path(table.file))
            infos.append(read_table(connection, name, table_file(str(path), table.sheet, day_first)))
        session.report("comparing the columns")
        joins, apart = suggest_joins(connection, infos)
    sources = {name: str(table) for name, table in tables.items()}
    figures = {
        "tables": [{"name": info.name, "file": tables[info.name].file, "rows": info.rows} for info in infos],
        "joins": [{**asdict(each), "relation": each.relation, "sql": each.sql} for each in joins],
        "not_joinable": [asdict(each) for each in apart],
    }
    text = quality_wording.joins(sources, infos, joins, apart)
    if left_out:
        text += (
            f"\n- Left out, as results of tools: {', '.join(left_out)}. Name the files to have them compared."
        )
    return Answer(text, wording.plain_data(figures))


def _results_of_tools(session: Session) -> set[str]:
    return {file for each in session.findings if each.tool != "load_database_table" for file in each.files}


def _on_its_own(rules: str, file: str, session: Session) -> str:
    """The rules without words that only say which file they are of, and other files by their full names."""
    for name in session.artifacts.sizes():
        stem = re.escape(PurePath(name).stem)
        if name == file:
            called = rf"\b(?:{re.escape(name)}|{stem})(?![\w.(])(?:\s+(?:data|table|file))?"
            place = rf"(?:\b(?:in|of|from|for)\s+)?(?:the\s+)?(?:file\s+|table\s+)?{called}\s*:?"
            rules = re.sub(rf"\s*{place}", " ", rules, flags=re.IGNORECASE)
        else:
            place = rf"\b(in|to|of|references)\s+(?:the\s+)?{stem}(?![\w.])"
            rules = re.sub(place, rf"\1 {name}", rules, flags=re.IGNORECASE)
    return rules
