"""The tools that take the last answer as it stands: draw its table, or export it."""

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from graphs.kit.arguments import choice_argument, text_argument
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphs.analytics.report.answer_table import AnswerTable

_NO_ANSWERS = {"write_report", "list_files", "delete_file", "load_table"}
"""What they give is no table of figures."""


@agent_tool(
    keywords=("export the last answer", "save the last answer", "last answer as"),
    examples=("Export the last answer as Excel.", "Save the last answer as CSV."),
    of_answer=(
        *("export", "save", "download", "write out", "to csv", "as csv", "to excel", "as excel", "to xlsx"),
        *("as xlsx", "as a spreadsheet", "to a spreadsheet"),
    ),
)
def export_answer(
    session: Session,
    format: Annotated[  # noqa: A002 (what models and people call it)
        Literal["csv", "xlsx"],
        choice_argument(
            "The type of file.",
            csv=("comma separated",),
            xlsx=("excel", "workbook", "spreadsheet", "excel file"),
        ),
    ] = "csv",
) -> Answer:
    """Export the table of the last answer, or the data of the last chart, as a file (CSV or Excel)."""
    from graphs.analytics.tools.export import keep_content

    answer = _answer(session, "export_answer")
    if format == "csv" and answer.file:
        figures = {"file": answer.source, "export": answer.file, "rows": len(answer.rows)}
        return Answer(
            f"**{answer.file}** has it already: {len(answer.rows):,} rows and {len(answer.columns)} columns, "
            f"of {answer.what}.",
            {**figures, "columns": list(answer.columns)},
        )
    return keep_content(session, answer.source, answer.content(), format)


@agent_tool(
    keywords=("draw the last answer", "plot the last answer", "chart of the last answer"),
    examples=("Draw the last answer as a bar chart.", "Plot the last answer."),
    of_answer=(
        *("plot", "draw", "chart", "graph", "visualise", "picture", "bar chart", "bar graph", "bars"),
        *("line chart", "line graph", "lines", "as a chart", "diagram"),
    ),
)
def draw_answer(
    session: Session,
    kind: Annotated[
        Literal["bar", "line"] | None,
        choice_argument(
            "The kind of chart; lines over dates and numbers, and bars otherwise, when not given.",
            bar=("bars", "bar chart", "bar graph", "columns"),
            line=("lines", "line chart", "line graph"),
        ),
    ] = None,
    title: Annotated[
        str | None, text_argument("The title above the chart.", cues=("titled", "title", "called", "headed"))
    ] = None,
) -> Answer:
    """Draw the table of the last answer as it stands, as bars or lines (PNG)."""
    from graphs.analytics.charts.chart import bar_chart, line_chart
    from graphs.analytics.charts.chart_wording import data_records
    from graphs.analytics.tables import wording

    answer = _answer(session, "draw_answer", "export_answer")
    shape = answer.shape(kind)
    session.report("drawing the chart")
    labels = {name: _label(name, answer.sql) for name in answer.columns}
    if shape.kind == "bar":
        chart = bar_chart(shape.frame, shape.key, shape.values[0], title=title, labels=labels)
    else:
        chart = line_chart(
            shape.frame, shape.key, shape.values, series=shape.series, title=title, labels=labels
        )
    names = " and ".join(labels[name] for name in shape.values)
    keys = " and ".join(labels[name] for name in (shape.key, shape.series) if name)
    stem = re.sub(r"[\s/\\]+", "-", f"{PurePath(answer.source).stem}-{shape.kind}-chart-{names}-by-{keys}")
    picture = session.save(f"{stem}.png", chart.png)["name"]
    data = session.save(f"{stem}.csv", chart.data.to_csv(index=False).encode())["name"]
    lines = [
        f"**{picture}** is a {shape.kind} chart of {names} by {keys}, of {answer.what}. "
        f"The data behind it: **{data}**.",
        *([f"- {chart.note[0].upper()}{chart.note[1:]}"] if chart.note else []),
        *(f"- SQL: `{' '.join(each.split())}`" for each in answer.sql),
    ]
    records = data_records(chart)
    rows = [tuple(record.values()) for record in records]
    table = ["", *wording.value_table([str(name) for name in chart.data.columns], rows)]
    hidden = wording.hidden(len(chart.data), "rows", data)
    return Answer(
        "\n".join([*lines, *table, *hidden]),
        {
            "file": answer.source,
            "picture": picture,
            "data_file": data,
            "data": records,
            "sql": list(answer.sql),
        },
    )


def _label(column: str, sql: "Sequence[str]") -> str:
    """The name of a column of figures as a person reads it: "total revenue" for sum_revenue. A column of the
    table itself that is called so keeps its name."""
    from graphs.analytics.tables.statements import Percentile
    from graphs.analytics.tables.wording import STATISTICS, statistic_name
    from graphs.kit.tables.duck import quote

    period = re.fullmatch(r".+_(month|quarter|year|week|day|weekday)", column)
    if period:
        return period[1]
    statistic, _, measure = column.removeprefix("percent_of_").partition("_")
    percentile = re.fullmatch(r"p(\d+(?:\.\d+)?)", statistic)
    name = statistic_name(Percentile(float(percentile[1]))) if percentile else STATISTICS.get(statistic)
    is_computed = any(re.search(rf"[(](DISTINCT )?{re.escape(quote(measure))}", each) for each in sql)
    if name is None or (measure and not is_computed):
        return column
    words = f"{name} {measure}" if measure else "number of rows"
    return f"% of {words}" if column.startswith("percent_of_") else words


def _answer(session: Session, *passing_on: str) -> "AnswerTable":
    """The table of the last answer, but of those that passed on another; ValueError when it has none."""
    from graphs.analytics.report.answer_table import Answered, table_of

    found = [each for each in session.findings if each.tool not in _NO_ANSWERS.union(passing_on)]
    if not found:
        raise ValueError("There is no answer yet: ask for figures first.")
    last = found[-1]
    made = [name for name in last.files if name.lower().endswith(".csv")]
    if len(made) > 1:
        raise ValueError(
            f"The last answer has several tables: {', '.join(made)}. Name the one that you mean."
        )
    answer = Answered(last.tool, last.arguments, last.text, last.figures)
    return table_of(answer, (made[0], session.table(made[0])) if made else None)
