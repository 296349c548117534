"""What holds whatever people write: the planner invents nothing, repeats itself exactly, never fails."""

from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from graphs.kit.briefing import brief
from graphs.kit.planner import OfflinePlanner
from graphs.kit.planner.cues import best_matching
from graphs.kit.planner.figures import figures
from graphs.kit.planner.units import UNITS, convert, unit_named
from graphs.kit.subagent import handoff_to
from tests.support.planner_talk import Call, Talk, calls_for
from tests.support.planner_team import FILES, TEAM, trial_power

OPENINGS = (
    "How many patients per arm for",
    "What power do I get with",
    "PERT for plan.csv with",
    "Does bracket.stl fit a printer of",
    "check the overhangs of tower at",
    "Make a simplex lattice with",
    "Find the best blend of yarn.csv maximising elongation with lower bounds",
    "top regions by revenue:",
    "Total revenue by region where units",
)
WORDS = (
    *("effect size", "d", "power", "alpha", "patients per arm", "deadline", "angle", "components", "degree"),
    *(
        "upper bounds",
        "at least",
        "at most",
        "between",
        "and",
        ",",
        "x",
        "to",
        "of",
        "=",
        "within",
        "top",
        ">",
    ),
)
NUMBERS = st.one_of(
    st.integers(0, 2000).map(str),
    st.decimals(0, 500, places=2, allow_nan=False).map(str),
    st.sampled_from(["1,234.5", "1.5e-3", ".05", "2:1", "five", "twelve", "-3", "0.9", "80"]),
)
UNIT_NAMES = st.sampled_from(["", "", "%", " mm", " cm", " in", " weeks", " days", "°", " months", " hours"])
FIGURES = st.tuples(NUMBERS, UNIT_NAMES).map("".join)
REQUESTS = st.builds(
    lambda opening, parts: f"{opening} {' '.join(parts)}",
    st.sampled_from(OPENINGS),
    st.lists(st.one_of(FIGURES, st.sampled_from(WORDS)), min_size=1, max_size=9),
)


def numbers_in(value: Any) -> list[float]:
    """All numbers in the arguments of a call."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return []
    if isinstance(value, int | float):
        return [float(value)]
    members = value.values() if isinstance(value, dict) else value
    return [number for member in members for number in numbers_in(member)]


def numbers_that_follow(text: str) -> list[float]:
    """The figures of the text, and what they are in other units of their dimension, and as shares."""
    read = [figure.value for figure in figures(text)]
    names = {figure.unit for figure in figures(text)} - {""}
    units = [unit for name in names if (unit := unit_named(name))]
    pairs = [(unit, other) for unit in units for other in UNITS.values() if other.dimension == unit.dimension]
    converted = [convert(value, unit, other) for value in read for unit, other in pairs]
    shares = [value * factor for value in read for factor in (100, Decimal("0.01"))]
    return [float(value) for value in (*read, *converted, *shares)]


@settings(max_examples=150, deadline=None)
@given(REQUESTS)
def test_no_figure_is_invented(text: str) -> None:
    possible = numbers_that_follow(text)
    for tool, arguments in calls_for(text):
        for number in numbers_in(arguments):
            assert any(number == pytest.approx(value, rel=1e-9) for value in possible), (tool, arguments)


@settings(max_examples=150, deadline=None)
@given(REQUESTS)
def test_values_keep_the_limits_that_are_declared(text: str) -> None:
    for tool, arguments in calls_for(text):
        declared = next(t for subagent in TEAM for t in subagent.tools if t.name == tool).args_schema
        assert isinstance(declared, type)
        assert issubclass(declared, BaseModel)
        assert declared.model_validate(arguments).model_dump(exclude_unset=True) == arguments


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str) -> None:
    talk = Talk()
    talk.say(text)
    assert talk.answer


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*OPENINGS, *WORDS, "inspect", "repair", "bracket.stl", "it", "then", "?", ".", "\n"]
        ),
        max_size=25,
    )
)
def test_any_words_get_an_answer(words: list[str]) -> None:
    talk = Talk()
    talk.say("Inspect the mesh")
    talk.say(" ".join(words))
    assert talk.answer


TEXTS = (
    "Inspect bracket.stl, repair open_box.stl and check its overhangs",
    "Plot revenue by month as a line",
    "power of a trial with 64 patients",
)


@pytest.mark.parametrize("text", TEXTS)
def test_same_conversation_leads_to_the_same_messages(text: str) -> None:
    first, second = Talk(), Talk()
    assert first.say(text) == second.say(text)
    assert [_lasting(message) for message in first.messages] == [
        _lasting(message) for message in second.messages
    ]


def _lasting(message: Any) -> tuple[Any, ...]:
    """What must not change from run to run: everything but the id that LangChain gives a message."""
    return message.text, getattr(message, "tool_calls", None), message.additional_kwargs


def test_ids_of_calls_are_unique_in_a_conversation() -> None:
    talk = Talk()
    for text in (*TEXTS, *TEXTS):
        talk.say(text)
    ids = [
        call["id"]
        for message in talk.messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    ]
    assert len(ids) == len(set(ids)) > 10


async def test_answer_is_the_same_when_awaited() -> None:
    planner = OfflinePlanner().bind_tools([handoff_to(subagent) for subagent in TEAM])
    messages = [brief("", {file["name"]: file for file in FILES}), HumanMessage("Inspect bracket.stl")]
    waited = await planner.ainvoke(messages)
    at_once = planner.invoke(messages)
    assert isinstance(at_once, AIMessage)
    assert isinstance(waited, AIMessage)
    assert waited.tool_calls == at_once.tool_calls
    assert waited.tool_calls[0]["args"] == {"task": "Inspect bracket.stl"}


def test_tools_of_another_kind_are_refused() -> None:
    with pytest.raises(TypeError, match="takes tools made by agent_tool, not <function"):
        OfflinePlanner().bind_tools([numbers_in])


def test_sub_agent_plans_a_task_that_another_model_handed_over() -> None:
    handed_over = AIMessage(
        "",
        tool_calls=[
            {"name": "transfer_to_trial", "args": {"task": "Power of 64 patients, d 0.5."}, "id": "1"}
        ],
    )
    planner = OfflinePlanner().bind_tools([trial_power])
    reply = planner.invoke([brief("", {}), HumanMessage("Please plan my trial."), handed_over])
    assert isinstance(reply, AIMessage)
    assert [(call["name"], call["args"]) for call in reply.tool_calls] == [
        ("trial_power", {"effect_size": 0.5, "n_per_arm": 64})
    ]


def test_sub_agent_alone_answers_the_person() -> None:
    planner = OfflinePlanner().bind_tools([trial_power])
    reply = planner.invoke([brief("", {}), HumanMessage("Hello")])
    assert reply.text.startswith(
        "This is what I can do:\n- trial power: Compute the power of a two-arm trial"
    )


def one_call(calls: list[Call]) -> Call:
    assert len(calls) == 1
    return calls[0]


@pytest.mark.parametrize("spaces", ["", " ", "\n\n"])
def test_space_around_a_message_does_not_matter(spaces: str) -> None:
    assert one_call(calls_for(f"{spaces}Inspect bracket.stl{spaces}")) == (
        "inspect_mesh",
        {"file": "bracket.stl"},
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.integers(0, 4), st.floats(0.1, 9), max_size=5), max_size=4))
def test_matching_has_the_largest_sum(scores: list[dict[int, float]]) -> None:
    chosen = best_matching(scores)
    columns = [column for column in chosen if column is not None]
    assert len(columns) == len(set(columns))
    total = sum(scores[row][column] for row, column in enumerate(chosen) if column is not None)
    choices = product(*([None, *row] for row in scores))
    sums = [
        sum(scores[row][column] for row, column in enumerate(choice) if column is not None)
        for choice in choices
        if len(taken := [c for c in choice if c is not None]) == len(set(taken))
    ]
    assert total == pytest.approx(max(sums))
