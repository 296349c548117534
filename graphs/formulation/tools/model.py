"""The tool that fits a mixture model."""

from dataclasses import asdict
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from graphs.formulation.tools.common import Components, MixtureFile, ModelOrder, Response, fitted_model
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.formulation.scheffe import ScheffeFit


@agent_tool(
    keywords=(
        *("scheffé", "scheffe", "scheffé model", "fit", "model", "regression", "mixture model"),
        *("coefficients", "lack of fit", "r²", "ternary", "contours"),
    ),
    examples=(
        "Fit a quadratic Scheffé model to yarn.csv.",
        "Model elongation in yarn.csv.",
        "Draw the ternary contours of yarn.csv.",
    ),
)
def fit_model(
    session: Session,
    file: MixtureFile,
    order: ModelOrder = "quadratic",
    components: Components = None,
    response: Response = None,
) -> Answer:
    """Fit a Scheffé model: coefficients, R², lack of fit; for three components a ternary picture (PNG)."""
    from graphs.formulation import ternary_plot, wording

    fit = fitted_model(session, file, order, components, response)
    picture = None
    if len(fit.components) == 3:
        session.report("drawing the contours")
        name = f"{PurePath(file).stem}-{order.replace('_', '-')}-model.png"
        picture = session.save(name, ternary_plot.ternary_png(fit))["name"]
    return Answer(wording.model(file, fit, picture), {"picture": picture, **_figures(fit)})


def _figures(fit: "ScheffeFit") -> dict[str, Any]:
    return {
        "response": fit.response,
        "components": fit.components,
        "coefficients": {term.name: term.coefficient for term in fit.terms},
        "n": fit.n,
        "r2": fit.r2,
        "r2_adjusted": fit.r2_adjusted,
        "s": fit.s,
        "df_residual": fit.df_residual,
        "lack_of_fit": asdict(fit.lack_of_fit) if fit.lack_of_fit else None,
    }
