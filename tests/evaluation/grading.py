"""Whether an answer is right: all expected figures are in it, beside the right words, and nothing else is.

A figure counts when it rounds to the expected one and is shown to one per cent or better. Where a table or a
list names several things, each figure must stand in the row or beside the name of its own.
"""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from lxml import html
from openpyxl import load_workbook

from graphs.kit.figure_sources import unsourced_figures
from tests.evaluation.figures import Line, Shown, cells, lines, published, values, without_dates
from tests.evaluation.question import Ask, Expected, Figures, InFile, Label, Near, Size

_FIRST_DAY = re.compile(r"-01-01(?:[ T]00:00:00)?$")
"""What a year is followed by in a column of dates."""

_COARSEST = 0.01
"""Half of the last digit shown, as a part of the value: 20.1 shows 20.08 well enough, 20 doesn't."""
_EXACT = 5e-4
"""A figure as near as this is right with however few digits: 13 for 13.0006, but not 20 for 20.08."""

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Answer:
    """What came of a message: the words, the figures of its tools, and the files that are new."""

    text: str
    results: Sequence[Mapping[str, Any]]
    new_files: Mapping[str, bytes]
    all_files: Sequence[str]


def problems(ask: Ask, answer: Answer) -> list[str]:
    """Return what is wrong with the answer, each in a few words; nothing if it is right."""
    found = _missing(ask.figures, list(lines(answer.text)), answer.results)
    found += [f"doesn't say {words!r}" for words in ask.said if not _says(answer.text, words)]
    found += _misplaced(ask.order, answer.text)
    for file in ask.files:
        found += _wrong_file(file, answer)
    if ask.refused:
        found += _not_refused(ask, answer)
    return found


def _missing(figures: Figures, text: Sequence[Line], results: Sequence[Mapping[str, Any]]) -> list[str]:
    exact = list(values(list(results)))
    told = [(line, _labels_in(line, figures)) for line in text if line.figures]
    return [
        f"no {_described(expected)} for {_named(label)}"
        for label, expected in figures.items()
        if not any(_holds(line, label, present, expected, exact) for line, present in told)
    ]


def _holds(
    line: Line, label: Label, present: Mapping[Label, int], expected: Expected, exact: Sequence[float]
) -> bool:
    if label and label not in present:
        return False
    if line.beside or len(present) < 2 or not label:
        return any(_matches(shown, expected, exact) for shown in line.figures)
    # "20.1 for the USA, 27.9 for Europe" and "USA: 20.1, Europe: 27.9"
    return any(_matches(shown, expected, exact) for shown in _beside(line, label, present))


def _beside(line: Line, label: Label, present: Mapping[Label, int]) -> list[Shown]:
    """Return the line's figures that may belong to the label: up to the label before it, and the one behind.

    Each figure may so belong to two labels, but all of a line's labels find theirs only if none is swapped.
    """
    own = present[label]
    following = min((place for place in present.values() if place > own), default=len(line.text) + 1)
    before = max((place for place in present.values() if place < own), default=-1)
    return [shown for shown in line.figures if before < shown.start < following]


def _labels_in(line: Line, figures: Figures) -> dict[Label, int]:
    """Return the labels that stand beside the line's figures, and where the last word of each begins."""
    found = {}
    for label in figures:
        words = (label,) if isinstance(label, str) else label
        places = [_place(line, word) for word in words if word]
        if places and all(place is not None for place in places):
            found[label] = max(place for place in places if place is not None)
    return found


def _place(line: Line, word: str) -> int | None:
    if line.beside:
        return 0 if any(_in_cell(cell, word) for cell in line.beside) else None
    match = _pattern(word).search(_plain(line.text))
    return match.start() if match else None


def _in_cell(cell: str, word: str) -> bool:
    """A number labels a row when it is a whole cell: 8 isn't meant by 8.5, or by the 8 in a note."""
    if word.isdigit():
        return _FIRST_DAY.sub("", cell.replace(",", "").removesuffix(".0")) == word
    return _pattern(word).search(_plain(cell)) is not None


def _pattern(words: str) -> re.Pattern[str]:
    choices = "|".join(re.escape(_plain(choice)) for choice in words.split("|"))
    return re.compile(rf"(?<!\w)(?<!\d[.,])(?:{choices})(?!\w)(?![.,]\d)")


def _plain(text: str) -> str:
    return text.replace("_", " ").replace("*", " ").casefold()


def _matches(shown: Shown, expected: Expected, exact: Sequence[float]) -> bool:
    if isinstance(expected, Near):
        return not shown.below and abs(shown.value - expected.value) <= expected.tolerance
    if isinstance(expected, Size):
        shown, expected = replace(shown, value=abs(shown.value)), abs(expected.value)
    wanted = published(expected) if isinstance(expected, str) else Shown(float(expected), 0.0)
    if shown.below:
        # a bound says too little by itself: the tool must have given the figure
        return 0 <= wanted.value < shown.value <= 0.001 and any(
            _rounds(Shown(value, 0.0), wanted) for value in exact
        )
    return _rounds(_hundredth(shown) if shown.percent else shown, wanted)


def _rounds(shown: Shown, wanted: Shown) -> bool:
    size = abs(wanted.value)
    if abs(shown.value - wanted.value) > shown.half_unit + wanted.half_unit + _ROUNDING * size:
        return False
    close = abs(shown.value - wanted.value) <= _EXACT * size
    return shown.half_unit <= _COARSEST * size or close


def _hundredth(shown: Shown) -> Shown:
    return Shown(shown.value / 100, shown.half_unit / 100)


def _says(text: str, words: str) -> bool:
    return _pattern(words).search(_plain(text)) is not None


def _misplaced(order: Sequence[str], text: str) -> list[str]:
    plain = _plain(text)
    matches = [_pattern(name).search(plain) for name in order]
    if order and matches[0] is None:
        return [f"doesn't name {order[0]!r}"]
    places = [match.start() for match in matches if match]
    return [] if places == sorted(places) else [f"not in the order {', '.join(order)}"]


def _not_refused(ask: Ask, answer: Answer) -> list[str]:
    # which dates or groups there are may be said
    invented = unsourced_figures(without_dates(answer.text), [ask.text], answer.all_files)
    return [
        *([f"has figures: {', '.join(invented)}"] if invented else []),
        *(["a tool gave figures"] if answer.results else []),
        *([f"made {', '.join(answer.new_files)}"] if answer.new_files else []),
    ]


def _wrong_file(file: InFile, answer: Answer) -> list[str]:
    made = [name for name in answer.new_files if name.endswith(file.suffix)]
    named = [name for name in made if name in answer.text]
    if not named:
        return [f"{'names' if made else 'makes'} no {file.suffix} file"]
    wrong = [_wrong_content(file, name, answer) for name in named]
    return min(wrong, key=len)


def _wrong_content(file: InFile, name: str, answer: Answer) -> list[str]:
    read = _READERS.get(PurePosixPath(name).suffix)
    if read is None:
        return []
    rows, text = read(answer.new_files[name])
    found = _missing(file.figures, text, ())
    if file.rows is not None and rows != file.rows:
        found.append(f"{rows} rows, not {file.rows}")
    if file.total:
        column, wanted = file.total
        found += _wrong_total(text, column, wanted)
    return [f"{name}: {problem}" for problem in found]


def _wrong_total(text: Sequence[Line], column: str, wanted: float) -> list[str]:
    """The figures under a head, added up: the last of what stands beside a cell is its head."""
    found = sum(shown.value for line in text for shown in line.figures if line.beside[-1:] == (column,))
    return [] if found == wanted else [f"{column} adds up to {found:g}, not {wanted:g}"]


def _read_csv(content: bytes) -> tuple[int, list[Line]]:
    return _table(list(csv.reader(io.StringIO(content.decode("utf-8-sig")))))


def _read_excel(content: bytes) -> tuple[int, list[Line]]:
    sheet = load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    rows = [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    return _table(rows)


def _read_html(content: bytes) -> tuple[int, list[Line]]:
    page = html.fromstring(content)
    found: list[Line] = []
    for table in page.iter("table"):
        rows = [[cell.text_content().strip() for cell in row.iter("td", "th")] for row in table.iter("tr")]
        found += _table(rows)[1]
    for table in list(page.iter("table", "style", "script")):
        table.drop_tree()
    return 0, [*found, *lines(page.text_content())]


_READERS: Mapping[str, Callable[[bytes], tuple[int, list[Line]]]] = {
    ".csv": _read_csv,
    ".xlsx": _read_excel,
    ".html": _read_html,
}


def _table(rows: Sequence[Sequence[str]]) -> tuple[int, list[Line]]:
    head, *body = rows or [[]]
    return len(body), [line for row in body for line in cells(row, head)]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _described(expected: Expected) -> str:
    if isinstance(expected, Near):
        return f"{expected.value:g} ± {expected.tolerance:g}"
    if isinstance(expected, Size):
        return f"{expected.value:.8g} or {-expected.value:.8g}"
    return expected if isinstance(expected, str) else f"{expected:.8g}"


def _named(label: Label) -> str:
    return (label if isinstance(label, str) else " / ".join(label)) or "the answer"
