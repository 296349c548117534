"""The tools of series over time: forecasts, and values that stand out of a series or a column."""

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from graphs.analytics.tools.arguments import DateColumn, DayFirst, File, Sheet, Where, opened
from graphs.kit.arguments import choice_argument, column_argument, quantity
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.analytics.charts.chart import Chart
    from graphs.analytics.series.time_series import TimeSeries

Period = Annotated[
    Literal["day", "week", "month", "quarter", "year"] | None,
    choice_argument(
        "The period that the rows are gathered by; found from the dates when not given.",
        day=("days", "daily"),
        week=("weeks", "weekly"),
        month=("months", "monthly"),
        quarter=("quarters", "quarterly"),
        year=("years", "yearly", "annual", "annually"),
    ),
]
Statistic = Annotated[
    Literal["sum", "mean", "median", "min", "max", "count"] | None,
    choice_argument(
        "The statistic of each period's rows; by default amounts are added up and other columns averaged.",
        sum=("total", "totals", "sum of"),
        mean=("average", "avg", "means"),
        min=("minimum",),
        max=("maximum",),
        count=("number of", "counts"),
    ),
]
Season = Annotated[
    int | None,
    quantity(
        "Length of the season in periods, 1 for none; by default 7 days, 52 weeks, 12 months or 4 "
        "quarters, if "
        "a test finds it.",
        cues=("season of", "season length", "seasonality of", "seasonal period"),
        ge=1,
        le=400,
    ),
]
Gaps = Annotated[
    Literal["zero", "interpolate"] | None,
    choice_argument(
        "What a period without a value is taken as: zero, or on the line between its neighbours.",
        zero=("gaps as zero", "missing as zero"),
        interpolate=("interpolated", "fill the gaps"),
    ),
]
KeepEnds = Annotated[
    bool,
    Field(description="Keep a first or last period that looks incomplete; by default it is left out."),
]
_USUAL_HORIZONS = {"day": 14, "week": 13, "month": 12, "quarter": 4, "year": 5}


@agent_tool(
    keywords=(
        *("forecast", "forecasts", "forecasting", "predict the next", "prediction for the next", "project"),
        *("extrapolate", "outlook", "next months", "next quarters", "next weeks", "next days", "next years"),
        *("for the next", "over the next", "in the next"),
        *("coming months", "arima", "sarima", "exponential smoothing", "ets", "holt-winters", "backtest"),
    ),
    examples=(
        "Forecast revenue_usd for the next 6 months.",
        "Forecast monthly units in sales.csv 12 months ahead with ARIMA.",
        "Predict the next 4 quarters of revenue.",
        "Predict units for the next 3 months.",
        "Forecast passengers with exponential smoothing.",
    ),
)
def forecast(
    session: Session,
    file: File,
    measure: Annotated[
        str,
        column_argument(
            "What is forecast.",
            cues=(
                "forecast",
                "forecast of",
                "of",
                "predict",
                "project",
                "total",
                "mean",
                "average",
                "weeks of",
            ),
            numeric=True,
        ),
    ],
    horizon: Annotated[
        int | None,
        quantity(
            "How many periods ahead, at most as many as the series has; a usual number when not given.",
            "periods",
            cues=("next", "coming", "ahead", "horizon", "for", "forecast", "over the next", "following"),
        ),
    ] = None,
    period: Period = None,
    method: Annotated[
        Literal["auto", "ets", "arima", "naive"],
        choice_argument(
            "auto takes the one with the best backtest.",
            auto=("best method", "automatic"),
            ets=("exponential smoothing", "holt-winters", "holt winters"),
            arima=("sarima", "sarimax", "box-jenkins"),
            naive=("seasonal naive", "naive forecast"),
        ),
    ] = "auto",
    season: Season = None,
    statistic: Statistic = None,
    gaps: Gaps = None,
    keep_ends: KeepEnds = False,
    where: Where = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Forecast a measure over time, with 80 and 95 % intervals, a backtest and a chart (PNG)."""
    from graphs.analytics.series import forecast_wording, forecasting
    from graphs.analytics.series.series_chart import forecast_chart
    from graphs.analytics.series.time_series import read_series
    from graphs.analytics.tables.selection import Selection

    selection = Selection((), period, date_column, where)
    with opened(session, file, sheet, day_first) as table:
        series = read_series(table, measure, statistic, selection, gaps=gaps, keep_ends=keep_ends)
    usual = min(_USUAL_HORIZONS[series.period], max(1, len(series.values) // 3))
    found = forecasting.forecast(
        series.values,
        series.period,
        usual if horizon is None else horizon,
        method=method,
        season=season,
        report=session.report,
    )
    session.report("drawing the forecast")
    names = _keep(session, file, "forecast", series, forecast_chart(series, found))
    text = forecast_wording.forecasted(file, series, found, names, horizon is None)
    return Answer(text, _figures(file, series, names) | forecast_wording.forecast_figures(series, found))


@agent_tool(
    keywords=(
        *(
            "anomaly",
            "anomalies",
            "anomalous",
            "unusual",
            "outlier",
            "outliers",
            "spikes",
            "spike",
            "stands out",
        ),
        *(
            "strange values",
            "unusual values",
            "odd",
            "unexpected",
            "abnormal",
            "detect",
            "suspicious",
            "dips",
        ),
    ),
    examples=(
        "Find anomalies in revenue_usd.",
        "Find anomalies in monthly revenue_usd.",
        "Which days have unusual units in sales.csv?",
        "Are there outliers in units?",
        "Detect spikes in weekly revenue.",
    ),
)
def find_anomalies(
    session: Session,
    file: File,
    measure: Annotated[
        str,
        column_argument(
            "The column of numbers.",
            cues=(
                *(
                    "in",
                    "of",
                    "anomalies in",
                    "outliers in",
                    "unusual",
                    "strange",
                    "odd",
                    "abnormal",
                    "spikes in",
                ),
                *("daily", "weekly", "monthly", "quarterly", "yearly", "have"),
            ),
            numeric=True,
        ),
    ],
    period: Annotated[
        Literal["day", "week", "month", "quarter", "year"] | None,
        choice_argument(
            "Look at the series by this period; without it, at the rows one by one.",
            day=("days", "daily"),
            week=("weeks", "weekly"),
            month=("months", "monthly"),
            quarter=("quarters", "quarterly"),
            year=("years", "yearly", "annual", "annually"),
        ),
    ] = None,
    over_time: Annotated[
        bool,
        Field(description="Look at the series over time, by the period that the dates have."),
    ] = False,
    method: Annotated[
        Literal["auto", "robust_z", "tukey"],
        choice_argument(
            "For rows one by one: robust z score (median and MAD), or Tukey's fences.",
            robust_z=("mad", "robust z", "robust z-score", "median absolute deviation"),
            tukey=("fences", "iqr", "interquartile range"),
        ),
    ] = "auto",
    threshold: Annotated[
        float | None,
        quantity(
            "In robust standard deviations (3.5 when not given); "
            "for Tukey's fences in interquartile ranges (3).",
            cues=("threshold", "beyond", "more than"),
        ),
    ] = None,
    season: Season = None,
    statistic: Statistic = None,
    gaps: Gaps = None,
    keep_ends: KeepEnds = False,
    where: Where = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Find the rows whose value in a column is unusual, or the periods of a series over time that are."""
    from graphs.analytics.series import anomaly_wording
    from graphs.analytics.series.anomalies import (
        column_anomalies,
        outlier_rows,
        rows_with_numbers,
        series_anomalies,
    )
    from graphs.analytics.series.series_chart import anomaly_chart
    from graphs.analytics.series.time_series import read_series
    from graphs.analytics.tables.selection import Selection, spelt
    from graphs.analytics.tables.subset import subset

    selection = Selection((), period, date_column, where)
    if period is None and not over_time:
        with opened(session, file, sheet, day_first) as table:
            data = subset(table, [column.name for column in table.info.columns], selection)
        column = spelt(data.table, measure)
        rows = rows_with_numbers(data.frame, column)
        session.report(f"looking at {len(rows):,} values")
        outliers = column_anomalies(rows[column].to_numpy(dtype=float), method, threshold)
        listed = outlier_rows(rows, column, outliers)
        kept = None
        if len(listed):
            name = _stem(f"{PurePath(file).stem}-anomalies-{column}")
            kept = session.save(f"{name}.csv", listed.to_csv(index=False).encode())["name"]
        text = anomaly_wording.column_stands_out(file, data, column, outliers, listed, kept)
        return Answer(text, anomaly_wording.column_figures(file, column, data, outliers, listed, kept))
    if method != "auto":
        raise ValueError(f"The method {method} is for rows one by one. Leave the period or the method out.")
    with opened(session, file, sheet, day_first) as table:
        series = read_series(table, measure, statistic, selection, gaps=gaps, keep_ends=keep_ends)
    session.report(f"looking at {len(series.values):,} {series.period}s")
    found = series_anomalies(series.values, series.period, season=season, threshold=threshold)
    session.report("drawing the series")
    names = _keep(session, file, "anomalies", series, anomaly_chart(series, found))
    text = anomaly_wording.series_stands_out(file, series, found, names)
    return Answer(text, _figures(file, series, names) | anomaly_wording.series_figures(series, found))


def _keep(session: Session, file: str, kind: str, series: "TimeSeries", chart: "Chart") -> tuple[str, str]:
    """Keep the picture and the data behind it, and return their names."""
    stem = _stem(f"{PurePath(file).stem}-{kind}-{series.measure}-by-{series.period}")
    picture = session.save(f"{stem}.png", chart.png)["name"]
    return picture, session.save(f"{stem}.csv", chart.data.to_csv(index=False).encode())["name"]


def _stem(text: str) -> str:
    """The text as the start of a file's name: a slash in a column's name is no folder."""
    return re.sub(r"[\s/\\]+", "-", text)


def _figures(file: str, series: "TimeSeries", names: tuple[str, str]) -> dict[str, Any]:
    return {
        "file": file,
        "picture": names[0],
        "data_file": names[1],
        "measure": series.measure,
        "statistic": None if series.one_each else series.statistic,
        "period": series.period,
        "periods": len(series.values),
        "first": str(series.index[0].start_time.date()),
        "last": str(series.index[-1].start_time.date()),
        "filled": len(series.filled),
        "rows_used": series.aggregate.rows_used,
        "sql": list(series.aggregate.sql),
    }
