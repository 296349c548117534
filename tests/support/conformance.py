"""The suite that LangGraph's checkpointers have in common."""

from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.capabilities import Capability

from graphs.persistence.settings import PersistenceSettings
from graphs.persistence.start import open_saver


async def assert_conforms(settings: PersistenceSettings) -> None:
    """Fail unless the saver of these settings has all capabilities of a checkpointer."""

    @checkpointer_test(name="HoldfastSaver")
    async def factory():
        async with open_saver(settings) as saver:
            yield saver

    report = await validate(factory)

    assert len(report.results) == len(Capability) == 8
    assert {name: result.failures for name, result in report.results.items() if not result.passed} == {}
