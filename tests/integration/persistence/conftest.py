import pytest

from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver
from tests.support.postgres import PostgresInstance, settings_for


@pytest.fixture(scope="session")
def postgres():
    """A server that tests share: they may use it, and may not break it."""
    with PostgresInstance() as instance:
        yield instance


@pytest.fixture
def uri(postgres):
    """The URI of its database, emptied."""
    postgres.empty()
    return postgres.uri


@pytest.fixture
def settings(uri):
    return PersistenceSettings(**settings_for(uri))


@pytest.fixture
async def saver(settings):
    async with open_saver(settings) as saver:
        yield saver


@pytest.fixture(scope="session")
def _breakable_postgres():
    with PostgresInstance() as instance:
        yield instance


@pytest.fixture
def own_postgres(_breakable_postgres):
    """A server that the test may break."""
    yield _breakable_postgres
    _breakable_postgres.mend()
