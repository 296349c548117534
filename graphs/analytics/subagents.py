"""The specialists of the analytics agent."""

from graphs.analytics.tools.changes import change_over_time
from graphs.analytics.tools.charts import (
    draw_bar_chart,
    draw_line_chart,
    draw_scatter_plot,
)
from graphs.analytics.tools.comparison import anova, compare_groups, compare_shares
from graphs.analytics.tools.conversion import convert_dates
from graphs.analytics.tools.data import count_missing, list_tables, load_table, profile_table
from graphs.analytics.tools.database import list_database_tables, load_database_table
from graphs.analytics.tools.distributions import draw_box_plot, draw_histogram
from graphs.analytics.tools.duplicates import find_duplicates, remove_duplicates
from graphs.analytics.tools.events import cohort_table, funnel
from graphs.analytics.tools.export import export_table
from graphs.analytics.tools.heat_maps import draw_correlation_map, draw_heat_map
from graphs.analytics.tools.joins import find_unmatched, join_tables
from graphs.analytics.tools.last_answer import draw_answer, export_answer
from graphs.analytics.tools.pivots import pivot_table
from graphs.analytics.tools.quality import suggest_joins, validate_table
from graphs.analytics.tools.query import aggregate, count_rows, run_sql
from graphs.analytics.tools.rankings import rank_groups
from graphs.analytics.tools.regression import (
    draw_residual_plot,
    fit_linear_regression,
    fit_logistic_regression,
    predict_value,
)
from graphs.analytics.tools.report import write_report
from graphs.analytics.tools.rows import show_rows
from graphs.analytics.tools.series import find_anomalies, forecast
from graphs.analytics.tools.statistics import correlate, describe_columns
from graphs.kit.subagent import SubAgent

DATA = SubAgent(
    name="data",
    purpose=(
        "Loads tables (CSV, TSV, JSON, Parquet, Excel, tables of a PostgreSQL database) and profiles them: "
        "types, gaps, spread, outliers, keys. Checks rules on them, counts what is missing, shows and "
        "removes duplicate rows, reads text as dates, and finds by which columns tables join."
    ),
    prompt=(
        "You load, profile and check tables. Say which rules hold and which rows break the others. Pass on "
        "the notes on what was assumed in reading a file. For a workbook say which sheet a figure is from. "
        "A table of the database becomes a file, which all other tools use."
    ),
    tools=(
        *(list_tables, load_table, profile_table, validate_table, suggest_joins),
        *(count_missing, find_duplicates, remove_duplicates, convert_dates),
        *(list_database_tables, load_database_table),
    ),
)

QUERY = SubAgent(
    name="query",
    purpose=(
        "Computes figures: totals, means, percentiles, shares and counts by groups and periods, running "
        "totals, growth, pivot tables, rankings, cohorts, funnels, read-only SQL. Lists rows. Joins two "
        "tables, and finds the rows that have no partner."
    ),
    prompt=(
        "You compute figures of tables. Use the other tools where they serve, and run_sql for what they "
        "can't do. When the columns are in two tables, join these first with join_tables. State figures "
        "exactly as the tools give them, with the file, the filter and the method. Say so when a result "
        "is not shown whole, and name the file that has it."
    ),
    tools=(
        *(aggregate, count_rows, rank_groups, change_over_time, show_rows),
        *(pivot_table, cohort_table, funnel, run_sql, join_tables, find_unmatched),
    ),
)

STATISTICS = SubAgent(
    name="statistics",
    purpose=(
        "Describes columns of numbers, compares groups (tests with effect sizes, analysis of variance, "
        "shares), correlates columns, fits linear and logistic regressions with diagnostics, predicts by "
        "them, forecasts series over time with intervals and a backtest, finds anomalies."
    ),
    prompt=(
        "You test and fit statistical models. Say which test was chosen and why, and give effects and "
        "coefficients with their intervals, not p-values alone. Say what the checks of assumptions found, "
        "and claim no cause. A difference that is not shown is not shown to be absent. Give a forecast with "
        "its intervals, its error in the backtest, and what was assumed about gaps and incomplete periods."
    ),
    tools=(
        *(describe_columns, compare_groups, anova, compare_shares, correlate),
        *(fit_linear_regression, predict_value, fit_logistic_regression, forecast, find_anomalies),
    ),
)

REPORT = SubAgent(
    name="report",
    purpose=(
        "Draws charts of tables (PNG) with the data behind them: bars, lines, scatter, histogram, boxes, "
        "heat maps, residuals. Exports tables (CSV, Excel). Writes a report (HTML) of what was found."
    ),
    prompt=(
        "You draw charts. A chart of a total or mean by groups takes the statistic and the groups itself: no "
        "query is needed first. Name the picture and the file of its data, and say what a chart leaves out. "
        "You export tables: an export computes its totals itself too. A report collects what tools found "
        "already, so have the figures and charts made before."
    ),
    tools=(
        *(draw_bar_chart, draw_line_chart, draw_scatter_plot, draw_histogram, draw_box_plot),
        *(draw_heat_map, draw_correlation_map, draw_residual_plot, export_table),
        *(draw_answer, export_answer, write_report),
    ),
)

SUBAGENTS = (DATA, QUERY, STATISTICS, REPORT)
