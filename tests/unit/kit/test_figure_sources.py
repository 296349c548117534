"""Which figures of an answer have a source, and how an answer with others is marked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from graphs.kit.context import Context
from graphs.kit.figure_sources import UNSOURCED_KEY, marked, unsourced_figures
from tests.support.geometry_agent import geometry_agent
from tests.support.kit_environment import THREAD_ID
from tests.support.scripted_model import calls, hand_over, use_script

RESULT = {"total": 1234.5678, "share": 0.1234, "rows": 12034, "p": 1.67e-31, "change": -3.25, "big": 4.56e6}


@pytest.mark.parametrize(
    "answer",
    [
        "The total is 1,234.57, or about 1235.",
        "It is 1234.5678 exactly; the share is 12.3 %, 12 percent, 0.12.",
        "There are 12,034 rows, some 12,000, or 12k.",
        "p = 1.67e-31, roughly 2E-31.",
        "It fell by 3.25 (−3.3), or -3.2 to -3.3.",
        "4.56 million, 4.6M, 4,560 thousand, 4,560k.",
        "1. The total is 1,235\n2. The share is 12.3%\n3) rows: 12034",
        "See sales-2019.csv, `WHERE units > 50` and column y1 for Q3 of the 3D print, the 2nd time, v1.2.3.",
        "```sql\nSELECT 99\n```\nNothing else.",
        "p < 0.05, P<0.001, p-value below 0.01, α = 0.05: significant at the 5 % level.",
        "p = 1.67 × 10⁻³¹, or 1.67 x 10^-31, or 1.67e−31; 0.00456B; 12\u202f034 rows.",
        "It is 12.3–12.34 %, between 12 and 12.34 per cent.",
        "**1. North** has 12,034\n**2.** South\n- 3. East",
        "| # | total |\n|---|---:|\n| 1 | 1,234.6 |\n| 2 | 12,034 |",
        "North is #1 and South #12. Step 2: see Table 3 and Figure 4, as in Section 5 (option 6).",
        "Es sind 1.234,57 oder 1234,6; der Anteil ist 12,3 % oder 0,123; 4,56 million.",
        "Es sind 1.234,6 und 12.034 Zeilen; 4.560.000.",
    ],
)
def test_figures_with_a_source(answer: str) -> None:
    assert unsourced_figures(answer, [RESULT]) == []


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        ("The total is 1,234.58.", ["1,234.58"]),
        ("The total is 1,200.5 and the share 13 %.", ["1,200.5", "13 %"]),
        ("Rows: 12,035; 12,100; 13,000.", ["12,035", "12,100", "13,000"]),
        ("It is 42. And 42 again, 42 times.", ["42"]),
        ("p = 1.68e-31", ["1.68e-31"]),
        ("Together 4.57 million.", ["4.57 million"]),
        ("Twice that is 24,068mm.", ["24,068"]),
        ("In 2019 it was 1000.", ["2019", "1000"]),
        ("p = 0.05", ["0.05"]),
        ("1.67 × 10⁻³⁰ and 1.67 x 10^-3", ["1.67 × 10⁻³⁰", "1.67 x 10^-3"]),
        ("It is 11.3–12.3 %.", ["11.3"]),
        (
            "It was #123, #4.5 and Step 250; the figure 42; Option 7 % and Table 3.7.",
            ["123", "4.5", "250", "42", "7 %", "3.7"],
        ),
        (
            "Es sind 1.234,67 oder 1235,6; der Anteil ist 12,5 %; 5.560.000.",
            ["1.234,67", "1235,6", "12,5 %", "5.560.000"],
        ),
        ("1.234 and 1,234.6 and 0,124", ["1.234", "0,124"]),
        ("The season 2018/19, and 2018/22.", ["2018", "22"]),
    ],
)
def test_figures_without_a_source(answer: str, missing: list[str]) -> None:
    assert unsourced_figures(answer, [RESULT]) == missing


def test_sources_are_texts_and_nested_data() -> None:
    sources: list[Any] = [
        "The mean is 3.5 % of 2,000 on 2023-04-05.",
        {"table": [{"region": "North 7", "value": (1.25, None, True, float("nan"))}], "1962": {"n": 8}},
        None,
    ]
    assert unsourced_figures("3.5 %, 0.035, 2,000, 2023, 7, 1.25, 1962 and 8", sources) == []
    assert unsourced_figures("0.35 and 9", sources) == ["0.35", "9"]


@given(
    value=st.floats(1e-6, 1e9),
    decimals=st.integers(0, 6),
    others=st.lists(st.floats(-1e9, 1e9), max_size=5),
)
def test_rounding_keeps_the_source(value: float, decimals: int, others: list[float]) -> None:
    assert unsourced_figures(f"It is {value:,.{decimals}f}.", [[*others, value]]) == []


@given(value=st.floats(1, 1e6))
def test_a_tenth_more_has_no_source(value: float) -> None:
    assert unsourced_figures(f"It is {1.1 * value:.9g}.", [[value]]) != []


def test_entries_of_a_list_are_counted() -> None:
    table = {"table": [{"region": "North"}, {"region": "South"}, {"region": "East"}]}
    assert unsourced_figures("The 3 regions, not 4.", [table]) == ["4"]


def test_the_second_year_of_a_season_follows_from_the_first() -> None:
    assert unsourced_figures("2018/19, 2018-19 and 2018\u201319; 1999/00.", ["2018", {"1999": 3.5}]) == []
    assert unsourced_figures("2018/20 and 2018/19/21", ["2018"]) == ["20", "19", "21"]


def test_a_comma_may_keep_two_numbers_apart() -> None:
    assert unsourced_figures("The point (12,5), or 1,2,3.", ["n: 12, 5", "1 2 3"]) == []
    assert unsourced_figures("It is 12 and 5.", ["x,y\n12,5"]) == []
    assert unsourced_figures("The point (12,6).", ["12, 5"]) == ["12,6"]


def test_years_are_not_rounded() -> None:
    assert unsourced_figures("In 2020, of 2,020.", ["2018-03-05"]) == ["2020"]


def test_marked_answer() -> None:
    conversation = [
        HumanMessage("Is it more than 10?"),
        ToolMessage("13 takes over", name="transfer_to_query", tool_call_id="1"),
        ToolMessage("The total is 12.5.", name="aggregate", tool_call_id="2", artifact={"figures": {"n": 3}}),
        AIMessage("It is 99."),
    ]
    fine = AIMessage("12.5 in 3 rows, more than 10.")
    assert marked(fine, conversation, []) is fine

    reply = marked(AIMessage("12.5, thus 14 or 99."), conversation, [])
    assert reply.text.startswith("12.5, thus 14 or 99.\n\n⚠ ")
    assert reply.text.endswith(": 14, 99.")
    assert reply.additional_kwargs[UNSOURCED_KEY] == ["14", "99"]

    blocks = marked(AIMessage([{"type": "text", "text": "It is 99."}]), conversation, [])
    assert blocks.text.startswith("It is 99.\n\n⚠ ")


@pytest.mark.parametrize(
    ("answer", "missing"),
    [("The cube of 3 mm has 27 mm³.", None), ("The cube has 27 mm³, half of 54 mm³.", ["54"])],
)
async def test_supervisor_marks_what_a_model_made_up(
    answer: str, missing: list[str] | None, monkeypatch: pytest.MonkeyPatch, artifacts: object
) -> None:
    use_script(
        monkeypatch,
        hand_over("geometry", "The volume of a cube of 3 mm."),
        calls(("cube_volume", {"side": 3})),
        AIMessage("27 mm³."),
        AIMessage(answer),
    )
    state = await geometry_agent().ainvoke(
        {"messages": [HumanMessage("How big is a cube of 3 mm?")]},
        {"configurable": {"thread_id": THREAD_ID}},
        context=Context(model="openai:any"),
    )
    last = state["messages"][-1]
    assert last.additional_kwargs.get(UNSOURCED_KEY) == missing
    assert ("⚠" in last.text) is (missing is not None)
