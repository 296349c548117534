"""The tools that fit regressions: linear and logistic, what a linear one predicts, and its residuals."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from graphs.analytics.tools.arguments import DateColumn, DayFirst, File, Sheet, Where, Year, opened
from graphs.analytics.tools.charts import Title, keep_chart, rows_drawn
from graphs.kit.arguments import column_argument, text_argument
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.kit.tables.load import TableInfo

_PREDICTOR_CUES = ("on", "predictors", "depend on", "explained by", "determined by", "as a function of")
_RESPONSE_CUES = ("regress", "regression of", "of", "response", "predict", "explain", "does", "model of")


@agent_tool(
    keywords=(
        *("regress", "regression", "linear regression", "linear model", "least squares", "ols", "slope"),
        *("coefficients", "r²", "r squared", "predict", "fit a line", "explain", "depend on", "residuals"),
        *("what predicts", "which predict", "variables predict", "columns predict", "predict from"),
    ),
    examples=(
        "Regress employed_thousands on all other columns of longley.csv.",
        "Linear regression of y1 on x1 in anscombe.csv.",
        "How does revenue depend on units?",
        "Regress revenue_usd on units and region.",
        "Which variables predict revenue_usd?",
        "What predicts revenue_usd?",
    ),
)
def fit_linear_regression(
    session: Session,
    file: File,
    response: Annotated[
        str,
        column_argument(
            "What is to be explained.",
            # "on all other columns" speaks of no predictor by name: these keep its "on" from them
            cues=(
                *_RESPONSE_CUES,
                *("on all", "on the others", "on the other", "on the rest", "on every", "on everything"),
            ),
            numeric=True,
        ),
    ],
    predictors: Annotated[
        list[str] | None,
        column_argument(
            "What explains it; all other columns of numbers when not given.",
            cues=_PREDICTOR_CUES,
            many=True,
        ),
    ] = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Fit a linear regression by least squares: coefficients with intervals, residual spread, R²,
    diagnostics."""
    from graphs.analytics.statistics import regression_wording
    from graphs.analytics.statistics.regression import fit_linear
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.selection import Selection, spelt
    from graphs.analytics.tables.subset import subset

    with opened(session, file, sheet, day_first) as table:
        explained = spelt(table.info, response)
        chosen, unused = _predictors(table.info, explained, predictors)
        order = _order(table.info)
        columns = [explained, *chosen, *([order] if order else [])]
        data = subset(table, columns, Selection(where=where, year=year, date_column=date_column))
    session.report(f"fitting {explained} on {len(chosen)} columns")
    # neighbours in time make sense only where each time has one row
    ordered = order if order and data.frame[order].is_unique else None
    fit = fit_linear(data.frame, explained, chosen, order=ordered)
    return Answer(
        regression_wording.linear(file, data, fit, unused),
        wording.plain_data({"file": file, **asdict(fit)}),
    )


@agent_tool(
    keywords=(
        *("prediction", "predicted", "predicted value", "prediction for", "prediction interval"),
        *("what would", "what would be", "expected value", "predict when", "predict at", "predict if"),
    ),
    examples=(
        "Predict revenue_usd for units = 10.",
        "Predict units for unit_price_usd = 100 and region = North.",
        "What would units be at unit_price_usd = 100?",
        "What is the predicted y1 for x1 = 10 in anscombe.csv?",
    ),
)
def predict_value(
    session: Session,
    file: File,
    response: Annotated[
        str,
        column_argument(
            "What is predicted.",
            cues=("predict", "prediction of", "predicted", "of", "would", "value of"),
            numeric=True,
        ),
    ],
    predictor_values: Annotated[
        str,
        text_argument(
            "What is given, as in: units = 10 and region = North. These columns are the predictors.",
            cues=("where",),
        ),
    ],
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Predict a column of numbers for given values of others, by linear regression, with 95 % intervals."""
    from graphs.analytics.statistics import regression_wording
    from graphs.analytics.statistics.prediction import predict
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.selection import Selection, spelt
    from graphs.analytics.tables.subset import subset

    with opened(session, file, sheet, day_first) as table:
        explained = spelt(table.info, response)
        given = {spelt(table.info, name): value for name, value in _given(predictor_values).items()}
        data = subset(table, [explained, *given], Selection())
    found = predict(data.frame, explained, given)
    return Answer(
        regression_wording.predicted(file, data, found), wording.plain_data({"file": file, **asdict(found)})
    )


@agent_tool(
    keywords=(
        *(
            "residual plot",
            "plot the residuals",
            "plot residuals",
            "plot of residuals",
            "plot of the residuals",
        ),
        *("residuals against fitted", "residuals versus fitted", "residuals vs fitted", "draw the residuals"),
        *("show the residuals", "chart of the residuals"),
    ),
    examples=(
        "Residual plot of revenue_usd on units.",
        "Plot the residuals.",
        "Plot the residuals of a regression of revenue_usd on units and region.",
    ),
)
def draw_residual_plot(
    session: Session,
    file: File,
    response: Annotated[str, column_argument("What is explained.", cues=_RESPONSE_CUES, numeric=True)],
    predictors: Annotated[
        list[str] | None,
        column_argument(
            "What explains it; all other columns of numbers when not given.", cues=_PREDICTOR_CUES, many=True
        ),
    ] = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    title: Title = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Draw the residuals of a linear regression against its fitted values (PNG), to check the model."""
    from graphs.analytics.charts.chart import scatter_chart
    from graphs.analytics.charts.chart_wording import part_shown
    from graphs.analytics.statistics.regression import fitted_and_residuals
    from graphs.analytics.statistics.statistics_wording import left_out
    from graphs.analytics.tables.selection import Selection, spelt

    selection = Selection(date_column=date_column, where=where, year=year)
    with opened(session, file, sheet, day_first) as table:
        explained = spelt(table.info, response)
        chosen, _ = _predictors(table.info, explained, predictors)
    drawing = rows_drawn(session, file, [explained, *chosen], selection, sheet, day_first)
    points = fitted_and_residuals(drawing.frame, explained, chosen)
    what = f"residuals of {explained} on {', '.join(chosen)}"
    shown = part_shown(drawing)
    chart = scatter_chart(points, "fitted", "residual", line=(0, 0), title=title or what, shown=shown)
    remarks = [
        f"- By least squares; against the fitted values, in the unit of {explained}, the line is 0",
        *left_out(len(drawing.frame) - len(points), "with a missing value"),
    ]
    return keep_chart(session, "scatter plot", what, file, drawing, chart, remarks)


@agent_tool(
    keywords=(
        *("logistic regression", "logistic", "logit", "odds", "odds ratio", "odds ratios", "log odds"),
        *(
            "which factors predict",
            "factors predict",
            "raise the odds",
            "lower the odds",
            "odds of",
            "yes or no outcome",
            "binary outcome",
            "probability of",
        ),
    ),
    examples=(
        "Logistic regression of grade on gpa, tuce and psi.",
        "Which factors predict the outcome? Fit a logistic regression of outcome on age and dose.",
        "Odds ratios of survived by age and sex.",
        "How much does dose raise or lower the odds of survival?",
    ),
)
def fit_logistic_regression(
    session: Session,
    file: File,
    response: Annotated[
        str,
        column_argument(
            "What is to be explained: a column of two values.",
            cues=(
                *(
                    "regression of",
                    "regress",
                    "logistic regression of",
                    "odds of",
                    "odds ratios of",
                    "predict",
                ),
                *("of", "response", "explain", "probability of"),
                *("on all", "on the others", "on the other", "on the rest", "on every", "on everything"),
            ),
        ),
    ],
    predictors: Annotated[
        list[str] | None,
        column_argument(
            "What explains it; all other columns of numbers when not given.",
            cues=(*_PREDICTOR_CUES, "by", "from", "with", "does", "do"),
            many=True,
        ),
    ] = None,
    success: Annotated[
        str | None,
        text_argument(
            "The value of the response whose odds are modelled; by default the higher number, true, or the "
            "later text by the alphabet.",
            cues=("success is", "modelling the odds of"),
        ),
    ] = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Fit a logistic regression to an outcome of two values: odds ratios with intervals, McFadden's R²,
    AUC."""
    from graphs.analytics.statistics import regression_wording
    from graphs.analytics.statistics.logistic import fit_logistic
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.selection import Selection, spelt
    from graphs.analytics.tables.subset import subset

    with opened(session, file, sheet, day_first) as table:
        explained = spelt(table.info, response)
        chosen, unused = _predictors(table.info, explained, predictors)
        selection = Selection(where=where, year=year, date_column=date_column)
        data = subset(table, [explained, *chosen], selection)
    session.report(f"fitting {explained} on {len(chosen)} columns")
    fit = fit_logistic(data.frame, explained, chosen, success)
    return Answer(
        regression_wording.logistic(file, data, fit, unused),
        wording.plain_data({"file": file, **asdict(fit)}),
    )


def _predictors(
    table: "TableInfo", response: str, given: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """The predictors, by default all other columns of numbers, and the columns that these leave out."""
    from graphs.analytics.tables.selection import number_columns, spelt

    if given:
        return [spelt(table, name) for name in given], []
    numbers = [name for name in number_columns(table) if name != response]
    return numbers, [each.name for each in table.columns if each.name not in (*numbers, response)]


def _order(table: "TableInfo") -> str | None:
    """The column along which the rows follow one another: the only one of dates, else years."""
    dates = [column.name for column in table.columns if column.is_time]
    if dates:
        return dates[0] if len(dates) == 1 else None
    years = [column.name for column in table.columns if column.is_number and column.name.lower() == "year"]
    return years[0] if len(years) == 1 else None


def _given(at: str) -> dict[str, str]:
    """The predictors' values from "units = 10 and region = North"; ValueError for any other sign."""
    from graphs.analytics.tables.conditions import describe_conditions, parse_conditions

    given: dict[str, str] = {}
    for condition in parse_conditions(at):
        if condition.operator != "=" or condition.column in given:
            raise ValueError(
                f"A prediction needs one value of each predictor, as in units = 10, not "
                f"{describe_conditions([condition])}."
            )
        given[condition.column] = str(condition.value)
    return given
