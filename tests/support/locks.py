"""What PostgreSQL tells of locks."""

from tests.support.postgres import PostgresInstance


def waiting_for_a_lock(postgres: PostgresInstance) -> int:
    """Return how many locks are asked for and not given."""
    [(number,)] = postgres.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return number


def deadlocks(postgres: PostgresInstance) -> int:
    """Return how many there were in the database."""
    [(number,)] = postgres.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'")
    return number
