"""`holdfast smoke` says what is wrong, whatever answers at the address."""

import json
import time
from typing import Any

import pytest
from langgraph_sdk import get_client

from graphs.client.smoke import AGENTS, Check, smoke
from graphs.server.process import PROJECT_ROOT
from tests.support.odd_server import Answer, OddServer

HTML = {"content-type": "text/html"}


async def checks_of(odd: OddServer, *, deadline: float = 30) -> list[Check]:
    async with get_client(url=odd.url, api_key=None) as client:
        return [check async for check in smoke(client, deadline=deadline)]


def test_the_agents_are_those_that_are_served() -> None:
    assert set(AGENTS) == set(json.loads((PROJECT_ROOT / "langgraph.json").read_text())["graphs"])


@pytest.mark.parametrize(
    ("route", "answer", "seen", "remedy"),
    [
        ("ok", Answer({"ok": False}), "/ok says {'ok': False}", "DATABASE_URI"),
        ("ok", Answer({"detail": "no Redis"}, status=500), "500 for /ok: no Redis", "REDIS_URI"),
        ("ok", Answer(b"<html>log in</html>", headers=HTML), "/ok is not JSON", "Something else answers"),
        ("ok", Answer(status=301, headers={"location": "https://a.example/ok"}), "on to https", "https://"),
        ("ok", Answer(b"<html>", status=403, headers=HTML), "403 for /ok: Forbidden", "LANGGRAPH_API_KEY"),
        (
            "ok",
            Answer(b"<html>", status=503, headers=HTML),
            "503 for /ok: Service",
            "events of the ECS service",
        ),
        ("ready", Answer({"detail": "away"}, status=503), "503 for /ready: away", "CHECKPOINT_POSTGRES_URI"),
        ("assistant", Answer([]), f"the server has no {', '.join(AGENTS)}", "langgraph.json"),
        ("assistant", Answer({"detail": "no"}, status=404), f"has no {', '.join(AGENTS)}", "langgraph.json"),
        ("unknown", Answer({"detail": "full"}, status=507), "507 for /threads: full", "the workers' log"),
    ],
)
async def test_the_first_fault_is_told_with_its_remedy(
    odd: OddServer, route: str, answer: Answer, seen: str, remedy: str
) -> None:
    odd.answers[route] = answer
    *passed, failed = await checks_of(odd)

    order = {"ok": 0, "ready": 1, "assistant": 2, "unknown": 3}
    assert [check.name for check in passed] == ["health", "ready", "agents"][: order[route]]
    assert all(check.passed for check in passed)
    assert not failed.passed
    assert seen in failed.seen
    assert remedy in failed.remedy


async def test_a_server_that_does_not_answer_is_not_waited_for_longer_than_asked(odd: OddServer) -> None:
    def late(_: Any) -> Answer:
        time.sleep(4)
        return Answer({"ready": True})

    odd.answers["ready"] = late
    *_, failed = await checks_of(odd, deadline=2)
    assert (failed.name, failed.seen) == ("ready", "not done within 2 s")
