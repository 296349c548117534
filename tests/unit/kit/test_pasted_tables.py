"""Tables pasted in a message: found as they were written, and no prose taken for one."""

import csv
import io
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graphs.kit.tables.pasted import find_tables

ROWS = [["x", "y"], ["1", "2.5"], ["3", "4.5"]]


def only_rows(text: str) -> list[list[str]]:
    """Return the rows of the one table in the text."""
    (table,) = find_tables(text)
    return table.rows


@pytest.mark.parametrize(
    "text",
    [
        "x,y\n1,2.5\n3,4.5",
        "x, y\n1, 2.5\n3, 4.5\n",
        "x,y\r\n1,2.5\r\n3,4.5\r\n",
        "x\ty\n1\t2.5\n3\t4.5",
        "x;y\n1;2.5\n3;4.5",
        "x|y\n1|2.5\n3|4.5",
        "|x|y|\n|1|2.5|\n|3|4.5|",
        '"x","y"\n"1","2.5"\n"3","4.5"',
        "| x | y |\n|---|---|\n| 1 | 2.5 |\n| 3 | 4.5 |",
        "x | y\n:--|--:\n1 | 2.5\n3 | 4.5",
        "```csv\nx,y\n1,2.5\n3,4.5\n```",
        "```\nx\ty\n1\t2.5\n3\t4.5\n```",
        "```CSV  \r\nx;y\r\n\r\n1;2.5\r\n3;4.5\r\n```\r\n",
        "Data: ```csv\nx,y\n1,2.5\n3,4.5```",
        "```csv\nx,y\n1,2.5\n3,4.5",
        "```markdown\n| x | y |\n|---|---|\n| 1 | 2.5 |\n| 3 | 4.5 |\n```",
    ],
)
def test_forms(text: str) -> None:
    assert only_rows(text) == ROWS


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Fit this:\n", "\nThanks!"),
        ("Hi, please fit this:\n", "\nThanks, and bye."),
        ("Hello, there\n", "\nRegards, Ann"),
        ("Dear Bodhi, hello, welcome,\n", "\nwith alpha, beta, gamma"),
        ("Hi, all.\nHere, at last, the data:\n", "\nWhat is B1, and its error?\nAnd, say, R2?"),
        ("Data\n", ""),
        ("First, this.\n\n", "\n\nThen, that."),
    ],
)
@pytest.mark.parametrize("table", ["x,y\n1,2.5\n3,4.5", "| x | y |\n|---|---|\n| 1 | 2.5 |\n| 3 | 4.5 |"])
def test_sentences_may_touch_the_table(before: str, table: str, after: str) -> None:
    text = before + table + after
    (found,) = find_tables(text)

    assert found.rows == ROWS
    assert text[found.start : found.end].strip() == table


def test_sentences_around_a_wide_table() -> None:
    rows = only_rows("Profile this, please:\nname,age,city\nAnn,31,Oslo\nBob,45,Rome\nWhich, on average?")

    assert rows == [["name", "age", "city"], ["Ann", "31", "Oslo"], ["Bob", "45", "Rome"]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello",
        "First, measure the part\nThen, repair it\nFinally, tell me its volume",
        "I have apples, pears\nand plums, and cherries\nand, well, figs, dates",
        "Well, 3 of them\nOr, 4 of them\nPerhaps, 5 of them",
        "The first came, and went.\nThe second came, and stayed.\nThe third came, and saw.",
        "- bread, white\n- wine, red\n- cheese, blue",
        "total = add(a, b)\nrest = sub(a, b)\nmore = mul(a, b)",
        '{"a": 1, "b": 2}\n{"a": 3, "b": 4}\n{"a": 5, "b": 6}',
        '{"a":1,"b":2}\n{"a":3,"b":4}\n{"a":5,"b":6}',
        '{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}',
        "```python\na, b = 1, 2\nc, d = 3, 4\ne, f = 5, 6\n```",
        "```json\n[\n1,2,\n3,4,\n5,6\n]\n```",
        "```sql\nselect a, b\nfrom t, u\nwhere a, b\n```",
        "x,y\n1,2",
        "one\ntwo\nthree",
        "x,y\n\n1,2\n\n3,4",
    ],
)
def test_what_is_no_table(text: str) -> None:
    assert find_tables(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "x,y,z\n1,2,3\n4,5,6\n7,8\n9,10,11\n12,13,14",
        "x,y\n1,2\n3,4\n5",
        "x,y\n1,2\n3,4\n5,6,7",
        "name,age\nAnn,3\nBob,4\nCat\nDan,5",
        "| x | y |\n|---|---|\n| 1 | 2 |\n| 3 |\n| 5 | 6 |",
        "```csv\nx,y\n1,2\n3,4\n5\n```",
        "name,team\nAnn,red\nBob,blue\nCat,red,captain",
    ],
)
def test_uneven_table_is_not_taken_in_part(text: str) -> None:
    assert find_tables(text) == []


def test_decimal_commas() -> None:
    assert only_rows("x;y\n1,5;2,5\n3,5;4,5") == [["x", "y"], ["1,5", "2,5"], ["3,5", "4,5"]]


def test_semicolons_inside_some_cells() -> None:
    assert only_rows("id,notes\n1,a;b\n2,c;d\n3,e;f") == [
        ["id", "notes"],
        ["1", "a;b"],
        ["2", "c;d"],
        ["3", "e;f"],
    ]


def test_quoted_cells() -> None:
    assert only_rows('name,size\n"Smith, J",5\n"8"" pipe",6') == [
        ["name", "size"],
        ["Smith, J", "5"],
        ['8" pipe', "6"],
    ]


def test_quoted_cell_over_two_lines_in_a_fence() -> None:
    assert only_rows('```csv\nname,size\n"two\nlines",5\nb,6\n```') == [
        ["name", "size"],
        ["two\nlines", "5"],
        ["b", "6"],
    ]


def test_empty_cells_stay() -> None:
    tasks = "task,days,after\nA,2,\nB,4,A\nC,,B"

    assert only_rows(tasks) == [["task", "days", "after"], ["A", "2", ""], ["B", "4", "A"], ["C", "", "B"]]
    assert only_rows("|a||c|\n|-|-|-|\n|1||3|\n||5||".replace("|a||c|", "|a|b|c|")) == [
        ["a", "b", "c"],
        ["1", "", "3"],
        ["", "5", ""],
    ]


def test_index_column_of_pandas_has_no_name() -> None:
    assert only_rows(",x,y\n0,1,2\n1,3,4\n")[0] == ["", "x", "y"]


def test_escaped_pipe() -> None:
    assert only_rows("| a | b |\n|--|--|\n| x \\| y | 1 |\n| z | 2 |")[1] == ["x | y", "1"]


def test_words_only_without_spaces_after_the_commas() -> None:
    assert only_rows("name,team\nAnn Lee,red\nBob,blue") == [
        ["name", "team"],
        ["Ann Lee", "red"],
        ["Bob", "blue"],
    ]


def test_units_row_and_dates() -> None:
    assert len(only_rows("day,mass\n-,kg\n2024-01-05,5\n2024-01-06,6")) == 4


def test_several_tables_in_their_order() -> None:
    text = "One:\nx,y\n1,2\n3,4\n\n```\na;b\n5;6\n7;8\n```\nand\n| p | q |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n"
    tables = find_tables(text)

    assert [table.rows[0] for table in tables] == [["x", "y"], ["a", "b"], ["p", "q"]]
    assert [text[table.start] for table in tables] == ["x", "`", "|"]


def test_csv_of_a_table_reads_back() -> None:
    (table,) = find_tables('name;note\n"a, b";"say ""hi"""\nc;5')

    assert list(csv.reader(io.StringIO(table.csv().decode()))) == table.rows


@pytest.mark.parametrize(
    "text",
    [
        '"' + "x," * 100_000 + "\n1,2\n3,4",
        '```csv\n"' + "a,b\n" * 100_000 + "```",
        "a," + "x" * 200_000 + "\n1,2\n3,4",
        (" " * 100_000 + "|x\n") * 3,
        "```" + " " * 100_000 + "x\n" * 3,
        "```a\n" * 30_000,
        ("1" + "." * 50_000 + "x,2\n") * 3,
        "|" * 200_000 + "\n",
        "|-" * 100_000 + "x\n1|2",
        ",\n" * 20_000,
    ],
    ids=range(10),
)
def test_odd_input_ends_soon(text: str) -> None:
    begin = time.perf_counter()
    find_tables(text)

    assert time.perf_counter() - begin < 5


WORDS = st.sampled_from(
    ["please", "fit", "the", "data", "and", "report", "what", "you", "with", "alpha", "each"]
)
SENTENCES = st.builds(
    lambda words, comma, end: " ".join([words[0].title() + comma, *words[1:]]) + end,
    st.lists(WORDS, min_size=3, max_size=9),
    st.sampled_from(["", ","]),
    st.sampled_from([".", "?", "!", ":"]),
)
PARAGRAPHS = st.lists(SENTENCES, max_size=3).map("\n".join)
NUMBERS = st.one_of(st.integers(-9999, 9999).map(str), st.floats(-1e9, 1e9).map(repr))
PLAIN = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="`|;\t\u2028\u2029"), max_size=12
).map(str.strip)
NAMES = st.text(st.characters(categories=["L"]), min_size=1, max_size=12)


@st.composite
def tables(draw: st.DrawFn, cells: st.SearchStrategy[str] = PLAIN) -> list[list[str]]:
    """A table with named columns, the last of them numbers."""
    width = draw(st.integers(1, 5))
    header = draw(st.lists(NAMES, min_size=width + 1, max_size=width + 1))
    body = draw(
        st.lists(st.tuples(st.lists(cells, min_size=width, max_size=width), NUMBERS), min_size=2, max_size=8)
    )
    return [header, *([*row, number] for row, number in body)]


def written(rows: list[list[str]], delimiter: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


@given(tables(), st.sampled_from(",;\t"), PARAGRAPHS, PARAGRAPHS)
def test_table_between_prose_comes_back_equal(
    rows: list[list[str]], delimiter: str, before: str, after: str
) -> None:
    table = written(rows, delimiter)
    text = f"{before}\n\n{table}\n{after}"
    (found,) = find_tables(text)

    assert found.rows == rows
    assert text[found.start : found.end] == table


@given(tables(), st.sampled_from(["csv", ""]), PARAGRAPHS, PARAGRAPHS)
def test_fenced_table_between_prose_comes_back_equal(
    rows: list[list[str]], language: str, before: str, after: str
) -> None:
    text = f"{before}\n```{language}\n{written(rows, ',')}```\n{after}"
    (found,) = find_tables(text)

    assert found.rows == rows
    assert text[found.start : found.end].startswith("```")


@given(tables(NAMES), PARAGRAPHS, PARAGRAPHS)
@example(
    [["A", "A"], ["A", "0"], ["A", "0"]],
    "Please, please.\nPlease, please.",
    "Please, please.\nPlease, please.",
)
def test_table_that_touches_prose_comes_back_equal(rows: list[list[str]], before: str, after: str) -> None:
    (found,) = find_tables(f"{before}\n{written(rows, ',')}{after}")

    assert found.rows == rows


@given(st.lists(PARAGRAPHS, max_size=4).map("\n\n".join))
def test_prose_is_no_table(text: str) -> None:
    assert find_tables(text) == []


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for table in find_tables(text):
        assert 0 <= table.start < table.end <= len(text)
        assert len({len(row) for row in table.rows}) == 1
        assert table.csv()
