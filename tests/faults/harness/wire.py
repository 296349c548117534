"""Faults of the line between the server and PostgreSQL. The scene has a proxy on it."""

import asyncio
from random import Random

from tests.faults.harness.faults import Scene, fault
from tests.support.eventually import eventually
from tests.support.proxy import Proxy

_SECONDS = 60.0
"""Within which users at work commit something."""


@fault("dropped packets")
async def drop_packets(scene: Scene, chance: Random) -> None:
    await drop_packets_for(scene, chance.uniform(0.5, 5))


@fault("dropped packets, connections forgotten")
async def dead_line_that_forgets(scene: Scene, chance: Random) -> None:
    await drop_packets_for(scene, chance.uniform(0.5, 5), forget=True)


@fault("half-open connections")
async def strand_connections(scene: Scene, chance: Random) -> None:
    line_of(scene).strand()


@fault("resets")
async def reset_connections(scene: Scene, chance: Random) -> None:
    for _ in range(chance.randint(1, 5)):
        line_of(scene).reset()
        await asyncio.sleep(chance.uniform(0.05, 0.5))


@fault("refused connections")
async def refuse_connections(scene: Scene, chance: Random) -> None:
    line_of(scene).refuse()
    try:
        line_of(scene).reset()
        await asyncio.sleep(chance.uniform(0.5, 5))
    finally:
        line_of(scene).accept()


@fault("latency")
async def slow_down(scene: Scene, chance: Random) -> None:
    await slow_down_for(scene, delay=chance.uniform(0.01, 0.3), seconds=chance.uniform(1, 4))


@fault("connections cut after commits")
async def cut_after_commits(scene: Scene, chance: Random) -> None:
    await cut_commits(scene, chance.randint(1, 5))


async def drop_packets_for(scene: Scene, seconds: float, *, forget: bool = False) -> None:
    """Let no packet come through for that long.

    With `forget`, the connections of before are dead then for ever, as when a firewall has restarted.
    """
    line_of(scene).drop()
    try:
        await asyncio.sleep(seconds)
        if forget:
            line_of(scene).strand()
    finally:
        line_of(scene).deliver()


async def slow_down_for(scene: Scene, *, delay: float, seconds: float) -> None:
    """Deliver everything that much later, in each direction, for that long."""
    line_of(scene).delay(delay)
    try:
        await asyncio.sleep(seconds)
    finally:
        line_of(scene).delay(0)


async def cut_commits(scene: Scene, times: int) -> None:
    """Lose that many answers to a commit, each with its connection. Somebody has to commit."""
    line = line_of(scene)
    wanted = line.counts().cut + times
    line.cut_after_commits(times)
    await eventually(lambda: line.counts().cut >= wanted, within=_SECONDS)


def line_of(scene: Scene) -> Proxy:
    """Return the scene's proxy. Raises ValueError if it has none."""
    if scene.proxy is None:
        raise ValueError("A fault of the wire needs a scene with a proxy, and this one has none.")
    return scene.proxy
