import codecs
from datetime import date, datetime

import duckdb
import pandas as pd
import pytest

from graphs.kit.tables.excel import excel_sheets
from graphs.kit.tables.load import (
    Column,
    TableFile,
    connect,
    describe_table,
    load_frame,
    read_table,
    table_name,
)


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="table.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write_file


def types(info):
    return {column.name: column.type for column in info.columns}


def test_csv_gets_types_and_keeps_the_names_of_its_columns(write):
    path = write('When?,Größe m²,"a ""b""",n\n2024-01-31,1.5,x,1\n2024-02-01,,y,2\n')

    info = describe_table("t", path)

    assert info.rows == 2
    assert types(info) == {"When?": "DATE", "Größe m²": "DOUBLE", 'a "b"': "VARCHAR", "n": "BIGINT"}
    assert info.notes == ()
    frame = load_frame(path)
    assert list(frame.columns) == ["When?", "Größe m²", 'a "b"', "n"]
    assert frame["Größe m²"].isna().tolist() == [False, True]
    assert frame["When?"].tolist() == [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-01")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_found(write, separator):
    path = write(f"name{separator}n\nx{separator}1\ny{separator}2\n")

    assert load_frame(path).to_dict("list") == {"name": ["x", "y"], "n": [1, 2]}


def test_separator_inside_quotes_and_line_ends_inside_quotes_are_text(write):
    path = write('a,b\r\n"x, y\r\nz",1\r\n"he said ""no""",2\r\n')

    assert load_frame(path)["a"].tolist() == ["x, y\r\nz", 'he said "no"']


def test_one_column_of_text_with_commas_is_one_column(write):
    assert load_frame(write("remark\nfine, thanks\nbad\n"))["remark"].tolist() == ["fine, thanks", "bad"]


def test_commas_in_text_do_not_make_a_semicolon_file_comma_separated(write):
    path = write("text;n\nhello, world, foo;1\nfoo, bar, x;2\n")

    assert load_frame(path).to_dict("list") == {"text": ["hello, world, foo", "foo, bar, x"], "n": [1, 2]}


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", codecs.BOM_UTF8), ("cp1252", b""), ("utf-16-le", codecs.BOM_UTF16_LE)],
)
def test_encoding_is_found(write, encoding, mark):
    path = write(mark + "Stadt,Preis €\nKöln,1.5\nMünchen,2.5\n".encode(encoding))

    assert load_frame(path).to_dict("list") == {"Stadt": ["Köln", "München"], "Preis €": [1.5, 2.5]}
    assumed = any("Windows-1252" in note for note in describe_table("t", path).notes)
    assert assumed == (encoding == "cp1252")


def test_utf8_is_recognised_when_a_character_straddles_two_reads(write):
    path = write("a\n" + "x" * ((1 << 20) - 3) + "ö\n")

    assert load_frame(path)["a"].iloc[0].endswith("xö")


def test_german_numbers_and_dates(write):
    path = write(
        "Datum;Menge;Preis;Umsatz;PLZ\n01.02.2024;3;1,50;1.234,50;01234\n13.02.2024;4;2,75;11.000,00;99999\n"
    )

    frame = load_frame(path)

    assert frame["Preis"].tolist() == [1.5, 2.75]
    assert frame["Umsatz"].tolist() == [1234.5, 11000.0]
    assert frame["PLZ"].tolist() == ["01234", "99999"]
    assert frame["Datum"].dt.strftime("%Y-%m-%d").tolist() == ["2024-02-01", "2024-02-13"]
    assert describe_table("t", path).notes == ("'Preis', 'Umsatz' were read with a decimal comma.",)


def test_a_point_groups_thousands_where_the_rest_of_the_file_has_decimal_commas(write):
    german = write("share;total\n10,5;1.234\n11,25;950\n")
    english = write("share;total\n10.5;1.234\n11.25;0.95\n", "english.csv")

    assert load_frame(german).to_dict("list") == {"share": [10.5, 11.25], "total": [1234, 950]}
    assert load_frame(english).to_dict("list") == {"share": [10.5, 11.25], "total": [1.234, 0.95]}


def test_a_comma_groups_thousands_in_a_comma_separated_file(write):
    path = write('n,amount\n1,"1,234"\n2,"12,000"\n')

    assert load_frame(path)["amount"].tolist() == [1234, 12000]
    assert describe_table("t", path).notes == ("'amount' was read with the comma as thousands separator.",)


def test_addresses_are_no_numbers(write):
    frame = load_frame(write("host,n\n192.168.100.101,1\n192.168.100.102,2\n"))

    assert frame["host"].tolist() == ["192.168.100.101", "192.168.100.102"]


@pytest.mark.parametrize(("separator", "number"), [(";", 1.234), ("\t", 1234)])
def test_what_fits_both_rules_goes_by_the_separator_with_a_note(write, separator, number):
    path = write(f"k{separator}v\na{separator}1,234\nb{separator}2,500\n")

    assert load_frame(path)["v"].iloc[0] == number
    assert len(describe_table("t", path).notes) == 1


def test_french_numbers_with_narrow_no_break_spaces(write):
    assert load_frame(write("a;b\nx;1\u202f234,5\ny;12,75\n"))["b"].tolist() == [1234.5, 12.75]


def test_marks_of_missing_values_count_as_missing_among_numbers_only(write):
    frame = load_frame(write("region,n,x\nNA,NA,1.5\nEU,3,n/a\nNA,4,-\n"))

    assert frame["region"].tolist() == ["NA", "EU", "NA"]
    assert frame["n"].isna().tolist() == [True, False, False]
    assert frame["n"].tolist()[1:] == [3, 4]
    assert frame["x"].isna().tolist() == [False, True, True]


def test_one_word_among_numbers_leaves_the_column_text(write):
    frame = load_frame(write("n\n" + "1.5\n" * 30_000 + "unknown\n"))

    assert frame["n"].iloc[0] == "1.5"
    assert frame["n"].iloc[-1] == "unknown"


def test_codes_with_leading_zeros_stay_text(write):
    assert load_frame(write("code,n\n007,1\n010,2\n"))["code"].tolist() == ["007", "010"]


def test_order_of_day_and_month_follows_the_file_or_the_caller(write):
    american = write("d\n01/25/2024\n03/04/2024\n")
    either = write("d\n01/02/2024\n03/04/2024\n", "either.csv")

    assert load_frame(american)["d"].tolist() == [pd.Timestamp("2024-01-25"), pd.Timestamp("2024-03-04")]
    assert describe_table("t", american).notes == ()
    assert describe_table("t", either).notes == (
        "Dates in 'd' were read as day/month; the other order would fit too.",
    )
    month_first = TableFile(either, day_first=False)
    assert load_frame(month_first)["d"].tolist() == [pd.Timestamp("2024-01-02"), pd.Timestamp("2024-03-04")]
    assert describe_table("t", month_first).notes == ()


@pytest.mark.parametrize(
    ("values", "kind", "first"),
    [
        (["2024-01-31", "2024-2-1"], "DATE", datetime(2024, 1, 31)),
        (
            ["2024-01-31 10:30", "2024-02-01T11:00:15.5", "2024-02-02"],
            "TIMESTAMP",
            datetime(2024, 1, 31, 10, 30),
        ),
        (["25.12.24", "1.2.25"], "DATE", datetime(2024, 12, 25)),
        (["03.04.2024", "05.06.2024"], "DATE", datetime(2024, 4, 3)),
        (["25/12/2024", "03/04/2024"], "DATE", datetime(2024, 12, 25)),
        (["12/25/24", "3/4/24"], "DATE", datetime(2024, 12, 25)),
        (["12/25/2024 10:30 PM", "03/04/2024 9:05 am"], "TIMESTAMP", datetime(2024, 12, 25, 22, 30)),
        (["25-12-2024 22:30:01", "01-02-2024 00:00:00"], "TIMESTAMP", datetime(2024, 12, 25, 22, 30, 1)),
        (["2024/12/25", "2024/1/2"], "DATE", datetime(2024, 12, 25)),
        (["03-Apr-2024", "n/a"], "DATE", datetime(2024, 4, 3)),
        (["3 April 2024", "12 May 2024"], "DATE", datetime(2024, 4, 3)),
        (['"April 3, 2024"', '"May 12, 2024"'], "DATE", datetime(2024, 4, 3)),
    ],
)
def test_dates_as_people_write_them(write, values, kind, first):
    path = write("n,when\n" + "".join(f"{i},{value}\n" for i, value in enumerate(values)))

    info = describe_table("t", path)

    assert types(info)["when"] == kind
    assert load_frame(path)["when"].iloc[0] == first
    assert info.notes == ()


def test_times_with_a_zone_are_told_in_utc(write):
    path = write("t\n2024-01-31T10:30:00+02:00\n2024-01-31T10:30:00Z\n")

    assert describe_table("t", path).columns[0].type == "TIMESTAMP WITH TIME ZONE"
    assert load_frame(path)["t"].dt.hour.tolist() == [8, 10]


@pytest.mark.parametrize(
    "values",
    [
        ["2024-01-31", "31.01.2024"],
        ["31/12/2024", "03/04/24"],
        ["2024-13-01", "2024-01-01"],
        ["1 2 3", "4 5 6"],
    ],
)
def test_what_is_not_all_of_one_form_stays_text(write, values):
    assert load_frame(write("when\n" + "\n".join(values) + "\n"))["when"].tolist() == values


def test_another_column_settles_the_order_of_day_and_month(write):
    path = write("a,b\n01/02/2024,12/25/2024\n03/04/2024,01/01/2024\n")

    assert load_frame(path)["a"].tolist() == [datetime(2024, 1, 2), datetime(2024, 3, 4)]
    assert describe_table("t", path).notes == ()


def test_the_caller_settles_two_digit_years_too(write):
    path = write("d\n03/04/24\n05/06/24\n")

    assert load_frame(TableFile(path, day_first=False))["d"].iloc[0] == datetime(2024, 3, 4)
    assert load_frame(TableFile(path, day_first=True))["d"].iloc[0] == datetime(2024, 4, 3)
    assert len(describe_table("t", path).notes) == 1


def test_lines_above_the_header_are_skipped_with_a_note(write):
    info = describe_table("t", write("# exported by X\n# in 2024\na,b\n1,2\n3,4\n"))

    assert types(info) == {"a": "BIGINT", "b": "BIGINT"}
    assert info.rows == 2
    assert info.notes == ("2 line(s) above the header were skipped.",)


def test_a_file_without_header_says_so(write):
    info = describe_table("t", write("1,2\n3,4\n"))

    assert info.rows == 2
    assert info.notes == ("No header was found; the columns are named column0, column1 and so on.",)


@pytest.mark.parametrize("filler", [0, 50, 30_000])
def test_rows_of_another_width_are_named_never_dropped(write, filler):
    path = write("a,b,c\n" + "1,2,3\n" * filler + "4,5\n" + "1,2,3\n" * 50)

    with pytest.raises(
        ValueError, match=rf"row on line {filler + 2} has 2 value\(s\), where the first row has 3"
    ):
        describe_table("t", path)


def test_an_unclosed_quote_is_named(write):
    with pytest.raises(ValueError, match="row on line 2"):
        describe_table("t", write('a,b\n"1,2\n3,4\n' + "5,6\n" * 60_000))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "empty.csv is empty"),
        ("bare.csv", b"a,b\n", "bare.csv has column names but no rows"),
        ("binary.csv", bytes(range(256)), "not a text table"),
        ("notes.pdf", b"%PDF", "suffix '.pdf'.*Use one of .csv"),
        ("old.xls", b"\xd0\xcf", "Save it as .xlsx"),
        ("false.parquet", b"not parquet at all", "false.parquet is not a Parquet file"),
        ("false.xlsx", b"not a workbook", "false.xlsx is not an Excel workbook"),
    ],
)
def test_files_that_hold_no_table_are_refused(write, name, content, message):
    with pytest.raises(ValueError, match=message):
        describe_table("t", write(content, name))


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path):
    with pytest.raises(ValueError, match=r"There is no file gone\.csv\.") as caught:
        describe_table("t", tmp_path / "gone.csv")
    assert str(tmp_path) not in str(caught.value)


def test_a_name_with_wildcards_reads_that_file_and_no_other(write):
    write("c\n9\n", "a1.csv")
    path = write("a,b\n1,2\n", "a[1]*.csv")

    assert load_frame(path).to_dict("list") == {"a": [1], "b": [2]}


def test_parquet_keeps_its_types_and_reads_no_columns_from_its_path(tmp_path):
    folder = tmp_path / "year=2024"
    folder.mkdir()
    path = folder / "t.parquet"
    frame = pd.DataFrame(
        {"d": pd.to_datetime(["2024-01-01", None]), "n": pd.array([1, None], "Int64"), "s": ["01", "b"]}
    )
    frame.to_parquet(path)

    info = describe_table("t", path)

    assert [column.name for column in info.columns] == ["d", "n", "s"]
    assert info.columns[1] == Column("n", "BIGINT")
    assert load_frame(path)["n"].isna().tolist() == [False, True]


@pytest.fixture
def workbook(tmp_path):
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        sales = pd.DataFrame(
            {"day": pd.to_datetime(["2024-01-01", "2024-01-02"]), 2024: [1, "NA"], "x": ["1,5", "2,25"]}
        )
        sales.to_excel(writer, sheet_name="Sales", index=False, startrow=3, startcol=1)
        writer.sheets["Sales"].cell(1, 2, "Report of the year")
        pd.DataFrame({"k": ["NA", "b"]}).to_excel(writer, sheet_name="Other one", index=False)
        pd.DataFrame().to_excel(writer, sheet_name="Blank", index=False)
    return path


def test_excel_reads_the_first_sheet_and_names_the_others(workbook):
    info = describe_table("t", workbook)

    assert info.sheet == "Sales"
    assert types(info) == {"day": "DATE", "2024": "BIGINT", "x": "DOUBLE"}
    assert "1 row(s) above the header were skipped." in info.notes
    assert "Sheet 'Sales' was read; the others are: Other one, Blank." in info.notes
    frame = load_frame(workbook)
    assert frame["x"].tolist() == [1.5, 2.25]
    assert frame["2024"].isna().tolist() == [False, True]


def test_excel_sheet_is_chosen_by_name(workbook):
    assert excel_sheets(workbook) == ("Sales", "Other one", "Blank")
    assert load_frame(TableFile(workbook, sheet="Other one"))["k"].tolist() == ["NA", "b"]


@pytest.mark.parametrize(
    ("rows", "columns", "count"),
    [
        ([["Report", None], ["k", "v"], ["a", 1]], ["k", "v"], 1),
        ([[None, "v"], [0, 1.5], [1, 2.5]], ["column0", "v"], 2),
        ([["v"], [1], [2]], ["v"], 2),
        ([["Title", None, None], [None, None, None], ["k", "v", "w"], ["a", 1, 2]], ["k", "v", "w"], 1),
    ],
)
def test_excel_header_is_found_under_titles_and_with_an_unnamed_column(tmp_path, rows, columns, count):
    path = tmp_path / "t.xlsx"
    pd.DataFrame(rows).to_excel(path, index=False, header=False)

    info = describe_table("t", path)

    assert [column.name for column in info.columns] == columns
    assert info.rows == count


def test_a_missing_or_empty_sheet_is_an_error(workbook, write):
    with pytest.raises(ValueError, match=r"no sheet 'sales'. Its sheets are: Sales, Other one, Blank"):
        describe_table("t", TableFile(workbook, sheet="sales"))
    with pytest.raises(ValueError, match=r"Sheet 'Blank' of book.xlsx is empty"):
        describe_table("t", TableFile(workbook, sheet="Blank"))
    with pytest.raises(ValueError, match="is not an Excel workbook, so it has no sheet"):
        describe_table("t", TableFile(write("a\n1\n"), sheet="Sales"))


def test_a_frame_is_a_source_and_its_column_names_become_text():
    info = describe_table("t", pd.DataFrame({2024: [1, 2], "d": [date(2024, 1, 1), None]}))

    assert types(info) == {"2024": "BIGINT", "d": "DATE"}
    with pytest.raises(ValueError, match="no columns"):
        describe_table("t", pd.DataFrame())
    with pytest.raises(ValueError, match="kind that can't be used"):
        describe_table("t", pd.DataFrame({"p": pd.period_range("2024-01", periods=2, freq="M")}))


def test_kinds_of_columns():
    assert [
        Column("a", kind).is_number for kind in ("BIGINT", "UTINYINT", "DECIMAL(18,2)", "DATE", "BIGINT[]")
    ] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert [
        Column("a", kind).is_time for kind in ("DATE", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "TIME")
    ] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("Sales 2024 (final).csv", "sales_2024_final"),
        ("2024.csv", "t_2024"),
        ("Größe.xlsx", "größe"),
        ("??.csv", "t"),
    ],
)
def test_names_of_tables_need_no_quotes(file_name, name):
    assert table_name(file_name) == name
    with connect() as connection:
        read_table(connection, name, pd.DataFrame({"a": [1]}))
        assert connection.execute(f"SELECT a FROM {name}").fetchall() == [(1,)]


def test_want_of_memory_is_explained():
    with pytest.raises(ValueError, match="more than the 512 MB of memory"), connect() as connection:
        raise duckdb.OutOfMemoryException("Out of Memory Error")
    with pytest.raises(duckdb.ConnectionException):
        connection.execute("SELECT 1")
