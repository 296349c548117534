"""The report of a session: one page that needs nothing else, and whose figures can be computed again."""

import asyncio
import base64
import hashlib
import html
import subprocess
import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from graphs.analytics.graph import graph
from graphs.analytics.report.report_page import Entry, Picture, render_page
from graphs.analytics.tools.reproduce import check_record, record_of
from tests.support.conversation import Conversation, Reply
from tests.support.kit_environment import clean_kit_environment

SAMPLES = Path(__file__).parents[3] / "graphs" / "analytics" / "samples"
SALES, LONGLEY = SAMPLES / "sales.csv", SAMPLES / "longley.csv"
QUESTIONS = (
    "Total revenue by region in sales.csv",
    "Bar chart of revenue_usd by product in sales.csv.",
    "Regress employed_thousands on all other columns of longley.csv",
    "SELECT region, sum(units) AS units FROM sales GROUP BY region ORDER BY 1",
)


class Page(HTMLParser):
    """A page's tags with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path / "store"):
        yield


async def reported(
    *questions: str, files: Sequence[Path] = (SALES, LONGLEY)
) -> tuple[Conversation, list[Reply], str]:
    """Ask the questions, then for a report; its text."""
    conversation = Conversation(graph, *files)
    replies = [await conversation.ask(question) for question in (*questions, "Write a report.")]
    assert replies[-1].tools == ("write_report",), replies[-1].text
    return conversation, replies, conversation.artifacts.read(replies[-1].figures["report"]).decode()


@dataclass(frozen=True)
class Session:
    """A session that ended with a report, and the files that it had."""

    replies: list[Reply]
    text: str
    files: dict[str, bytes]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    with (
        pytest.MonkeyPatch.context() as patch,
        clean_kit_environment(patch, tmp_path_factory.mktemp("store")),
    ):
        conversation, replies, text = asyncio.run(reported(*QUESTIONS))
        files = {name: conversation.artifacts.read(name) for name in conversation.artifacts.sizes()}
    return Session(replies, text, files)


def test_report_holds_questions_figures_charts_and_sql(session: Session) -> None:
    replies, text, page = session.replies, session.text, Page(session.text)
    flat = " ".join(page.text.split())

    assert replies[-1].text.startswith("**report.html** holds 4 findings on 4 questions, 1 chart and 4 files")
    assert all(question in flat for question in QUESTIONS)
    assert html.escape(QUESTIONS[0]) + " (and 3 more questions)" in text
    for figure in ("279,854.69", "190,886.26", "15.0618723", "304.854074", "2,949"):
        assert figure in page.text
    for reply in replies[:-1]:
        statements = reply.figures.get("sql", [])
        for statement in [statements] if isinstance(statements, str) else statements:
            assert statement in page.text
    (image,) = page.all("img")
    (chart,) = [name for name in session.files if name.endswith(".png")]
    assert image["src"] == f"data:image/png;base64,{base64.b64encode(session.files[chart]).decode()}"
    assert str(image["alt"]).startswith(
        f"{chart} is a bar chart of total revenue_usd by product, from sales.csv"
    )
    for name in ("sales.csv", "longley.csv", chart):
        assert hashlib.sha256(session.files[name]).hexdigest() in page.text


def test_record_holds_the_figures_of_the_answers(session: Session) -> None:
    replies, record = session.replies, record_of(session.text)

    assert [finding["question"] for finding in record["findings"]] == list(QUESTIONS)
    assert [finding["tool"] for finding in record["findings"]] == [
        tool for r in replies[:-1] for tool in r.tools
    ]
    assert [finding["figures"] for finding in record["findings"]] == [reply.figures for reply in replies[:-1]]
    assert record["findings"][0]["arguments"]["groups"] == ["region"]
    assert set(record["files"]) == {"sales.csv", "longley.csv"}


def test_page_needs_nothing_and_runs_nothing(session: Session) -> None:
    text, page = session.text, Page(session.text)

    assert {name for name, _ in page.tags}.isdisjoint(
        {"script", "link", "iframe", "object", "embed", "form", "base"}
    )
    for name, attributes in page.tags:
        assert not [key for key in attributes if key.startswith("on")], name
        for key in ("src", "href", "action", "srcset"):
            assert (attributes.get(key) or "#").startswith(("#", "data:image/png;base64,"))
    assert "url(" not in text
    assert "@import" not in text
    policy = next(each["content"] for each in page.all("meta") if "http-equiv" in each)
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_page_is_accessible_and_prints(session: Session) -> None:
    text, page = session.text, Page(session.text)
    levels = [int(name[1]) for name, _ in page.tags if name in {"h1", "h2", "h3", "h4"}]

    assert page.all("html")[0]["lang"] == "en"
    assert levels.count(1) == 1
    # WCAG 2.2, 1.3.1 (technique G141): no level is skipped on the way down
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(each.get("scope") in {"col", "row"} for each in page.all("th"))
    assert all(each.get("alt") for each in page.all("img"))
    anchors = {each["href"] for each in page.all("a")}
    assert anchors <= {f"#{attributes['id']}" for _, attributes in page.tags if "id" in attributes}
    assert "@media print" in text


async def test_text_of_data_and_people_stays_text(tmp_path: Path) -> None:
    table = tmp_path / "notes.csv"
    table.write_text(
        "who,amount\n<script>alert(1)</script>,1\n![x](http://evil.example/t.png),2\n"
        '<img src=x onerror=alert(1)>,3\n[link](javascript:alert(1)),4\n"</pre><script>alert(2)</script>",5\n'
        "http://evil.example,6\n"
    )
    _, _, text = await reported(
        'Total amount by who in notes.csv, "<b onclick=alert(3)>really</b>"', files=[table]
    )
    page = Page(text)

    assert {name for name, _ in page.tags}.isdisjoint({"script", "img", "b"})
    assert {each["href"] for each in page.all("a")} <= {"#files", "#question-1"}
    assert "<script>alert(1)</script>" in page.text
    assert "![x](http://evil.example/t.png)" in page.text
    (finding,) = record_of(text)["findings"]
    assert {row["who"] for row in finding["figures"]["table"]} >= {"</pre><script>alert(2)</script>"}


async def test_column_called_sql_holds_no_statement(tmp_path: Path) -> None:
    table = tmp_path / "jobs.csv"
    table.write_text("sql,n\n3,1\n5,2\n")
    _, _, text = await reported("SELECT sql, n FROM jobs", files=[table])
    assert text.count("<h4>SQL</h4>\n<pre>SELECT sql, n FROM jobs</pre>") == 1
    assert text.count("<h4>SQL</h4>") == 1


async def test_report_depends_on_the_findings_alone() -> None:
    conversation, replies, text = await reported(QUESTIONS[0])
    again = await conversation.ask("Write a report.")
    _, _, elsewhere = await reported(QUESTIONS[0])

    assert again.files == replies[-1].files
    assert elsewhere == text


async def test_same_request_is_reported_once_and_a_failed_one_never() -> None:
    _, _, text = await reported(
        QUESTIONS[0], QUESTIONS[0], "Total revenue_usd by product where regoin = North in sales.csv"
    )

    assert [finding["tool"] for finding in record_of(text)["findings"]] == ["aggregate"]
    assert "regoin" not in text


async def test_title_is_the_persons_if_given() -> None:
    conversation = Conversation(graph, SALES)
    await conversation.ask(QUESTIONS[0])
    reply = await conversation.ask('Write a report titled "Sales & <Regions>".')
    text = conversation.artifacts.read(reply.figures["report"]).decode()

    assert "<title>Sales &amp; &lt;Regions&gt;</title>" in text


async def test_work_and_report_in_one_message() -> None:
    conversation = Conversation(graph, SALES)
    reply = await conversation.ask("Histogram of units in sales.csv. Then write a report.")

    assert reply.tools == ("draw_histogram", "write_report")
    assert "1 finding on 1 question, 1 chart and 3 files" in reply.text


async def test_nothing_to_report() -> None:
    reply = await Conversation(graph, SALES).ask("Write a report.")

    assert "There is nothing to report yet: ask for figures or a chart first." in reply.text
    assert reply.files == {"sales.csv"}


def test_removed_chart_is_missed_in_words() -> None:
    entry = Entry(
        "Why?",
        "draw_bar_chart",
        {},
        "**a.png** is a chart.",
        {},
        ["a.png"],
        [Picture("a.png", "image/png", None)],
    )
    page = render_page([entry], [])

    assert "a.png was removed from the session." in page
    assert "<img" not in page


# --- computed again


async def test_calls_of_a_report_give_the_same_figures_again() -> None:
    questions = (
        "Which region sold most?",
        "Correlation heat map of longley.csv",
        "Export total revenue by region in sales.csv as Excel",
        "SELECT * FROM sales WHERE units > 20 ORDER BY date, product",
        "SELECT count(*) AS n FROM query_result",
    )
    _, replies, text = await reported(*questions)
    checks = list(check_record(record_of(text), SAMPLES))

    # a query of an earlier one's file among them
    assert [check.tool for check in checks] == [tool for reply in replies[:-1] for tool in reply.tools]
    assert [check.tool for check in checks if not check.same] == []


def test_other_figures_and_other_files_are_noticed(session: Session, tmp_path: Path) -> None:
    record = record_of(session.text)
    record["findings"] = record["findings"][:1]
    del record["files"]["longley.csv"]
    record["findings"][0]["figures"]["table"][0]["sum_revenue_usd"] += 0.01
    (check,) = check_record(record, SAMPLES)
    (tmp_path / "sales.csv").write_bytes(SALES.read_bytes() + b"\n")

    assert not check.same
    assert check.found["table"][0]["sum_revenue_usd"] == pytest.approx(279854.69, abs=1e-6)
    with pytest.raises(ValueError, match=r"sales\.csv is not the file that the report is about"):
        next(check_record(record, tmp_path))
    with pytest.raises(ValueError, match=r"There is no file sales\.csv"):
        next(check_record(record, tmp_path / "elsewhere"))
    with pytest.raises(ValueError, match="no record of findings"):
        record_of("<p>A page</p>")


def test_command_that_the_report_names(session: Session, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    command = "python -m graphs.analytics.tools.reproduce"
    assert command in Page(session.text).text

    # the second finding is made to differ, so one run shows both answers
    report.write_text(session.text.replace("190886.2", "190887.2"))
    arguments = [sys.executable, *command.split()[1:], str(report), str(SAMPLES)]
    run = subprocess.run(arguments, capture_output=True, text=True, check=False)

    lines = run.stdout.splitlines()
    assert lines[0] == "aggregate: the same figures", run.stderr
    assert lines[1].startswith("draw_bar_chart: OTHER figures: {")
    assert lines[2:] == ["fit_linear_regression: the same figures", "run_sql: the same figures"]
    assert run.returncode == 1
