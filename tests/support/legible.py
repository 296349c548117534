"""What somebody who steals the database can read."""

import re

from tests.support.postgres import PostgresInstance


def legible(postgres: PostgresInstance) -> str:
    """Return all that the database's tables hold, with the bytes of `bytea` columns as text."""
    tables = postgres.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = [row for (table,) in tables for (row,) in postgres.execute(f"SELECT t::text FROM {table} AS t")]
    shown = "\n".join(rows)
    binary = (bytes.fromhex(text) for text in re.findall(r"\\x((?:[0-9a-f]{2})+)", shown))
    return "\n".join([shown, *(part.decode(errors="replace") for part in binary)])
