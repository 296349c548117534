"""The tools of statistical models."""

from dataclasses import asdict
from typing import Annotated

from graphs.analytics.tools.arguments import DayFirst, File, Sheet, opened
from graphs.kit.arguments import column_argument
from graphs.kit.tool import Answer, Session, agent_tool


@agent_tool(
    keywords=(
        *("regress", "regression", "linear regression", "linear model", "least squares", "ols", "slope"),
        *("coefficients", "r²", "r squared", "predict", "fit a line", "explain", "depend on"),
    ),
    examples=(
        "Regress employed_thousands on all other columns of longley.csv.",
        "Linear regression of y1 on x1 in anscombe.csv.",
        "How does revenue depend on units?",
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
            cues=("on", "predictors", "depend on", "explained by", "determined by", "as a function of"),
            numeric=True,
            many=True,
        ),
    ] = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Fit a linear regression by least squares: coefficients with intervals, residual spread, R²."""
    from graphs.analytics import wording
    from graphs.analytics.aggregate import number_columns
    from graphs.analytics.regression import fit_linear

    with opened(session, file, sheet, day_first) as table:
        info, frame = table.info, table.frame()
    numbers = number_columns(info)
    chosen = predictors or [name for name in numbers if name != response]
    unused = [] if predictors else [each.name for each in info.columns if each.name not in numbers]
    session.report(f"fitting {response} on {len(chosen)} columns")
    fit = fit_linear(frame, response, chosen)
    return Answer(
        wording.regression(file, info, fit, unused),
        wording.plain_data({"file": file, **asdict(fit)}),
    )
