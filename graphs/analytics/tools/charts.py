"""The tools that draw charts: each keeps a picture (PNG) and the data behind it (CSV)."""

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from graphs.analytics.tools.arguments import (
    Bucket,
    DateColumn,
    DayFirst,
    File,
    Sheet,
    Statistic,
    Where,
    Year,
    opened,
)
from graphs.kit.arguments import choice_argument, column_argument, quantity, text_argument
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphs.analytics.charts.chart import Chart
    from graphs.analytics.charts.drawing import Drawing
    from graphs.analytics.charts.parted_bars import Form
    from graphs.analytics.tables.selection import Selection

Title = Annotated[
    str | None, text_argument("The title above the chart.", cues=("titled", "title", "called", "headed"))
]
DRAWN_CUES = ("of", "chart", "plot", "draw", "show", "total", "mean", "average", "median", "sum of", "graph")


@agent_tool(
    keywords=(
        *("bar chart", "bar graph", "bar plot", "bars", "column chart", "chart", "graph", "diagram"),
        *("picture", "visualise", "stacked bar chart", "stacked bars", "grouped bar chart", "grouped bars"),
        *("clustered bar chart", "stacked column chart", "pie chart", "pie", "donut chart", "doughnut chart"),
    ),
    examples=(
        "Bar chart of revenue_usd by product in sales.csv.",
        "Stacked bar chart of revenue_usd by region and product.",
        "Grouped bar chart of mean units by product and region.",
        "Bar chart of the total revenue_usd by region in sales.csv.",
        "Draw a chart of mean units per product.",
        "Visualise revenue by region.",
    ),
)
def draw_bar_chart(
    session: Session,
    file: File,
    measure: Annotated[
        str, column_argument("The bars' height.", cues=(*DRAWN_CUES, "by", "bars of"), numeric=True)
    ],
    category: Annotated[
        str | None,
        column_argument(
            "What each bar stands for. Not needed for bars by period.",
            cues=("by", "per", "for each", "of each", "each", "across", "for every", "top", "bottom"),
        ),
    ] = None,
    part: Annotated[
        str | None,
        column_argument(
            "Part each bar by the values of this column.",
            cues=("and", "and by", "split by", "stacked by", "grouped by", "coloured by", "parted by"),
        ),
    ] = None,
    form: Annotated[
        Literal["stacked", "grouped", "pie"] | None,
        choice_argument(
            "How the parts of a bar stand: on one another, or side by side. A pie is refused.",
            stacked=("stack", "on top of one another"),
            grouped=("clustered", "side by side", "next to each other"),
            pie=("pie chart", "donut", "doughnut", "donut chart", "doughnut chart"),
        ),
    ] = None,
    statistic: Statistic = None,
    bucket: Bucket = None,
    top: Annotated[
        int | None, quantity("Draw only so many of the largest bars.", cues=("top", "largest", "first"), ge=1)
    ] = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    title: Title = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Draw a bar chart of a column by groups or periods (PNG), also with stacked or grouped parts, adding up
    or averaging the rows of each."""
    from graphs.analytics.charts.chart import bar_chart
    from graphs.analytics.charts.chart_wording import part_shown, subject
    from graphs.analytics.charts.drawing import by_groups
    from graphs.analytics.tables.selection import Selection

    if form == "pie":
        raise ValueError(
            "I draw no pie charts: lengths are easier to compare than slices. Ask for a bar chart, or for a "
            "stacked bar chart of two columns."
        )
    groups = tuple(name for name in (category, part) if name)
    if not groups and bucket is None:
        raise ValueError("Say what the bars stand for: a column, or month, quarter or year.")
    selection = Selection(groups, bucket, date_column, where, year)
    with opened(session, file, sheet, day_first) as table:
        drawing = by_groups(table, [measure], selection, statistic)
    session.report("drawing the chart")
    if len(drawing.keys) > 1 or form:
        if top is not None:
            raise ValueError("Bars in parts take no top: name the groups by a condition (where …).")
        form = form or ("stacked" if drawing.may_be_stacked else "grouped")
        chart = _parted(drawing, form, title)
        return keep_chart(session, f"{form} bar chart", subject(drawing), file, drawing, chart)
    drawing = drawing if top is None else drawing.largest(top)
    (key,), (value,) = drawing.keys, drawing.values
    chart = bar_chart(
        drawing.frame,
        key,
        value,
        title=title,
        shown=part_shown(drawing),
        labels=drawing.labels,
        additive=drawing.additive,
    )
    return keep_chart(session, "bar chart", subject(drawing), file, drawing, chart)


@agent_tool(
    keywords=(
        *("line chart", "line graph", "line plot", "lines", "trend of", "trends", "over time", "time series"),
        *("as a line chart", "as a line graph", "as a line plot", "line chart of the number of"),
        *("plot", "development of", "graph over", "curve"),
    ),
    examples=(
        "Line chart of revenue_usd by date in sales.csv.",
        "Plot revenue by month.",
        "Show the trend of units over time for each region.",
        "Line chart of the number of sales per month.",
        "Number of orders per day as a line chart.",
    ),
)
def draw_line_chart(
    session: Session,
    file: File,
    measures: Annotated[
        list[str] | None,
        column_argument(
            "The lines' height. Not needed for the number of rows (statistic count).",
            cues=(*DRAWN_CUES, "trend of", "daily", "weekly", "monthly", "quarterly", "yearly", "annual"),
            numeric=True,
            many=True,
        ),
    ] = None,
    along: Annotated[
        str | None,
        column_argument(
            "What runs along the chart: dates or numbers; the only column of dates when not given.",
            cues=("by", "over", "per", "against", "versus", "vs", "along", "across"),
        ),
    ] = None,
    series: Annotated[
        str | None,
        column_argument(
            "Draw a line for each value of this column.",
            cues=("for each", "split by", "for every", "one line per", "coloured by", "and by", "each"),
        ),
    ] = None,
    statistic: Statistic = None,
    bucket: Bucket = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    title: Title = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Draw lines of columns over dates, periods or numbers (PNG), adding up or averaging the rows of each."""
    from graphs.analytics.charts.chart import line_chart
    from graphs.analytics.charts.chart_wording import part_shown, subject
    from graphs.analytics.charts.drawing import along_axis, by_groups
    from graphs.analytics.tables.selection import Selection

    if not measures and statistic != "count":
        raise ValueError("Say which columns of numbers the lines show, or ask for the number of rows.")
    selection = Selection((), bucket, date_column, where, year)
    with opened(session, file, sheet, day_first) as table:
        selection, series = along_axis(table.info, along, series, selection)
        drawing = by_groups(table, measures or (), selection, statistic)
    session.report("drawing the chart")
    key, shown = drawing.keys[0], part_shown(drawing)
    chart = line_chart(
        drawing.frame, key, drawing.values, series=series, title=title, shown=shown, labels=drawing.labels
    )
    return keep_chart(session, "line chart", subject(drawing), file, drawing, chart)


@agent_tool(
    keywords=(
        *("scatter", "scatter plot", "scatterplot", "scatter chart", "point chart", "points", "plot against"),
        *("relationship", "relation between", "versus", "vs", "against", "correlation", "trend line"),
    ),
    examples=(
        "Scatter plot of y1 against x1 in anscombe.csv.",
        "Scatter plot of revenue_usd versus units, coloured by region, with a trend line.",
    ),
)
def draw_scatter_plot(
    session: Session,
    file: File,
    y: Annotated[str, column_argument("What goes up.", cues=(*DRAWN_CUES, "between", "how"), numeric=True)],
    x: Annotated[
        str,
        column_argument(
            "What runs along the bottom.",
            cues=("against", "versus", "vs", "over", "by", "on", "and", "with"),
            numeric=True,
        ),
    ],
    group: Annotated[
        str | None,
        column_argument(
            "Colour the points by this column.",
            cues=(
                *("coloured by", "colored by", "colour by", "color by", "grouped by", "for each", "split by"),
                *("by", "per"),
            ),
        ),
    ] = None,
    trend_line: Annotated[bool, Field(description="Draw the least-squares line through the points.")] = False,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    title: Title = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Draw a scatter plot of two columns of numbers (PNG), a point for each row; with a line when asked."""
    from graphs.analytics.charts.chart import scatter_chart
    from graphs.analytics.charts.chart_wording import correlation, part_shown
    from graphs.analytics.charts.chart_wording import trend_line as line_in_words
    from graphs.analytics.statistics.regression import fit_linear
    from graphs.analytics.tables.selection import Selection

    selection = Selection(date_column=date_column, where=where, year=year)
    drawing = rows_drawn(session, file, [y, x, *([group] if group else [])], selection, sheet, day_first)
    fit = fit_linear(drawing.frame, y, [x]) if trend_line else None
    line = (fit.coefficients[0].estimate, fit.coefficients[1].estimate) if fit else None
    session.report("drawing the chart")
    chart = scatter_chart(drawing.frame, x, y, group=group, line=line, title=title, shown=part_shown(drawing))
    remarks = [*correlation(x, y, drawing.frame), *([line_in_words(fit)] if fit else [])]
    what = f"{y} against {x} by {group}" if group else f"{y} against {x}"
    return keep_chart(session, "scatter plot", what, file, drawing, chart, remarks)


def _parted(drawing: "Drawing", form: "Form", title: str | None) -> "Chart":
    """Bars of two keys: a period is what they stand for, else the first that was named."""
    from graphs.analytics.charts.chart_wording import part_shown
    from graphs.analytics.charts.parted_bars import parted_bar_chart

    if len(drawing.keys) != 2:
        raise ValueError(
            "Bars in parts stand for two columns, or a column and a period, not for "
            f"{' and '.join(drawing.keys)}."
        )
    return parted_bar_chart(
        drawing.frame,
        *drawing.keys,
        drawing.values[0],
        form=form,
        title=title,
        shown=part_shown(drawing),
        labels=drawing.labels,
        additive=drawing.may_be_stacked,
    )


def rows_drawn(
    session: Session,
    file: str,
    columns: "Sequence[str]",
    selection: "Selection",
    sheet: str | None,
    day_first: bool | None,
) -> "Drawing":
    """Read the columns of the rows that the selection keeps."""
    from graphs.analytics.charts.drawing import as_it_stands

    with opened(session, file, sheet, day_first) as table:
        return as_it_stands(table, columns, selection)


def keep_chart(
    session: Session,
    kind: str,
    what: str,
    file: str,
    drawing: "Drawing",
    chart: "Chart",
    remarks: "Sequence[str]" = (),
) -> Answer:
    """Keep the picture and its data, and say what they show."""
    from graphs.analytics.charts.chart_wording import data_records, drawn

    # a slash in a column's name is no folder
    stem = re.sub(r"[\s/\\]+", "-", f"{PurePath(file).stem}-{kind}-{what}")
    picture = session.save(f"{stem}.png", chart.png)["name"]
    data = session.save(f"{stem}.csv", chart.data.to_csv(index=False).encode())["name"]
    text = drawn(kind, what, file, drawing, chart, (picture, data), remarks)
    figures = {
        "file": file,
        "picture": picture,
        "data_file": data,
        "data": data_records(chart),
        "sql": list(drawing.result.sql) if drawing.result else [],
    }
    return Answer(text, figures)
