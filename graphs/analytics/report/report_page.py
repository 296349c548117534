"""A report as one HTML page: questions, what tools found, the charts, and a record to compute it again.

The page needs nothing else: pictures are in it, there is no script, and its own policy forbids to load
anything. Equal findings give equal pages.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

_TEMPLATE = "report_page.html.j2"
_QUESTION_CHARACTERS, _TITLE_CHARACTERS = 400, 90
_NO_MARKDOWN = ("image", "link", "reference", "autolink", "heading", "lheading", "html_block", "html_inline")
"""What tools don't write, and text of a table must not become: nothing may point out of the page."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart; its `content` is None when the file is no longer there."""

    name: str
    media_type: str
    content: bytes | None

    @property
    def data(self) -> str:
        """The picture in base64."""
        return base64.b64encode(self.content or b"").decode()


@dataclass(frozen=True)
class Entry:
    """A finding: a tool's call for a person's question, its text (Markdown) and figures, the names of the
    files that it made, and its charts. `meant` says in full what a question stands for that follows another
    ("now by region"), '' for one that speaks for itself."""

    asked: str
    tool: str
    call: Mapping[str, Any]
    text: str
    figures: Mapping[str, Any]
    made: Sequence[str]
    pictures: Sequence[Picture] = ()
    meant: str = ""

    @property
    def name(self) -> str:
        """The tool's name in words."""
        return self.tool.replace("_", " ").capitalize()

    @property
    def summary(self) -> str:
        """The first line without marks: what a chart shows."""
        return self.text.strip().partition("\n")[0].replace("**", "").replace("`", "")

    @property
    def arguments(self) -> str:
        """The call's arguments as JSON."""
        return json.dumps(self.call, ensure_ascii=False, indent=2)

    @cached_property
    def body(self) -> Markup:
        """The text as HTML, without the SQL, which has its own place; markdown-it escapes what is in it."""
        lines = self.text.splitlines()
        kept = [line for line in lines if not (self.sql and line.startswith("- SQL: "))]
        return Markup(_markdown().render("\n".join(kept)))

    @property
    def sql(self) -> list[str]:
        """The statements behind the figures."""
        return list(dict.fromkeys(_statements(self.figures)))


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file that the findings read or made."""

    name: str
    size: int
    sha256: str
    made: bool


@dataclass(frozen=True, slots=True)
class _Section:
    question: str
    findings: Sequence[Entry]
    meant: str = ""

    @property
    def heading(self) -> str:
        """The question, with what it meant behind it when it does not speak for itself."""
        return f"{self.question} → {self.meant}" if self.meant else self.question


def render_page(entries: Sequence[Entry], files: Sequence[PageFile], title: str | None = None) -> str:
    """Return the page. Its title is by default the first question, and how many more there are."""
    sections = [
        _Section(_shortened(question, _QUESTION_CHARACTERS), found, found[0].meant)
        for question, group in groupby(entries, key=lambda entry: entry.asked)
        for found in [list(group)]
    ]
    return _template().render(
        title=title or _title(sections),
        sections=sections,
        files=files,
        record=json.dumps(_record(entries, files), ensure_ascii=False, indent=1, sort_keys=True),
    )


def _record(entries: Sequence[Entry], files: Sequence[PageFile]) -> dict[str, Any]:
    """What it takes to compute the figures again, and what they were."""
    return {
        "files": {file.name: file.sha256 for file in files if not file.made},
        "findings": [
            {
                "question": entry.asked,
                "tool": entry.tool,
                "arguments": entry.call,
                "figures": entry.figures,
                "made": list(entry.made),
            }
            for entry in entries
        ],
    }


def _title(sections: Sequence[_Section]) -> str:
    first = _shortened(sections[0].meant or sections[0].question, _TITLE_CHARACTERS)
    more = len(sections) - 1
    return first + (f" (and {more} more question{'' if more == 1 else 's'})" if more else "")


def _shortened(text: str, most: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1].rstrip()}…"


def _statements(figures: Any) -> Iterator[str]:
    """The texts under "sql"; not of rows, where it is the name of a column."""
    if isinstance(figures, Mapping):
        for key, value in figures.items():
            if key == "sql":
                yield from [value] if isinstance(value, str) else value
            elif key != "table":
                yield from _statements(value)
    elif isinstance(figures, list | tuple):
        for value in figures:
            yield from _statements(value)


@lru_cache(maxsize=1)
def _template() -> Any:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(_TEMPLATE)


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable(_NO_MARKDOWN)
    markdown.core.ruler.push("column_heads", _mark_column_heads)
    markdown.add_render_rule("table_open", lambda *_: '<div class="wide">\n<table>\n')
    markdown.add_render_rule("table_close", lambda *_: "</table>\n</div>\n")
    return markdown


def _mark_column_heads(state: Any) -> None:
    for token in state.tokens:
        if token.type == "th_open":
            token.attrSet("scope", "col")
