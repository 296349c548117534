"""An analyst's session on the real server, through faults: what was asked before still answers what follows.

The figures are those of the file, added up here.
"""

import asyncio
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from graphs.client import SessionStatus, last_answer, restore_session, upload_files
from graphs.server.process import DevServer
from tests.support.postgres import PostgresInstance
from tests.support.waiting import START_SECONDS

ROWS = [
    (f"{2022 + n % 3}-{1 + n % 12:02d}-{1 + n % 28:02d}", "NSE"[n % 5 % 3], "ABCD"[n % 7 % 4], 3 + 7 * n % 41)
    for n in range(180)
]
"""Day, region, product and amount."""


def totals(key: int, year: str = "") -> dict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    for row in ROWS:
        if row[0].startswith(year):
            sums[row[key]] += row[3]
    return dict(sums)


def told(answer: str) -> dict[str, int]:
    """The rows of the answer's table."""
    return {
        name: int(total.replace(",", "")) for name, total in re.findall(r"\| (\w) \| ([\d,]+) \|", answer)
    }


def postgres_restarted(_: DevServer, postgres: PostgresInstance) -> None:
    postgres.restart("immediate")


def server_restarted(server: DevServer, _: PostgresInstance) -> None:
    server.stop()
    start(server)


def server_killed(server: DevServer, _: PostgresInstance) -> None:
    server.kill()
    start(server)


def start(server: DevServer) -> None:
    server.start()
    server.wait_ready(START_SECONDS)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "shop.csv"
    lines = [f"{day},{region},{product},{amount}" for day, region, product, amount in ROWS]
    file.write_text("\n".join(["day,region,product,amount", *lines, ""]))
    return file


class Analyst:
    """A session of the analytics agent; the client may be another one after each fault."""

    def __init__(self, server: DevServer, thread_id: str) -> None:
        self._server = server
        self._thread_id = thread_id

    async def ask(self, text: str) -> str:
        """The answer to the message."""
        async with self._client() as client:
            message = {"role": "user", "content": text}
            await client.runs.wait(self._thread_id, "analytics", input={"messages": [message]})
            return last_answer(await self._values(client))

    async def restored(self) -> dict[str, Any]:
        """The state of the session, which is idle, as `restore_session` finds it."""
        async with self._client() as client:
            return await self._values(client)

    async def files(self) -> list[str]:
        async with self._client() as client:
            listed = await client.http.get(f"/files/{self._thread_id}")
            return sorted(file["name"] for file in listed["files"])

    async def _values(self, client: LangGraphClient) -> dict[str, Any]:
        session = await restore_session(self._thread_id, client=client, deadline=60)
        assert session.status is SessionStatus.IDLE, session
        return session.values

    def _client(self) -> LangGraphClient:
        return get_client(url=self._server.url, api_key=None, timeout=150)


async def analyst_with(server: DevServer, table: Path) -> Analyst:
    async with get_client(url=server.url, api_key=None, timeout=150) as client:
        thread_id = (await client.threads.create(graph_id="analytics"))["thread_id"]
        await upload_files(client, thread_id, [table])
    return Analyst(server, thread_id)


async def test_a_session_answers_what_follows_after_each_fault(
    server: DevServer, postgres: PostgresInstance, table: Path
) -> None:
    analyst = await analyst_with(server, table)
    long = await analyst.ask("SELECT * FROM shop ORDER BY day, amount")
    assert "30 of 180 rows are shown. **query-result.csv** has all of them." in long
    for fault, wrong, reason in (
        (postgres_restarted, "SELECT amont FROM shop", "no column 'amont'. Did you mean 'amount'?"),
        (server_restarted, "DELETE FROM shop WHERE amount > 0", "Only reading is allowed"),
        (server_killed, "SELECT * FROM read_csv('shop.csv')", "no files, no network, no settings"),
    ):
        assert told(await analyst.ask("Total amount by product in shop.csv")) == totals(2)
        # a question that fails in between loses nothing
        assert reason in await analyst.ask(wrong)
        before = (await analyst.restored())["messages"]

        await asyncio.to_thread(fault, server, postgres)

        assert (await analyst.restored())["messages"] == before
        assert await analyst.files() == ["query-result.csv", "shop.csv"]
        assert told(await analyst.ask("now by region")) == totals(1)
        assert told(await analyst.ask("only 2023")) == totals(1, "2023")
        sql = "SELECT region, sum(amount) AS total FROM shop WHERE year(day) = 2024 GROUP BY region"
        assert told(await analyst.ask(sql)) == totals(1, "2024")
        assert (await analyst.restored())["messages"][: len(before)] == before
    assert "| 180 |" in await analyst.ask("SELECT count(*) AS n FROM query_result")
