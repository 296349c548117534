"""One server on one PostgreSQL, each a module's own, for the tests that need the real thing."""

import signal
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from graphs.server.process import DevServer, isolated_project
from tests.support.postgres import PostgresInstance
from tests.support.waiting import START_SECONDS

_TESTS = Path(__file__).parent

# A shell without job control lets what it starts in the background ignore Ctrl-C, and so all the processes
# that tests start, some to send them just that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def postgres() -> Generator[PostgresInstance]:
    """A PostgreSQL of the module's own."""
    with PostgresInstance() as instance:
        yield instance


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the server keeps its threads and runs."""
    return isolated_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def server(postgres: PostgresInstance, project: Path) -> Generator[DevServer]:
    """The real server, ready; its log is `server.log` in the project."""
    server = DevServer(
        project,
        environment={
            "CHECKPOINT_POSTGRES_URI": postgres.uri,
            "ARTIFACTS_URL": str(project / "files"),
            "MODEL": "",
        },
        log=project / "server.log",
    )
    server.start()
    try:
        server.wait_ready(START_SECONDS)
        yield server
    finally:
        server.stop()


@pytest.fixture
async def client(server: DevServer) -> AsyncGenerator[LangGraphClient]:
    """The SDK's client of the server."""
    async with get_client(url=server.url, api_key=None, timeout=150) as client:
        yield client


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits longest, so that no worker is left with it at the end."""
    slowest_first = ("infra", "faults", "acceptance", "integration", "evaluation", "unit")
    items.sort(key=lambda item: slowest_first.index(item.path.relative_to(_TESTS).parts[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the offline planner's score, which tests/evaluation leaves in its tests' properties."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, [])]
    scores = sorted(
        score for report in reports for name, score in report.user_properties if name == "evaluation"
    )
    if scores:
        right, asked = (sum(score[place] for score in scores) for place in (1, 2))
        topics = ", ".join(f"{topic} {good}/{of}" for topic, good, of in scores)
        terminalreporter.write_line(f"evaluation: {right} of {asked} questions answered right ({topics})")
