"""Tables pasted into a text."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

_FENCE_OPENS = re.compile(r"```[ \t]*+(\w*+)\s*+$")
_FENCED_TABLES = {"", "csv", "tsv", "psv", "text", "txt", "table", "markdown", "md"}
_DELIMITERS = "\t;,|"
_PIPE = re.compile(r"(?<!\\)\|")
_RULE_CELL = re.compile(r":?-+:?")
_NUMERIC = re.compile(r"\W*+\d[\d\W]*+(?:[eE][-+]?\d++\W*+)?")
"""A number, an amount of money, a percentage, a date or a time: digits and signs, no words."""
_MIN_ROWS = 3
"""A header and two rows: fewer lines with commas are more likely prose."""
_MAX_HEADER_CHARACTERS = 80
_EXCEL_ROWS = 20
"""So many rows of a sheet say what its columns hold."""

Rows = list[list[str]]


@dataclass(frozen=True)
class PastedTable:
    """A table in a text: its place (character offsets) and its rows, the header first."""

    start: int
    end: int
    rows: Rows

    def csv(self) -> bytes:
        """Return the table as CSV, UTF-8."""
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(self.rows)
        return buffer.getvalue().encode()


@dataclass(frozen=True)
class _Line:
    start: int
    end: int
    text: str


def find_tables(text: str) -> list[PastedTable]:
    """Return the tables pasted in a text: fenced blocks, Markdown tables, and delimited lines.

    Sentences may stand directly above and below. A table with an uneven row is not taken at all: half of
    it would give an answer that is wrong without a sign.
    """
    return list(_tables(_lines(text)))


def _lines(text: str) -> list[_Line]:
    lines = []
    offset = 0
    for line in text.splitlines(keepends=True):
        lines.append(_Line(offset, offset + len(line), line))
        offset += len(line)
    return lines


def _tables(lines: Sequence[_Line]) -> Iterator[PastedTable]:
    paragraph: list[_Line] = []
    remaining = iter(lines)
    for line in remaining:
        if opening := _FENCE_OPENS.search(line.text):
            yield from _tables_in_paragraph(paragraph)
            paragraph = []
            yield from _table_in_fence(line, opening, remaining)
        elif line.text.strip():
            paragraph.append(line)
        else:
            yield from _tables_in_paragraph(paragraph)
            paragraph = []
    yield from _tables_in_paragraph(paragraph)


def _table_in_fence(first: _Line, opening: re.Match[str], rest: Iterator[_Line]) -> Iterator[PastedTable]:
    """Consume the lines up to the closing fence (or the end) and yield what they hold, if it is a table."""
    body: list[str] = []
    end = first.end
    for line in rest:
        end = line.end
        before, fence, _ = line.text.partition("```")
        body.append(before)
        if fence:
            break
    if opening[1].lower() not in _FENCED_TABLES:
        return
    if rows := _fenced_rows([line for line in body if line.strip()]):
        yield PastedTable(first.start + opening.start(), end, rows)


def _fenced_rows(lines: Sequence[str]) -> Rows | None:
    if any(_is_rule(line) for line in lines):
        return _regular([_pipe_cells(line) for line in lines if not _is_rule(line)])
    text = "".join(lines)
    parsed = (_parsed(text, delimiter) for delimiter in _DELIMITERS if delimiter in text)
    return next(filter(None, map(_regular, parsed)), None)


def _tables_in_paragraph(lines: Sequence[_Line]) -> Iterator[PastedTable]:
    rules = [number for number, line in enumerate(lines) if number and _is_rule(line.text)]
    if rules:
        yield from _markdown_tables(lines, rules)
        return
    present = [mark for mark in _DELIMITERS if any(mark in line.text for line in lines)]
    found = [_delimited_tables(lines, delimiter) for delimiter in present]
    yield from max(found, key=lambda tables: sum(len(table.rows) for table in tables), default=[])


def _markdown_tables(lines: Sequence[_Line], rules: Sequence[int]) -> Iterator[PastedTable]:
    for number in rules:
        end = number + 1
        while end < len(lines) and "|" in lines[end].text:
            end += 1
        rows = [_pipe_cells(line.text) for line in (lines[number - 1], *lines[number + 1 : end])]
        if rows := _regular(rows):
            yield PastedTable(lines[number - 1].start, lines[end - 1].end, rows)


def _delimited_tables(lines: Sequence[_Line], delimiter: str) -> list[PastedTable]:
    """Return the runs of lines with the same number of cells, when all else in the paragraph is prose."""
    rows = [_cells(line.text, delimiter) for line in lines]
    tables: list[PastedTable] = []
    rest = set(range(len(lines)))
    for start, end in _runs(rows):
        first, last = _without_sentences(lines, rows, start, end, delimiter)
        regular = _regular(rows[first:last])
        if regular and not _reads_as_prose(lines[first:last], regular, delimiter):
            tables.append(PastedTable(lines[first].start, lines[last - 1].end, regular))
            rest -= set(range(first, last))
    return tables if all(_is_prose(lines[number], rows[number]) for number in rest) else []


def _runs(rows: Rows) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each run of rows with the same number of cells."""
    start = 0
    for _, run in groupby(rows, key=len):
        end = start + len(list(run))
        yield start, end
        start = end


def _without_sentences(
    lines: Sequence[_Line], rows: Rows, start: int, end: int, delimiter: str
) -> tuple[int, int]:
    """Narrow a run by the sentences above and below that happen to have as many delimiters as its rows.

    Such a line has words where the others have numbers, and ends as a sentence does or has spaces after its
    delimiters where the others have none.
    """
    numeric = _numeric_columns(rows[start:end], share=1 / 5)
    spaced = [f"{delimiter} " in line.text for line in lines]
    mostly_spaced = sum(spaced[start:end]) * 2 > end - start

    def has_words(number: int) -> bool:
        return not any(_NUMERIC.fullmatch(rows[number][column]) for column in numeric)

    def is_sentence(number: int) -> bool:
        ends = bool(numeric) and lines[number].text.rstrip().endswith((".", "!", "?", ":"))
        return has_words(number) and (ends or (spaced[number] and not mostly_spaced))

    while end - start > 1 and is_sentence(start) and has_words(start + 1):
        start += 1
    while end - start > 1 and is_sentence(end - 1):
        end -= 1
    return start, end


def _numeric_columns(rows: Rows, share: float) -> list[int]:
    """Return the columns in which at least this share of the rows have a number."""
    counts = [sum(bool(_NUMERIC.fullmatch(cell)) for cell in column) for column in zip(*rows, strict=True)]
    return [number for number, count in enumerate(counts) if count >= share * len(rows)]


def _reads_as_prose(lines: Sequence[_Line], rows: Rows, delimiter: str) -> bool:
    """Words only, and a space after a comma: clauses of sentences, or code."""
    return (
        delimiter in ",;"
        and any(f"{delimiter} " in line.text for line in lines)
        and not _numeric_columns(rows[1:], share=1 / 2)
    ) or lines[0].text.startswith(("{", "["))


def _is_prose(line: _Line, row: list[str]) -> bool:
    has_number = any(_NUMERIC.fullmatch(cell) for cell in row)
    return not has_number and (len(row) == 1 or " " in line.text.strip())


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == "|":
        return _pipe_cells(line)
    parsed = _parsed(line, delimiter)
    return parsed[0] if len(parsed) == 1 else [line]


def _parsed(text: str, delimiter: str) -> Rows:
    """Return the rows of delimited text; none when it is not well-formed (an open quote without an end)."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        return []
    return [[cell.strip() for cell in row] for row in rows if row]


def _pipe_cells(line: str) -> list[str]:
    """Return the cells of a line of a Markdown table; the outer pipes are a matter of taste."""
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _PIPE.split(inner)]


def _is_rule(line: str) -> bool:
    return "|" in line and all(map(_RULE_CELL.fullmatch, _pipe_cells(line)))


def _regular(rows: Rows) -> Rows | None:
    """Return the rows when they are a table: all of one length, the header's cells named, else None.

    The first cell of the header may be empty: pandas writes its index so.
    """
    if len(rows) < _MIN_ROWS or len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:
        return None
    header_is_named = all(rows[0][1:]) and all(len(cell) < _MAX_HEADER_CHARACTERS for cell in rows[0])
    return rows if header_is_named else None
