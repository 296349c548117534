"""The tool that collects what the session's tools found into a page."""

import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated, Any

from graphs.kit.arguments import text_argument
from graphs.kit.artifacts import media_type_of
from graphs.kit.errors import MissingFileError
from graphs.kit.file_tools import FILES
from graphs.kit.findings import Finding
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.analytics.report.report_page import Entry, PageFile, Picture

_NOT_REPORTED = {"write_report", *(tool.name for tool in FILES.tools)}
_NAMED = re.compile(r"\*\*(.+?)\*\*")


@agent_tool(
    keywords=(
        *("report", "write a report", "html report", "write up", "write it up", "report of this session"),
        *("summary report", "collect the findings", "web page"),
    ),
    examples=(
        "Write a report.",
        'Write a report titled "Sales by region".',
        "Put all of this into an HTML report.",
    ),
)
def write_report(
    session: Session,
    title: Annotated[
        str | None,
        text_argument(
            "The report's title; the first question when not given.",
            cues=("titled", "title", "called", "headed"),
        ),
    ] = None,
) -> Answer:
    """Write a report (HTML) of what this session's tools found: questions, figures, charts, SQL, files."""
    from graphs.analytics.report.report_page import render_page
    from graphs.analytics.tables.wording import many

    findings = _reported(session)
    if not findings:
        raise ValueError("There is nothing to report yet: ask for figures or a chart first.")
    entries = _entries(session, findings)
    files = _files(session, findings)
    page = render_page(entries, files, title)
    name = session.save("report.html", page.encode())["name"]
    pictures = sum(len(entry.pictures) for entry in entries)
    questions = len({finding.question for finding in findings})
    figures = {
        "report": name,
        "questions": questions,
        "findings": [finding.tool for finding in findings],
        "files": [file.name for file in files],
    }
    text = (
        f"**{name}** holds {many(len(findings), 'finding')} on {many(questions, 'question')}, "
        f"{many(pictures, 'chart')} and {many(len(files), 'file')} with their SHA-256. Each finding has "
        "the call that gave it, and its SQL where there is one. Calls that failed are left out."
    )
    return Answer(text, figures)


def _reported(session: Session) -> list[Finding]:
    """The findings on the data, each once; one that another tool worked on stands before that tool's."""
    findings = [each for each in session.findings if each.tool not in _NOT_REPORTED]
    kept: list[Finding] = []
    for finding, following in zip_longest(findings, findings[1:]):
        known = any((each.tool, each.arguments) == (finding.tool, finding.arguments) for each in kept)
        passed_on = finding.of_answer or (following is not None and following.of_answer)
        if passed_on or not known:
            kept.append(finding)
    return kept


def _entries(session: Session, findings: list[Finding]) -> "list[Entry]":
    from graphs.analytics.report.meaning import in_words
    from graphs.analytics.report.report_page import Entry

    entries = []
    source = ""
    for finding in findings:
        words = in_words(finding.tool, finding.arguments)
        source = source if finding.of_answer else words
        meant = f"{words}, of {source}" if finding.of_answer else words
        entries.append(
            Entry(
                asked=finding.question,
                tool=finding.tool,
                call=finding.arguments,
                text=finding.text,
                figures=finding.figures,
                made=finding.files,
                pictures=[_picture(session, name) for name in finding.files if name.endswith(".png")],
                meant=meant if finding.follows_another else "",
            )
        )
    return entries


def _picture(session: Session, name: str) -> "Picture":
    from graphs.analytics.report.report_page import Picture

    try:
        return Picture(name, media_type_of(name), session.artifacts.read(name))
    except MissingFileError:
        return Picture(name, media_type_of(name), None)


def _files(session: Session, findings: list[Finding]) -> "list[PageFile]":
    """The files that the findings read, then those that they made; those that are gone are left out."""
    from graphs.analytics.report.report_page import PageFile

    made = list(dict.fromkeys(name for finding in findings for name in finding.files))
    texts = {text for finding in findings for text in (*_texts(finding.arguments), *_texts(finding.figures))}
    named = texts | {name for text in texts for name in _NAMED.findall(text)}
    read = [name for name in session.known if name in named and name not in made]
    known = [(name, session.known.get(name)) for name in (*read, *made)]
    return [PageFile(name, file["size"], file["sha256"], name in made) for name, file in known if file]


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _texts(value)
