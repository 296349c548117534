"""The usual test: users at work, a fault, recovery, users at work again, and all invariants."""

from random import Random

from tests.faults.harness.connections import connections_counted
from tests.faults.harness.faults import Inflict, Scene
from tests.faults.harness.invariants import over_budget, violations
from tests.faults.harness.recovery import recovered
from tests.faults.harness.served import Served
from tests.faults.harness.users import users_at_work

RECOVERY = 20.0
"""Seconds within which all waiting operations are done, on a busy machine and through a pooler as well."""


async def outlive(
    fault: Inflict,
    scene: Scene,
    served: Served,
    *,
    users: int = 6,
    within: float = 60,
    interruptions: int = 0,
) -> float:
    """Return the seconds from the end of the fault until all waiting operations were done.

    Meanwhile that many users are at work. Raises AssertionError with all violated invariants (see
    `invariants.violations`), and TimeoutError if users wait for longer than `within` seconds after the fault.
    """
    with connections_counted(served) as held:
        async with users_at_work(served, count=users) as load:
            await load.at_work()
            await fault(scene, Random(1))
            seconds = await recovered(scene.postgres, served, load, within=within)
            await load.at_work()
    found = await violations(served, scene.postgres, load, interruptions=interruptions)
    found += over_budget(held, served)
    assert not found, "\n".join(found)
    return seconds
