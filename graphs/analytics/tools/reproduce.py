"""Check a report: make each of its calls again on the same files, and compare the figures.

python -m graphs.analytics.tools.reproduce report.html folder-with-the-files
"""

import hashlib
import json
import os
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from math import isclose
from pathlib import Path
from typing import Any

import typer

from graphs.analytics.subagents import SUBAGENTS
from graphs.kit.artifacts import session_artifacts
from graphs.kit.findings import Finding
from graphs.kit.tool import call_tool

_CLOSE = 1e-9
"""Relative; linear algebra differs by less between machines."""


@dataclass(frozen=True)
class Check:
    """A call that was made again: whether it gave the same figures, and what it gave if not."""

    tool: str
    same: bool
    found: Any


def record_of(page: str) -> dict[str, Any]:
    """Return the record in a report's page; ValueError when it has none."""
    parser = _RecordParser()
    parser.feed(page)
    if not parser.text:
        raise ValueError("This page has no record of findings, so it is no report of write_report.")
    return json.loads(parser.text)


def check_record(record: Mapping[str, Any], folder: Path) -> Iterator[Check]:
    """Make the record's calls again in a new session with the files of the folder, and compare their figures.

    The new session and its files stay in the artifact store. Raises ValueError for a file that is missing or
    is another than the report's.
    """
    thread_id = str(uuid.uuid4())
    artifacts = session_artifacts(thread_id)
    for name, sha256 in record["files"].items():
        content = _content(folder / name)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ValueError(f"{name} is not the file that the report is about: its SHA-256 differs.")
        artifacts.save(name, content)
    names: dict[str, str] = {}
    before: list[Finding] = []
    for finding in record["findings"]:
        again = _called_again(finding, thread_id, names, before)
        before.append(again)
        names |= dict(zip(finding["made"], again.files, strict=False))
        # a file that was made anew may have another number behind its name
        found = _renamed(json.loads(json.dumps(again.figures)), {new: old for old, new in names.items()})
        yield Check(finding["tool"], _same(found, finding["figures"]), found)


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise ValueError(f"There is no file {path.name} in {path.parent}: put it there.")
    return path.read_bytes()


def _called_again(
    finding: Mapping[str, Any], thread_id: str, names: Mapping[str, str], before: Sequence[Finding]
) -> Finding:
    """Make the call on the files as they are called now: `names` are those of the files made before."""
    tools = {tool.name: tool for subagent in SUBAGENTS for tool in subagent.tools}
    arguments = _renamed(finding["arguments"], names)
    return call_tool(tools[finding["tool"]], thread_id, arguments, before)


def _renamed(data: Any, names: Mapping[str, str]) -> Any:
    if isinstance(data, dict):
        return {key: _renamed(value, names) for key, value in data.items()}
    if isinstance(data, list):
        return [_renamed(value, names) for value in data]
    return names.get(data, data) if isinstance(data, str) else data


def _same(found: Any, expected: Any) -> bool:
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(_same(found[key], expected[key]) for key in found)
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(_same, found, expected))
    if isinstance(found, float) and isinstance(expected, int | float):
        return isclose(found, expected, rel_tol=_CLOSE, abs_tol=1e-12)
    return found == expected


class _RecordParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self._inside = tag == "pre" and ("id", "record") in attrs

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text += data


def main(report: Path, folder: Path) -> None:
    """Make each call of a report again on the files in the folder, and tell whether the figures agree."""
    with tempfile.TemporaryDirectory() as store:
        os.environ["ARTIFACTS_URL"] = store
        checks = list(check_record(record_of(report.read_text(encoding="utf-8")), folder))
    for check in checks:
        typer.echo(f"{check.tool}: {'the same figures' if check.same else f'OTHER figures: {check.found}'}")
    if not all(check.same for check in checks):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
