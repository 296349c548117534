"""Tools that tests of all folders share: `from tests.support.postgres import PostgresInstance`."""
