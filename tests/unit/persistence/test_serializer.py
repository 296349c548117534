import dataclasses
import importlib
import json
import subprocess
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph._internal._serde import build_serde_allowlist
from langgraph.checkpoint.serde._msgpack import SAFE_MSGPACK_TYPES
from langgraph.checkpoint.serde.jsonplus import EXT_CONSTRUCTOR_POS_ARGS, JsonPlusSerializer

from graphs.persistence.encryption import KeyRing
from graphs.persistence.serializer import create_serializer
from graphs.persistence.settings import PROJECT_ROOT

CONFIG = json.loads((PROJECT_ROOT / "langgraph.json").read_text())
RINGS = [KeyRing(), KeyRing([bytes(32)])]


@dataclasses.dataclass
class Plan:
    days: int


def calls(function: Any, *args: Any) -> bytes:
    """Return a value that calls the function where every type is read back."""
    call = (function.__module__, function.__name__, args)
    return ormsgpack.packb(ormsgpack.Ext(EXT_CONSTRUCTOR_POS_ARGS, ormsgpack.packb(call)))


@pytest.mark.parametrize("ring", RINGS, ids=["plain", "encrypted"])
def test_a_crafted_value_runs_no_code(ring: KeyRing, tmp_path: Path):
    trace = tmp_path / "trace"
    crafted = calls(subprocess.check_call, ["touch", str(trace)])
    assert JsonPlusSerializer(allowed_msgpack_modules=True).loads_typed(("msgpack", crafted)) == 0
    assert trace.exists()
    trace.unlink()

    value = create_serializer(ring).loads_typed(("msgpack", crafted))

    assert value == [["touch", str(trace)]]
    assert not trace.exists()


@pytest.mark.parametrize("ring", RINGS, ids=["plain", "encrypted"])
def test_a_type_that_is_not_known_comes_back_as_data_and_one_on_the_list_as_itself(ring: KeyRing):
    stored = create_serializer(ring).dumps_typed(Plan(days=3))

    assert create_serializer(ring).loads_typed(stored) == {"days": 3}
    known = create_serializer(ring, [(Plan.__module__, "Plan")])
    assert known.loads_typed(stored) == Plan(days=3)


def test_a_pickle_is_not_read():
    with pytest.raises(NotImplementedError, match="pickle"):
        create_serializer().loads_typed(("pickle", b""))


def test_messages_come_back():
    messages = [HumanMessage("hello", id="1"), AIMessage("yes", id="2", tool_calls=[])]
    serde = create_serializer()

    assert serde.loads_typed(serde.dumps_typed(messages)) == messages


@pytest.mark.parametrize("agent", CONFIG["graphs"])
def test_every_type_of_an_agents_state_is_known(agent: str):
    serde = CONFIG["checkpointer"].get("serde", {})
    listed = {tuple(name) for name in serde.get("allowed_msgpack_modules", [])}
    graph = importlib.import_module(f"graphs.{agent}.graph").graph
    graphs = [graph, *(subgraph for _, subgraph in graph.get_subgraphs(recurse=True))]

    used = set[tuple[str, ...]]()
    for each in graphs:
        used |= build_serde_allowlist(schemas=list(each.builder.schemas), channels=each.channels)

    assert len(graphs) > 1
    assert used - SAFE_MSGPACK_TYPES - listed == set()
