"""Regressions, linear and logistic."""

import pandas as pd
import statsmodels.formula.api as smf

from tests.evaluation.datasets import frame
from tests.evaluation.question import Ask, Talk, chart, each


def talks() -> list[Talk]:
    """Return the conversations."""
    cars, firms = frame("cars.csv"), frame("grunfeld.csv")
    by_weight = smf.ols("Miles_per_Gallon ~ Weight_in_lbs", cars).fit()
    heavy = by_weight.get_prediction(pd.DataFrame({"Weight_in_lbs": [3000]}))
    (at_3000,) = heavy.summary_frame(0.05).itertuples()
    pooled = smf.ols("invest ~ value + capital", firms).fit()
    return [
        Talk(
            "longley.csv",
            Ask(
                "Regress TOTEMP on GNPDEFL, GNP, UNEMP, ARMED, POP and YEAR",
                # NIST StRD, dataset Longley, certified values
                {
                    "Intercept|const|constant": "-3482258.63459582",
                    "GNPDEFL": "15.0618722713733",
                    "GNP": "-0.0358191792925910",
                    "UNEMP": "-2.02022980381683",
                    "ARMED": "-1.03322686717359",
                    "POP": "-0.0511041056535807",
                    "YEAR": "1829.15146461355",
                    "residual": "304.854073561965",
                    "R²|R-squared|R2": "0.995479004577296",
                },
            ),
        ),
        Talk(
            "stackloss.csv",
            Ask(
                "What does STACKLOSS depend on? Fit a linear regression on AIRFLOW, WATERTEMP and ACIDCONC.",
                # Brownlee 1965; R's documentation of stackloss
                {
                    "Intercept|const|constant": "-39.9197",
                    "AIRFLOW": "0.7156",
                    "WATERTEMP": "1.2953",
                    "ACIDCONC": "-0.1521",
                    "residual": "3.2434",
                },
            ),
        ),
        Talk(
            "anscombe.csv",
            Ask(
                "Fit a line of Y on X, only for Series = I",
                # Anscombe 1973: Y = 3.00 + 0.500 X
                {"Intercept|const|constant": "3.00", "X": "0.500"},
            ),
            Ask("Same for Series = IV", {"Intercept|const|constant": "3.00", "X": "0.500"}),
        ),
        Talk(
            "cars.csv",
            Ask(
                "How does Miles_per_Gallon depend on Weight_in_lbs? Run a regression.",
                {
                    "Intercept|const": by_weight.params["Intercept"],
                    "Weight_in_lbs": by_weight.params["Weight_in_lbs"],
                },
            ),
        ),
        Talk(
            "cars.csv",
            Ask(
                "Predict Miles_per_Gallon for Weight_in_lbs = 3000",
                {
                    "predicted": at_3000.mean,
                    "of the mean": at_3000.mean_ci_lower,
                    "new row": at_3000.obs_ci_upper,
                },
            ),
            Ask("Regress Miles_per_Gallon on Weight_in_lbs", {"residual": by_weight.mse_resid**0.5}),
            Ask("Plot the residuals", files=chart(rows=int(by_weight.nobs))),
        ),
        Talk(
            "grunfeld.csv",
            Ask("OLS of invest on value and capital", each(pooled.params[["value", "capital"]])),
        ),
        Talk(
            "spector.csv",
            Ask(
                "Run a logistic regression of GRADE on GPA, TUCE and PSI.",
                # Greene, Econometric Analysis, table of the Spector and Mazzeo models
                {
                    "Intercept|const|constant": "-13.021",
                    "GPA": "2.826",
                    "TUCE": "0.095",
                    "PSI": "2.379",
                },
            ),
        ),
        Talk(
            "spector.csv",
            # exp(2.378688)
            Ask("How much does PSI raise the odds of GRADE? Logit on PSI, GPA, TUCE.", {"PSI": "10.79"}),
        ),
    ]
