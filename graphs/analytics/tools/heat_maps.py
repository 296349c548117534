"""The tools that draw heat maps: of a statistic by two categories, and of correlations."""

from typing import Annotated, Literal

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
from graphs.analytics.tools.charts import DRAWN_CUES, Title, keep_chart
from graphs.kit.arguments import choice_argument, column_argument
from graphs.kit.tool import Answer, Session, agent_tool


@agent_tool(
    keywords=(
        *("heat map", "heatmap", "heat map of", "heatmap of", "heat chart", "heat"),
        *("as a heat map", "as a heatmap", "as heat map", "as heatmap"),
        *("heat map of mean", "heat map of total", "heat map of median", "heat map of average"),
    ),
    examples=(
        "Heat map of mean units by region and product.",
        "Heatmap of revenue_usd by month and region in sales.csv.",
        "Heat map of the number of rows by region and product.",
        "Count by region and product as a heat map.",
    ),
)
def draw_heat_map(
    session: Session,
    file: File,
    categories: Annotated[
        list[str],
        column_argument(
            "Two columns, down and across; one beside a period.",
            cues=("by", "per", "for each", "across", "for every", "of each", "over", "against"),
            many=True,
        ),
    ],
    measure: Annotated[
        str | None,
        column_argument(
            "What is coloured. Not needed for the number of rows (statistic count).",
            cues=(*DRAWN_CUES, "heat map", "heatmap"),
            numeric=True,
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
    """Draw a heat map (PNG) of a statistic, or the number of rows, by two columns or one and a period."""
    from graphs.analytics.charts.chart_wording import part_shown, subject
    from graphs.analytics.charts.drawing import by_groups, down_and_across
    from graphs.analytics.charts.heatmap import heat_map
    from graphs.analytics.tables.selection import Selection

    if measure is None and statistic != "count":
        raise ValueError("Say which column of numbers the colours stand for, or ask for the number of rows.")
    selection = Selection(tuple(categories), bucket, date_column, where, year)
    with opened(session, file, sheet, day_first) as table:
        drawing = by_groups(table, [measure] if measure else [], selection, statistic)
    down, across = down_and_across(drawing)
    session.report("drawing the heat map")
    shown = part_shown(drawing)
    chart = heat_map(
        drawing.frame, down, across, drawing.values[0], title=title, shown=shown, labels=drawing.labels
    )
    return keep_chart(session, "heat map", subject(drawing), file, drawing, chart)


@agent_tool(
    keywords=(
        *("correlation heat map", "correlation heatmap", "correlation map", "correlation chart"),
        *("heat map of correlations", "heatmap of correlations", "heat map of the correlations"),
        *("draw the correlations", "plot the correlations", "draw the correlation matrix"),
    ),
    examples=(
        "Correlation heat map of longley.csv.",
        "Draw the correlation matrix of units, unit_price_usd and revenue_usd in sales.csv.",
        "Correlation heat map of sales.csv with Spearman.",
    ),
)
def draw_correlation_map(
    session: Session,
    file: File,
    columns: Annotated[
        list[str] | None,
        column_argument(
            "Which columns of numbers; all when not given.",
            cues=("of", "between", "correlation", "among", "matrix of", "map of"),
            numeric=True,
            many=True,
        ),
    ] = None,
    method: Annotated[
        Literal["pearson", "spearman"],
        choice_argument(
            "Pearson's correlation, or Spearman's of the ranks.",
            pearson=("linear",),
            spearman=("rank", "ranks", "rank correlation"),
        ),
    ] = "pearson",
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    title: Title = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Draw a heat map of the correlations of a table's columns of numbers (PNG)."""
    from graphs.analytics.charts.chart_wording import part_shown
    from graphs.analytics.charts.drawing import as_it_stands
    from graphs.analytics.charts.heatmap import correlation_map
    from graphs.analytics.tables.selection import Selection, number_columns

    with opened(session, file, sheet, day_first) as table:
        chosen = columns or number_columns(table.info)
        selection = Selection(date_column=date_column, where=where, year=year)
        drawing = as_it_stands(table, chosen, selection)
    session.report("drawing the heat map")
    chart = correlation_map(drawing.frame, chosen, method=method, title=title, shown=part_shown(drawing))
    what = f"{method} correlations" + (f" of {' and '.join(columns)}" if columns else "")
    return keep_chart(session, "heat map", what, file, drawing, chart)
