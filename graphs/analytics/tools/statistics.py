"""The tools that describe columns of numbers and relate them: distribution, correlation, regression."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from graphs.analytics.tools.arguments import (
    DateColumn,
    DayFirst,
    File,
    Sheet,
    Where,
    Year,
    kept_whole,
    opened,
)
from graphs.kit.arguments import choice_argument, column_argument, text_argument
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.kit.tables.load import TableInfo

_PREDICTOR_CUES = ("on", "predictors", "depend on", "explained by", "determined by", "as a function of")


@agent_tool(
    keywords=(
        *("describe", "descriptive statistics", "summary statistics", "statistics of", "skewness"),
        *("kurtosis", "quartiles of"),
        *("confidence interval of the mean", "distribution of", "interval of the mean", "spread of"),
        *("standard deviation and median", "mean and median", "mean and standard deviation"),
    ),
    examples=(
        "Describe revenue_usd and units by region.",
        "Descriptive statistics of units in sales.csv.",
        "Skewness and kurtosis of revenue_usd.",
        "Mean with confidence interval of units by product.",
    ),
)
def describe_columns(
    session: Session,
    file: File,
    columns: Annotated[
        list[str] | None,
        column_argument(
            "What to describe; all columns of numbers when not given.",
            cues=("describe", "of", "statistics of", "distribution of", "mean", "for"),
            numeric=True,
            many=True,
        ),
    ] = None,
    groups: Annotated[
        list[str] | None,
        column_argument(
            "Describe each group of these.",
            cues=("by", "per", "for each", "in each", "of each", "across", "grouped by", "split by"),
            many=True,
        ),
    ] = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Give the distribution of columns of numbers: n, mean with interval, quartiles, skewness, by groups."""
    from graphs.analytics.statistics import statistics_wording
    from graphs.analytics.statistics.describe import Description
    from graphs.analytics.statistics.describe import describe_columns as describe
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.aggregate import Selection, number_columns, spelt
    from graphs.analytics.tables.subset import subset

    with opened(session, file, sheet, day_first) as table:
        by = [spelt(table.info, name) for name in groups or ()]
        chosen = [spelt(table.info, name) for name in columns or number_columns(table.info) if name not in by]
        if not chosen:
            raise ValueError(f"{file} has no column of numbers to describe.")
        data = subset(table, [*chosen, *by], Selection(where=where, year=year, date_column=date_column))
    found = describe(data.frame, chosen, by)
    heads = ("column", *by, *list(Description.__dataclass_fields__)[2:])
    rows = [(each["column"], *each["group"], *list(each.values())[2:]) for each in map(asdict, found)]
    whole = kept_whole(session, f"{PurePath(file).stem}-description.csv", heads, rows)
    return Answer(
        statistics_wording.described(file, data, found, by, whole),
        wording.plain_data({"file": file, "rows": data.rows_used, "table": wording.records(heads, rows)}),
    )


@agent_tool(
    keywords=(
        *("correlate", "correlated", "correlation", "correlations", "correlation matrix", "pearson"),
        *("spearman", "kendall", "rank correlation", "correlation coefficient", "related to", "relationship"),
    ),
    examples=(
        "Is units correlated with unit_price_usd?",
        "Correlation of revenue_usd and units in sales.csv.",
        "Correlate all columns of longley.csv.",
        "Spearman correlation between units and revenue_usd.",
        "Correlation matrix of longley.csv.",
    ),
)
def correlate(
    session: Session,
    file: File,
    columns: Annotated[
        list[str] | None,
        column_argument(
            "Columns of numbers; all of them when not given.",
            cues=("correlate", "correlation of", "is", "are", "of", "between", "does", "how"),
            numeric=True,
            many=True,
        ),
    ] = None,
    against: Annotated[
        list[str] | None,
        column_argument(
            "Other columns of numbers, each of which is paired with each of the first; without them these "
            "are paired with one another.",
            cues=("with", "correlated with", "correlate with", "against", "related to", "versus", "vs", "to"),
            numeric=True,
            many=True,
        ),
    ] = None,
    method: Annotated[
        Literal["pearson", "spearman", "kendall"],
        choice_argument(
            "Which coefficient: of straight lines (pearson), or of ranks.",
            pearson=("pearson's r", "linear correlation"),
            spearman=("spearman's rho", "rank correlation", "ranks"),
            kendall=("kendall's tau", "tau"),
        ),
    ] = "pearson",
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Correlate columns of numbers: coefficients with intervals and p-values, corrected for the number of
    pairs."""
    from graphs.analytics.statistics import statistics_wording
    from graphs.analytics.statistics.correlation import Pair
    from graphs.analytics.statistics.correlation import correlate as correlation
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.aggregate import Selection, number_columns, spelt
    from graphs.analytics.tables.subset import subset

    with opened(session, file, sheet, day_first) as table:
        others = [spelt(table.info, name) for name in against or ()]
        chosen = [spelt(table.info, n) for n in columns or number_columns(table.info) if n not in others]
        selection = Selection(where=where, year=year, date_column=date_column)
        data = subset(table, [*chosen, *others], selection)
    found = correlation(data.frame, chosen, others, method)
    heads = tuple(Pair.__dataclass_fields__)
    rows = [tuple(asdict(pair).values()) for pair in found.pairs]
    whole = kept_whole(session, f"{PurePath(file).stem}-correlations.csv", heads, rows)
    return Answer(
        statistics_wording.correlated(file, data, found, whole),
        wording.plain_data({"file": file, **asdict(found)}),
    )


@agent_tool(
    keywords=(
        *("regress", "regression", "linear regression", "linear model", "least squares", "ols", "slope"),
        *("coefficients", "r²", "r squared", "predict", "fit a line", "explain", "depend on", "residuals"),
    ),
    examples=(
        "Regress employed_thousands on all other columns of longley.csv.",
        "Linear regression of y1 on x1 in anscombe.csv.",
        "How does revenue depend on units?",
        "Regress revenue_usd on units and region.",
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
                *("regress", "regression of", "of", "response", "predict", "explain", "does", "model of"),
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
    from graphs.analytics.tables.aggregate import Selection, spelt
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
        *("logistic regression", "logistic", "logit", "odds", "odds ratio", "odds ratios", "log odds"),
        *(
            "which factors predict",
            "factors predict",
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
                *("of", "response", "explain", "does", "probability of"),
                *("on all", "on the others", "on the other", "on the rest", "on every", "on everything"),
            ),
        ),
    ],
    predictors: Annotated[
        list[str] | None,
        column_argument(
            "What explains it; all other columns of numbers when not given.",
            cues=(*_PREDICTOR_CUES, "by", "from", "with"),
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
    from graphs.analytics.tables.aggregate import Selection, spelt
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
    from graphs.analytics.tables.aggregate import number_columns, spelt

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
