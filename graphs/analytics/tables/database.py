"""Tables of a PostgreSQL database, which is read and never written.

A table is copied into a Parquet file, batch by batch, and all else works on that file: it is the same
tomorrow, and the database is asked once. The session is opened read only, so the server itself refuses to
write, whatever a statement says.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from urllib.parse import quote as percent_encoded

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import pyarrow.parquet as pq

from graphs.analytics.tables.conditions import parse_conditions
from graphs.analytics.tables.database_errors import CONNECT_TIMEOUT_S, explain, why_not
from graphs.analytics.tables.statements import conditions_sql
from graphs.kit.tables.duck import quote
from graphs.kit.tables.load import Column, TableInfo

_BATCH_BYTES = 8 << 20
_SCHEMES = ("postgresql", "postgres")
_LONGEST_DECIMAL = 38
_NAMES_SHOWN = 20
_DRIVER = "[libpq]"

_PLAIN_TYPES = {
    **{"bool": "BOOLEAN", "int2": "SMALLINT", "int4": "INTEGER", "int8": "BIGINT"},
    **{"float4": "FLOAT", "float8": "DOUBLE", "date": "DATE", "time": "TIME"},
    **{"timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMP WITH TIME ZONE"},
}
"""Types of PostgreSQL that come through as they are, and DuckDB's names for them; others come as text."""
_WITH_INFINITY = ("date", "timestamp", "timestamptz")

_TABLES = """
SELECT n.nspname, c.relname, c.reltuples::bigint, a.attname, format_type(a.atttypid, a.atttypmod),
       coalesce(b.typname, t.typname),
       CASE WHEN coalesce(b.typname, t.typname) = 'numeric'
            THEN CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END ELSE -1 END
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type b ON b.oid = t.typbasetype
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 1, 2, a.attnum
"""


@dataclass(frozen=True, slots=True)
class Database:
    """Where the database is: a URI, postgresql://user:password@host:port/name, and the seconds that a
    statement may take. The URI holds a password: it is in no message and no representation of this."""

    uri: str
    timeout: float

    def __repr__(self) -> str:
        return f"Database(timeout={self.timeout})"


@dataclass(frozen=True, slots=True)
class DatabaseColumn:
    """A column: its name, its type as PostgreSQL writes it (`numeric(12,2)`), and that type's base name and
    modifier in PostgreSQL's catalogue."""

    name: str
    type: str
    base: str
    modifier: int

    @property
    def decimals(self) -> tuple[int, int] | None:
        """Digits in all and after the point of a numeric that has them declared and is exact in Parquet."""
        if self.base != "numeric" or self.modifier < 4:
            return None
        # numeric's modifier in PostgreSQL: the scale, since 15 perhaps negative, in eleven bits
        packed = self.modifier - 4
        digits, scale = packed >> 16, ((packed & 0x7FF) ^ 1024) - 1024
        return (digits, scale) if digits <= _LONGEST_DECIMAL and 0 <= scale <= digits else None

    @property
    def known_as(self) -> str:
        """DuckDB's name for the type that the column has in the file."""
        if self.decimals:
            return "DECIMAL({},{})".format(*self.decimals)
        return "DOUBLE" if self.base == "numeric" else _PLAIN_TYPES.get(self.base, "VARCHAR")


@dataclass(frozen=True, slots=True)
class DatabaseTable:
    """A table or view that may be read. `rows` is PostgreSQL's estimate, None where it has none."""

    schema: str
    name: str
    rows: int | None
    columns: tuple[DatabaseColumn, ...]

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Extract:
    """What was copied from a table: `rows` of them, `truncated` when there were more, by the statement `sql`;
    `notes` say what is not as it was."""

    table: DatabaseTable
    columns: tuple[str, ...]
    rows: int
    truncated: bool
    sql: str
    notes: tuple[str, ...]


def list_tables(database: Database) -> tuple[DatabaseTable, ...]:
    """The tables and views that the user of the database may read, by schema and name.

    Raises ValueError when the database can't be reached or does not answer in time.
    """
    with _connected(database) as connection:
        return _tables(connection)


def extract(
    database: Database,
    table: str,
    target: Path,
    *,
    row_limit: int,
    columns: Sequence[str] = (),
    where: str | None = None,
) -> Extract:
    """Copy the rows of a table that meet the conditions into the Parquet file `target`, at most `row_limit`.

    `table` is a name, with its schema where two have it; no `columns` are all. `where` holds conditions as
    `parse_conditions` reads them. numeric with declared digits stays exact, without them it becomes a double;
    other types that Parquet does not have become text, as PostgreSQL writes them. Raises ValueError as
    `list_tables`, and for a table or column that does not exist (naming those that do).
    """
    with _connected(database) as connection:
        found = _named(_tables(connection), table)
        chosen = _chosen(found, columns)
        sql = _select(found, chosen, where, row_limit)
        rows = _copied(connection, sql, chosen, target, row_limit)
    return Extract(
        table=found,
        columns=tuple(column.name for column in chosen),
        rows=min(rows, row_limit),
        truncated=rows > row_limit,
        sql=sql,
        notes=_notes(chosen),
    )


@contextmanager
def _connected(database: Database) -> Generator[adbc.Connection]:
    uri = _read_only(database)
    try:
        connection = adbc.connect(uri)
    except adbc.Error as error:
        # The driver's own words may hold a part of the URI, and so of the password.
        raise ValueError(f"The analysts' database can't be reached: {why_not(str(error))}.") from None
    with connection:
        try:
            yield connection
        except (adbc.Error, OSError) as error:
            # While rows come, the driver's errors are pyarrow's.
            if not isinstance(error, adbc.Error) and _DRIVER not in str(error):
                raise
            raise ValueError(explain(str(error), database.uri, database.timeout)) from None


def _read_only(database: Database) -> str:
    """The URI of a session in which the server refuses to write, and stops what takes too long."""
    try:
        parts = urlsplit(database.uri)
        readable = parts.scheme in _SCHEMES
    except ValueError:
        readable = False
    if not readable:
        raise ValueError(
            "ANALYTICS_DATABASE_URI is no URI of a PostgreSQL database: write it as "
            "postgresql://user:password@host:5432/database."
        )
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    session = (
        "-c default_transaction_read_only=on "
        f"-c statement_timeout={max(1, round(database.timeout * 1000))} -c TimeZone=UTC -c DateStyle=ISO "
        # else a backslash in a value could end the text that it stands in
        "-c standard_conforming_strings=on"
    )
    settings = {
        "connect_timeout": str(CONNECT_TIMEOUT_S),
        "application_name": "holdfast-analytics",
        "keepalives_idle": "30",
        "tcp_user_timeout": "30000",
        **given,
        "options": f"{given.get('options', '')} {session}".strip(),
    }
    return urlunsplit(parts._replace(query=urlencode(settings, quote_via=percent_encoded)))


def _tables(connection: adbc.Connection) -> tuple[DatabaseTable, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        rows = cursor.fetchall()
    return tuple(
        DatabaseTable(
            schema, name, estimate if estimate >= 0 else None, tuple(DatabaseColumn(*row[3:]) for row in own)
        )
        for (schema, name, estimate), own in groupby(rows, key=lambda row: row[:3])
    )


def _named(tables: Sequence[DatabaseTable], name: str) -> DatabaseTable:
    wanted = name.strip().replace('"', "")
    exact = [table for table in tables if wanted in (str(table), table.name)]
    alike = [table for table in tables if wanted.casefold() in (str(table).casefold(), table.name.casefold())]
    found = exact or alike
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"Several tables are called {name!r}: {_listed(found)}. Name the schema too.")
    raise ValueError(f"The database has no table {name!r} that may be read. Its tables: {_listed(tables)}.")


def _listed(tables: Sequence[DatabaseTable]) -> str:
    more = f" and {len(tables) - _NAMES_SHOWN} more" if len(tables) > _NAMES_SHOWN else ""
    return (", ".join(map(str, tables[:_NAMES_SHOWN])) or "none") + more


def _chosen(table: DatabaseTable, names: Sequence[str]) -> tuple[DatabaseColumn, ...]:
    if not names:
        return table.columns
    known = {column.name.casefold(): column for column in table.columns}
    known |= {column.name: column for column in table.columns}
    missing = [name for name in names if name not in known and name.casefold() not in known]
    if missing:
        held = ", ".join(column.name for column in table.columns)
        raise ValueError(f"{table} has no column {missing[0]!r}. Its columns are: {held}.")
    return tuple(dict.fromkeys(known.get(name) or known[name.casefold()] for name in names))


def _select(table: DatabaseTable, chosen: Sequence[DatabaseColumn], where: str | None, row_limit: int) -> str:
    info = TableInfo(table.name, 0, tuple(Column(each.name, each.known_as) for each in table.columns))
    # Inside, what has no type of its own becomes text, so that a condition compares it as such.
    inner = ", ".join(
        f"{quote(each.name)}::text AS {quote(each.name)}" if each.known_as == "VARCHAR" else quote(each.name)
        for each in table.columns
    )
    lines = [
        f"SELECT {', '.join(_value(each) for each in chosen)}",
        f"FROM (SELECT {inner} FROM {quote(table.schema)}.{quote(table.name)}) AS t",
        *([f"WHERE {conditions_sql(info, parse_conditions(where))}"] if where else []),
        f"LIMIT {row_limit + 1}",
    ]
    return "\n".join(lines)


def _value(column: DatabaseColumn) -> str:
    name = quote(column.name)
    if column.decimals:
        return f"NULLIF({name}, 'NaN')::text AS {name}"
    if column.base == "numeric":
        return f"{name}::float8 AS {name}"
    if column.base in _WITH_INFINITY:
        return f"CASE WHEN isfinite({name}) THEN {name} END AS {name}"
    return name


def _copied(
    connection: adbc.Connection, sql: str, chosen: Sequence[DatabaseColumn], target: Path, row_limit: int
) -> int:
    """Write the batches as they come. Returns how many rows the statement yields; `row_limit` are kept."""
    with connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)})
        cursor.execute(sql)
        reader = cursor.fetch_record_batch()
        schema = pa.schema(
            pa.field(column.name, pa.decimal128(*column.decimals) if column.decimals else field.type)
            for column, field in zip(chosen, reader.schema, strict=True)
        )
        rows = 0
        with pq.ParquetWriter(target, schema) as writer:
            for batch in reader:
                kept = batch.slice(0, max(0, row_limit - rows))
                if len(kept):
                    columns = [
                        value.cast(field.type) for value, field in zip(kept.columns, schema, strict=True)
                    ]
                    writer.write_batch(pa.record_batch(columns, schema=schema))
                rows += len(batch)
    return rows


def _notes(chosen: Sequence[DatabaseColumn]) -> tuple[str, ...]:
    doubles = [each.name for each in chosen if each.base == "numeric" and not each.decimals]
    texts = [f"{each.name} ({each.type})" for each in chosen if _becomes_text(each)]
    endless = [each.name for each in chosen if each.base in _WITH_INFINITY]
    notes = []
    if doubles:
        notes.append(f"Numbers without declared digits are doubles, of some 16 digits: {', '.join(doubles)}.")
    if texts:
        notes.append(f"Read as text: {', '.join(texts)}.")
    if endless:
        notes.append(f"An infinite date, if there is one, counts as missing: {', '.join(endless)}.")
    return tuple(notes)


def _becomes_text(column: DatabaseColumn) -> bool:
    return column.known_as == "VARCHAR" and column.base not in ("text", "varchar", "bpchar", "name")
