"""The specialists of the analytics agent."""

from graphs.analytics.tools.data import load_table, profile_table
from graphs.analytics.tools.query import aggregate, count_rows, rank_groups, run_sql
from graphs.analytics.tools.report import (
    draw_bar_chart,
    draw_box_plot,
    draw_histogram,
    draw_line_chart,
    draw_scatter_plot,
)
from graphs.analytics.tools.statistics import fit_linear_regression
from graphs.kit.subagent import SubAgent

DATA = SubAgent(
    name="data",
    purpose="Loads tables (CSV, TSV, Parquet, Excel) and profiles them: types, gaps, spread, outliers, keys.",
    prompt=(
        "You load and profile tables. Pass on the notes on what was assumed in reading a file. For a "
        "workbook say which sheet a figure is from."
    ),
    tools=(load_table, profile_table),
)

QUERY = SubAgent(
    name="query",
    purpose="Computes figures: totals, means and counts by groups and periods, rankings, read-only SQL.",
    prompt=(
        "You compute figures of tables. Use aggregate, count_rows or rank_groups where they serve, and "
        "run_sql for what they can't do, such as joins. State figures exactly as the tools give them, with "
        "the file, the filter and the method. Say so when a result is not shown whole, and name the file "
        "that has it."
    ),
    tools=(aggregate, count_rows, rank_groups, run_sql),
)

STATISTICS = SubAgent(
    name="statistics",
    purpose="Fits linear regressions: coefficients with intervals, residual spread, R².",
    prompt=(
        "You fit statistical models. Give each coefficient with its interval, the residual standard "
        "deviation and R². Say so when predictors overlap, and claim no cause."
    ),
    tools=(fit_linear_regression,),
)

REPORT = SubAgent(
    name="report",
    purpose="Draws charts of tables (PNG) with the data behind them: bars, lines, scatter, histogram, boxes.",
    prompt=(
        "You draw charts. A chart of a total or mean by groups takes the statistic and the groups itself: no "
        "query is needed first. Name the picture and the file of its data, and say what a chart leaves out."
    ),
    tools=(draw_bar_chart, draw_line_chart, draw_scatter_plot, draw_histogram, draw_box_plot),
)

SUBAGENTS = (DATA, QUERY, STATISTICS, REPORT)
