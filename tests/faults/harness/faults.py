"""The faults, by name. Each is a function of the scene and of chance, so that a seed tells all that happens.

    @fault("restart fast")
    async def restart_fast(scene: Scene, chance: Random) -> None: ...

It returns once what it broke is mended: PostgreSQL accepts connections, and packets travel.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from tests.support.postgres import PostgresInstance
from tests.support.proxy import Proxy


@dataclass
class Scene:
    """What faults act upon."""

    postgres: PostgresInstance
    proxy: Proxy | None = None
    """What the server's connections go through, if there is one; a fault of the wire needs it."""


Inflict = Callable[[Scene, Random], Awaitable[None]]

FAULTS: dict[str, Inflict] = {}
"""All faults that chaos may choose from."""


def fault(name: str) -> Callable[[Inflict], Inflict]:
    """Register a fault under a name that is shown to people."""

    def register(inflict: Inflict) -> Inflict:
        if name in FAULTS:
            raise ValueError(f"There is a fault {name!r} already: give this one another name.")
        FAULTS[name] = inflict
        return inflict

    return register


@fault("restart fast")
async def restart_fast(scene: Scene, chance: Random) -> None:
    await asyncio.to_thread(scene.postgres.restart, "fast")


@fault("restart immediate")
async def restart_immediate(scene: Scene, chance: Random) -> None:
    await asyncio.to_thread(scene.postgres.restart, "immediate")


@fault("SIGKILL")
async def kill(scene: Scene, chance: Random) -> None:
    await asyncio.to_thread(scene.postgres.kill)
    await asyncio.to_thread(scene.postgres.start)


@fault("outage")
async def short_outage(scene: Scene, chance: Random) -> None:
    await outage(scene, chance.uniform(0.5, 5))


@fault("flapping")
async def short_flapping(scene: Scene, chance: Random) -> None:
    await flap(scene, times=chance.randint(2, 4), down=chance.uniform(0.2, 2), up=chance.uniform(0.1, 1))


@fault("killed again during crash recovery")
async def kill_during_recovery(scene: Scene, chance: Random) -> None:
    await asyncio.to_thread(scene.postgres.kill_during_recovery, chance.randint(1, 2))
    await asyncio.to_thread(scene.postgres.start)


@fault("terminate backends")
async def terminate_backends(scene: Scene, chance: Random) -> None:
    for _ in range(chance.randint(1, 5)):
        await asyncio.to_thread(scene.postgres.terminate_backends)
        await asyncio.sleep(chance.uniform(0.05, 0.5))


@fault("SIGKILL of a backend")
async def kill_backend(scene: Scene, chance: Random) -> None:
    await asyncio.to_thread(scene.postgres.kill_backend)
    await asyncio.to_thread(scene.postgres.wait_until_accepting)


@fault("freeze")
async def freeze(scene: Scene, chance: Random) -> None:
    await freeze_for(scene, chance.uniform(0.5, 5))


async def outage(scene: Scene, seconds: float) -> None:
    """Stop PostgreSQL for that long; it accepts connections again at the end."""
    await asyncio.to_thread(scene.postgres.stop, "immediate")
    await asyncio.sleep(seconds)
    await asyncio.to_thread(scene.postgres.start)


async def freeze_for(scene: Scene, seconds: float) -> None:
    """Let PostgreSQL do nothing for that long; its connections stay open."""
    await asyncio.to_thread(scene.postgres.freeze)
    try:
        await asyncio.sleep(seconds)
    finally:
        await asyncio.to_thread(scene.postgres.thaw)


async def flap(scene: Scene, *, times: int, down: float, up: float) -> None:
    """Stop PostgreSQL that many times, for `down` seconds each, with `up` seconds in between."""
    for n in range(times):
        if n:
            await asyncio.sleep(up)
        await outage(scene, down)
