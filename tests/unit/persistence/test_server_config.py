import json

import pytest

from graphs.persistence.server_config import ThreadTTL, load_checkpointer_config


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    monkeypatch.delenv("LANGGRAPH_CHECKPOINTER", raising=False)
    monkeypatch.delenv("LANGGRAPH_THREAD_TTL", raising=False)


def given(monkeypatch, **checkpointer):
    monkeypatch.setenv("LANGGRAPH_CHECKPOINTER", json.dumps({"path": "x.py:y", **checkpointer}))


def test_nothing_expires_and_no_type_is_added_unless_langgraph_json_says_so(monkeypatch):
    assert load_checkpointer_config().ttl is None
    assert load_checkpointer_config().known_types == ()

    given(monkeypatch, ttl=None, serde={"allowed_msgpack_modules": None})

    assert load_checkpointer_config().ttl is None
    assert load_checkpointer_config().known_types == ()


def test_reads_what_langgraph_json_says(monkeypatch):
    given(
        monkeypatch,
        ttl={"strategy": "keep_latest", "default_ttl": 43_200, "sweep_interval_minutes": 60},
        serde={"allowed_msgpack_modules": [["agent.state", "Plan"]]},
    )

    config = load_checkpointer_config()

    assert config.ttl == ThreadTTL(strategy="keep_latest", default_ttl=43_200, sweep_interval_minutes=60)
    assert config.known_types == (("agent.state", "Plan"),)


@pytest.mark.parametrize(
    ("variable", "ttl"),
    [
        ("90", ThreadTTL(default_ttl=90)),
        (
            '{"strategy": "keep_latest", "default_ttl": 0.5}',
            ThreadTTL(strategy="keep_latest", default_ttl=0.5),
        ),
    ],
)
def test_langgraphs_variable_goes_before_langgraph_json(monkeypatch, variable, ttl):
    given(monkeypatch, ttl={"default_ttl": 1})
    monkeypatch.setenv("LANGGRAPH_THREAD_TTL", variable)

    assert load_checkpointer_config().ttl == ttl


@pytest.mark.parametrize(
    ("section", "words"),
    [
        (
            {"ttl": {"strategy": "remove"}},
            "ttl.strategy is 'remove': input should be 'delete' or 'keep_latest'",
        ),
        ({"ttl": {"default_ttl": -1}}, "ttl.default_ttl is -1: input should be greater than 0"),
        ({"ttl": {"default_ttl": float("nan")}}, "ttl.default_ttl is nan: "),
        ({"ttl": {"sweep_interval_minutes": 0}}, "ttl.sweep_interval_minutes is 0: "),
        ({"ttl": {"sweep_limit": 0}}, "ttl.sweep_limit is 0: "),
        ({"serde": {"allowed_msgpack_modules": True}}, "serde.allowed_msgpack_modules is True: "),
        ({"serde": {"allowed_msgpack_modules": [["a.b.C"]]}}, "serde.allowed_msgpack_modules.0.1"),
    ],
)
def test_a_bad_value_is_named_with_its_place(monkeypatch, section, words):
    given(monkeypatch, **section)

    with pytest.raises(ValueError, match=r"^Correct checkpointer in langgraph.json: ") as caught:
        load_checkpointer_config()

    assert words in str(caught.value)


@pytest.mark.parametrize("variable", ["soon", "-5", "{", "[]"])
def test_a_bad_variable_is_named(monkeypatch, variable):
    monkeypatch.setenv("LANGGRAPH_THREAD_TTL", variable)

    with pytest.raises(ValueError, match=r"^LANGGRAPH_THREAD_TTL is ") as caught:
        load_checkpointer_config()

    assert repr(variable) in str(caught.value)
    assert str(caught.value).endswith("unset it.")
