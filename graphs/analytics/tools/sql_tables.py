"""The session's table files as tables of SQL: what each is called, and which of them a query names."""

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from graphs.analytics.tools.arguments import table_file
from graphs.kit.artifacts import is_table
from graphs.kit.tool import Session

if TYPE_CHECKING:
    from graphs.kit.tables.load import TableFile


@dataclass(frozen=True)
class SqlTable:
    """A file, or one sheet of a workbook that has several (None: the file has one table)."""

    file: str
    sheet: str | None = None

    def __str__(self) -> str:
        return f"sheet {self.sheet} of **{self.file}**" if self.sheet else f"**{self.file}**"


def sql_tables(session: Session) -> dict[str, SqlTable]:
    """Return the session's tables by their names in SQL.

    A workbook's first sheet is called as the file, another has its own name behind that: plan, plan_costs.
    A sheet that was loaded is a file of that name, which stands for it. Of two tables that would have one
    name, the second gets a number.
    """
    from graphs.kit.tables.load import table_name

    files = [file for file in session.artifacts.sizes() if is_table(file)]
    own_names = {table_name(file) for file in files}
    tables: dict[str, SqlTable] = {}
    for file in files:
        for place, (wanted, table) in enumerate(_tables_of(session, file)):
            if place == 0 or wanted not in own_names:
                tables[_free_name(wanted, tables)] = table
    return tables


@contextmanager
def named_tables(
    session: Session, sql: str, day_first: bool | None
) -> Generator[dict[str, tuple[SqlTable, "TableFile"]]]:
    """Yield the tables that the query reads, each with its file; all for one that only shows which there are.

    A file that the query doesn't read is left alone: it may be large, or damaged. Raises ValueError for a
    query that `read_statement` refuses, and for a table that the session hasn't got.
    """
    from graphs.analytics.tables.sql_check import check_tables, lists_tables, read_statement, tables_in

    statement = read_statement(sql)
    tables = sql_tables(session)
    check_tables(statement, tables)
    named = tables if lists_tables(statement) else {name.casefold() for name in tables_in(statement)}
    with ExitStack() as stack:
        sources = {}
        for name, table in tables.items():
            if name not in named:
                continue
            session.report(f"reading {table.file}")
            path = stack.enter_context(session.path(table.file))
            sources[name] = (table, table_file(str(path), table.sheet, day_first))
        yield sources


def _tables_of(session: Session, file: str) -> list[tuple[str, SqlTable]]:
    from graphs.kit.tables.load import table_name

    first, *others = _sheets(session, file) or (None,)
    stem = PurePath(file).stem
    return [
        (table_name(file), SqlTable(file, first if others else None)),
        # a point in a sheet's name begins no suffix
        *((table_name(f"{stem}_{sheet}".replace(".", "_")), SqlTable(file, sheet)) for sheet in others),
    ]


def _sheets(session: Session, file: str) -> tuple[str, ...]:
    """The sheets of a workbook; none for other files, and for a damaged one: reading it will say so."""
    from graphs.kit.tables.excel import excel_sheets
    from graphs.kit.tables.load import EXCEL_SUFFIXES

    if not file.lower().endswith(EXCEL_SUFFIXES):
        return ()
    with session.path(file) as path:
        try:
            return excel_sheets(path)
        except ValueError:
            return ()


def _free_name(wanted: str, taken: Mapping[str, SqlTable]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
