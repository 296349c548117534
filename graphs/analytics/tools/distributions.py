"""The tools that draw how a column of numbers is distributed: histogram and box plot."""

from typing import Annotated

from graphs.analytics.tools.arguments import DateColumn, DayFirst, File, Sheet, Where, Year
from graphs.analytics.tools.charts import DRAWN_CUES, Title, keep_chart, rows_drawn
from graphs.kit.arguments import column_argument, quantity
from graphs.kit.tool import Answer, Session, agent_tool


@agent_tool(
    keywords=("histogram", "distribution", "how is distributed", "frequency", "bins"),
    examples=(
        "Histogram of units in sales.csv.",
        "Show the distribution of revenue_usd with 20 bins.",
        "Histogram of units by region.",
    ),
)
def draw_histogram(
    session: Session,
    file: File,
    column: Annotated[
        str, column_argument("The column of numbers.", cues=(*DRAWN_CUES, "histogram", "how"), numeric=True)
    ],
    bins: Annotated[
        int | None, quantity("How many intervals.", cues=("bins", "bars", "intervals"), ge=1, le=1000)
    ] = None,
    group: Annotated[
        str | None,
        column_argument(
            "Draw an outline for each value of this column.",
            cues=("by", "per", "for each", "of each", "split by", "grouped by", "for every", "across"),
        ),
    ] = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    title: Title = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Draw a histogram of a column of numbers (PNG), also by groups: how many rows are in each interval."""
    from graphs.analytics.charts.chart_wording import part_shown
    from graphs.analytics.charts.distribution import histogram
    from graphs.analytics.tables.selection import Selection

    selection = Selection(date_column=date_column, where=where, year=year)
    drawing = rows_drawn(session, file, [column, *([group] if group else [])], selection, sheet, day_first)
    session.report("drawing the chart")
    chart = histogram(drawing.frame, column, by=group, bins=bins, title=title, shown=part_shown(drawing))
    what = f"{column} by {group}" if group else column
    return keep_chart(session, "histogram", what, file, drawing, chart)


@agent_tool(
    keywords=("box plot", "boxplot", "box chart", "box and whisker", "boxes", "whiskers"),
    examples=("Box plot of revenue_usd by region in sales.csv.", "Boxplot of units for each product."),
)
def draw_box_plot(
    session: Session,
    file: File,
    column: Annotated[
        str,
        column_argument("The column of numbers.", cues=(*DRAWN_CUES, "compare", "boxes of"), numeric=True),
    ],
    group: Annotated[
        str | None,
        column_argument(
            "Draw a box for each value of this column.",
            cues=("by", "per", "for each", "of each", "each", "across", "between", "for every"),
        ),
    ] = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    title: Title = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Draw box plots of a column of numbers, by groups (PNG): median, quartiles, whiskers and outliers."""
    from graphs.analytics.charts.chart_wording import part_shown
    from graphs.analytics.charts.distribution import box_chart
    from graphs.analytics.tables.selection import Selection

    selection = Selection(date_column=date_column, where=where, year=year)
    drawing = rows_drawn(session, file, [column, *([group] if group else [])], selection, sheet, day_first)
    session.report("drawing the chart")
    chart = box_chart(drawing.frame, column, by=group, title=title, shown=part_shown(drawing))
    what = f"{column} by {group}" if group else column
    return keep_chart(session, "box plot", what, file, drawing, chart)
