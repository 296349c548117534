import pytest
from pydantic import SecretStr

from graphs.persistence.saver import HoldfastSaver
from tests.support.conformance import assert_conforms


@pytest.mark.parametrize("keys", [None, "00112233445566778899aabbccddeeff"], ids=["plain", "encrypted"])
async def test_the_saver_has_all_capabilities_of_a_checkpointer(settings, keys):
    await assert_conforms(settings.model_copy(update={"encryption_keys": keys and SecretStr(keys)}))


async def test_nor_does_it_need_the_lock_of_the_base(settings, monkeypatch):
    """LangGraph is about to drop it for pools: https://github.com/langchain-ai/langgraph/pull/7269."""
    make = HoldfastSaver.__init__

    def make_without_lock(self, *args, **kwargs):
        make(self, *args, **kwargs)
        del self.lock

    monkeypatch.setattr(HoldfastSaver, "__init__", make_without_lock)

    await assert_conforms(settings)
