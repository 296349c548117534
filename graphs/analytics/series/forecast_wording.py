"""Forecasts in words: the figures, the method with its reason, the backtest, what was assumed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from graphs.analytics.series.series_wording import assumptions, period_of, season_taken, what
from graphs.analytics.tables import wording
from graphs.analytics.tables.wording import many

if TYPE_CHECKING:
    from graphs.analytics.series.forecasting import Forecast, Score
    from graphs.analytics.series.time_series import TimeSeries

_METHODS = {"naive": "naive", "ets": "exponential smoothing", "arima": "seasonal ARIMA"}


def forecasted(
    file: str, series: TimeSeries, found: Forecast, names: tuple[str, str], assumed_horizon: bool
) -> str:
    """A forecast: its table, method, backtest and assumptions. `names` are those of picture and data."""
    picture, data = names
    ahead = len(found.prediction.mean)
    lines = [
        f"Forecast of {what(series)} for the next {many(ahead, series.period)}, from "
        f"{many(len(series.values), series.period)} ({period_of(series, series.index[0])} to "
        f"{period_of(series, series.index[-1])}) of {wording.rows_of(file, series.aggregate)}:",
        "",
        *wording.value_table(
            (series.period, "forecast", "80 % from", "80 % to", "95 % from", "95 % to"),
            [(row["period"], *list(row.values())[1:]) for row in forecast_records(series, found)],
        ),
        *wording.hidden(ahead, f"{series.period}s", data),
        "",
        f"- Method: **{found.fit.name}** ({_METHODS[found.method]}): {_parameters(found)}",
        f"- Why: {_reason(found)}",
        *_search(found),
        season_taken(found.season, series),
        *(["- The horizon was not given: this is a usual one for the period"] if assumed_horizon else []),
        *(
            ["- Forecast from logarithms: it is the median, and the mean lies above it, so totals come short"]
            if found.fit.median
            else []
        ),
        *(
            ["- An interval goes below zero, though no value does: read it as ending at zero"]
            if found.below_zero
            else []
        ),
        *(
            [f"- Only the last {many(found.fitted, series.period)} were used to estimate"]
            if found.fitted < len(series.values)
            else []
        ),
        *assumptions(series),
        "",
        *_backtest(series, found),
        "",
        f"**{picture}** shows history, forecast and intervals; **{data}** has the figures behind it.",
    ]
    return "\n".join(lines)


def forecast_records(series: TimeSeries, found: Forecast) -> list[dict[str, Any]]:
    """The forecast with its intervals, by period."""
    prediction = found.prediction
    return [
        {
            "period": period_of(series, period),
            "forecast": float(prediction.mean[place]),
            "low_80": float(prediction.low[80][place]),
            "high_80": float(prediction.high[80][place]),
            "low_95": float(prediction.low[95][place]),
            "high_95": float(prediction.high[95][place]),
        }
        for place, period in enumerate(series.after(len(prediction.mean)))
    ]


def forecast_figures(series: TimeSeries, found: Forecast) -> dict[str, Any]:
    """A forecast as plain data."""
    test = found.backtest
    return wording.plain_data(
        {
            "forecast": forecast_records(series, found),
            "method": found.method,
            "model": found.fit.name,
            "parameters": found.fit.parameters,
            "aicc": found.fit.aicc,
            "median": found.fit.median,
            "season": found.season.length,
            "backtest": {
                "origins": test.origins,
                "horizon": test.horizon,
                "points": test.points,
                "best": test.best,
                "scores": {name: asdict(score) for name, score in test.scores.items()},
                "failed": test.failed,
            },
        }
    )


def _parameters(found: Forecast) -> str:
    return ", ".join(
        f"{name} {wording.significant(value, 4)}" for name, value in found.fit.parameters.items()
    )


def _reason(found: Forecast) -> str:
    scores = found.backtest.scores
    best = found.backtest.best
    if found.asked:
        better = best != found.method
        return (
            f"it was asked for, though {_METHODS[best]} did better in the backtest"
            if better
            else ("it was asked for, and did best in the backtest")
        )
    if best != found.method:
        return f"no form of {_METHODS[best]} could be estimated on the whole series"
    if best == "naive":
        others = " nor ".join(_METHODS[name] for name in (*scores, *found.backtest.failed) if name != "naive")
        return f"neither {others} beat it in the backtest: the simplest method is as good as any"
    return f"the least error in the backtest of {', '.join(_METHODS[name] for name in scores)}"


def _search(found: Forecast) -> list[str]:
    failed = [f"- {_METHODS[name]} was left out: {why}" for name, why in found.backtest.failed.items()]
    if found.choice is None:
        return failed
    unsound = found.choice.unsound
    left_out = f"; {unsound} left out, for the estimation did not converge" if unsound else ""
    warned = [] if found.fit.sound else ["- Warning: the estimation did not converge, so don't rely on it"]
    return [
        f"- Form: least AICc ({wording.significant(found.fit.aicc or 0.0)}) of {found.choice.tried} "
        f"tried{left_out}",
        *warned,
        *failed,
    ]


def _backtest(series: TimeSeries, found: Forecast) -> list[str]:
    test = found.backtest
    origins = [
        period_of(series, series.index[len(series.index) - found.fitted + known - 1])
        for known in test.origins
    ]
    start = (
        f"Backtest: the last {series.period}s forecast from the data up to {', '.join(origins)}"
        if len(origins) > 1
        else f"Backtest, a single holdout: forecast from the data up to {origins[0]}"
    )
    return [
        f"{start}; {many(test.horizon, series.period)} ahead, {test.points} forecasts. MASE 1 is the mean "
        "error of the naive forecast inside the data; inside: how many values lay inside the intervals.",
        "",
        *wording.value_table(
            ("method", "MASE", "MAE", "RMSE", "MAPE %", "sMAPE %", "inside 80 %", "inside 95 %"),
            [_score(score, test.points) for score in test.scores.values()],
        ),
    ]


def _score(score: Score, points: int) -> tuple[Any, ...]:
    figures = (score.mase, score.mae, score.rmse, score.mape, score.smape)
    inside = (f"{100 * count / points:.1f} %" for count in score.inside.values())
    return (score.method, *(None if each is None else float(f"{each:.4g}") for each in figures), *inside)
