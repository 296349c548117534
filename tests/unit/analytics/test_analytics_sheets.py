"""A workbook's other sheets: loaded, asked about at once, and side by side with the first."""

from collections.abc import Generator
from pathlib import Path

import pandas as pd
import pytest

from graphs.analytics.graph import graph
from tests.support.conversation import Conversation
from tests.support.kit_environment import clean_kit_environment

GOLD = pd.DataFrame({"year": [2000, 2001, 2002], "GOLDPRICE": [279.1, 271.0, 309.7]})
COPPER = pd.DataFrame({"year": [2000, 2001, 2003], "COPPERPRICE": [1.8, 1.6, 1.75], "grade": ["A", "B", "A"]})


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


@pytest.fixture
def conversation(environment: None, tmp_path: Path) -> Conversation:
    path = tmp_path / "metals.xlsx"
    with pd.ExcelWriter(path) as workbook:
        GOLD.to_excel(workbook, index=False, sheet_name="gold")
        COPPER.to_excel(workbook, index=False, sheet_name="copper")
    return Conversation(graph, path)


def mean(reply_table: list[dict[str, float]]) -> float:
    return reply_table[0]["mean_COPPERPRICE"]


async def test_a_sheet_that_was_loaded_is_what_is_asked_about_next(conversation: Conversation) -> None:
    loaded = await conversation.ask("Load the sheet copper")
    reply = await conversation.ask("Average COPPERPRICE")

    assert "**metals_copper.parquet**" in loaded.text
    assert reply.figures["file"] == "metals_copper.parquet"
    assert mean(reply.figures["table"]) == pytest.approx(COPPER.COPPERPRICE.mean())


@pytest.mark.parametrize(
    "text",
    ["Average COPPERPRICE in sheet copper", "Average COPPERPRICE in the copper sheet", "Average COPPERPRICE"],
)
async def test_a_sheet_is_asked_about_in_one_question(conversation: Conversation, text: str) -> None:
    reply = await conversation.ask(text)

    assert mean(reply.figures["table"]) == pytest.approx(COPPER.COPPERPRICE.mean())
    assert "in sheet copper of **metals.xlsx**" in reply.text


async def test_what_follows_stays_on_the_sheet(conversation: Conversation) -> None:
    await conversation.ask("Average COPPERPRICE in sheet copper")
    reply = await conversation.ask("by grade")

    means = COPPER.groupby("grade").COPPERPRICE.mean().to_dict()
    found = {row["grade"]: row["mean_COPPERPRICE"] for row in reply.figures["table"]}
    assert found == pytest.approx(means)


async def test_the_first_sheet_is_meant_where_its_columns_are_named(conversation: Conversation) -> None:
    reply = await conversation.ask("Average GOLDPRICE")

    assert reply.figures["table"][0]["mean_GOLDPRICE"] == pytest.approx(GOLD.GOLDPRICE.mean())


async def test_two_sheets_are_joined(conversation: Conversation) -> None:
    await conversation.ask("Load the sheet copper")
    reply = await conversation.ask(
        "Join metals.xlsx and metals_copper.parquet on year and give mean GOLDPRICE by grade"
    )

    means = GOLD.merge(COPPER, on="year").groupby("grade").GOLDPRICE.mean().to_dict()
    assert {row["grade"]: row["mean_GOLDPRICE"] for row in reply.figures["table"]} == pytest.approx(means)


async def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(conversation: Conversation) -> None:
    reply = await conversation.ask("Load the sheet zinc")

    assert "metals.xlsx has no sheet 'zinc'. Its sheets are: gold, copper." in reply.text


async def test_a_loaded_sheet_is_listed_once(conversation: Conversation) -> None:
    before = await conversation.ask("Which tables do I have?")
    await conversation.ask("Load the sheet copper")
    after = await conversation.ask("Which tables do I have?")

    names = [[each["name"] for each in reply.figures["tables"]] for reply in (before, after)]
    assert names == [["metals", "metals_copper"], ["metals", "metals_copper"]]
