"""The tool that finds the best blend. Proportions are from 0 to 1, and those of a blend sum to 1."""

from dataclasses import asdict
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from graphs.formulation.tools.common import (
    Components,
    MixtureFile,
    ModelOrder,
    Response,
    Share,
    by_component,
    fitted_model,
)
from graphs.kit.arguments import choice_argument, column_argument, quantity
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.formulation.optimise import Optimum
    from graphs.formulation.scheffe import ScheffeFit


@agent_tool(
    keywords=(
        *("best blend", "optimise", "optimum", "optimal", "maximise", "minimise", "highest", "lowest"),
        *("find the blend", "which blend", "which mixture", "target", "recipe", "maximum", "minimum"),
    ),
    examples=(
        "Find the blend of yarn.csv with the highest elongation.",
        "Which blend of yarn.csv has the lowest elongation?",
        "Find the best blend of yarn.csv with elongation on target 15.",
        "What proportions maximise elongation by a linear Scheffé polynomial?",
    ),
)
def optimise_blend(
    session: Session,
    file: MixtureFile,
    goal: Annotated[
        Literal["maximise", "minimise", "target"],
        choice_argument(
            "What the response is to be.",
            maximise=("highest", "maximum", "largest", "greatest", "maximal", "as high as possible"),
            minimise=("lowest", "minimum", "smallest", "minimal", "as low as possible"),
            target=("on target", "target of", "closest to", "equal to"),
        ),
    ],
    target: Annotated[
        float | None,
        quantity("The response wanted, for the goal target.", cues=("target", "closest to", "equal to")),
    ] = None,
    order: ModelOrder = "quadratic",
    components: Components = None,
    response: Response = None,
    bounded: Annotated[
        list[str] | None,
        column_argument(
            "The components that the bounds are about; all of them when not given.",
            cues=("at least", "at most", "no more than", "no less than", "between", "at", "containing"),
            numeric=True,
            many=True,
        ),
    ] = None,
    least: Annotated[
        list[Share] | None,
        quantity(
            "The least proportions, in the order of the components; from the data when not given.",
            cues=("lower bounds", "lower bound", "at least", "no less than", "least proportions"),
        ),
    ] = None,
    greatest: Annotated[
        list[Share] | None,
        quantity(
            "The greatest proportions, in the order of the components; from the data when not given.",
            cues=("upper bounds", "upper bound", "at most", "no more than", "greatest proportions"),
        ),
    ] = None,
    between: Annotated[
        list[list[float]] | None,
        quantity(
            "The least and the greatest proportion together, one pair for each component.",
            cues=("between", "bounds", "ranges"),
        ),
    ] = None,
    confidence: Annotated[
        float,
        quantity(
            "The confidence level of the intervals.", cues=("confidence", "confidence level"), ge=0.5, lt=1
        ),
    ] = 0.95,
) -> Answer:
    """Find the blend with the highest or lowest response, or one on target, by a Scheffé model (with PNG)."""
    from graphs.formulation import optimise, ternary_plot, wording

    fit = fitted_model(session, file, order, components, response)
    session.report(f"looking for the best of all blends of {', '.join(fit.components)}")
    best = optimise.optimise_blend(
        fit,
        goal,
        target=target,
        bounds=_bounds(fit, bounded, least, greatest, between),
        confidence=confidence,
    )
    picture = None
    if len(fit.components) >= 3:
        png = ternary_plot.ternary_png(fit, components=_largest_three(best), optimum=best)
        picture = session.save(f"{PurePath(file).stem}-best-blend.png", png)["name"]
    return Answer(wording.blend(file, fit, best, picture), {"picture": picture, **asdict(best)})


def _bounds(
    fit: "ScheffeFit",
    bounded: list[str] | None,
    least: list[float] | None,
    greatest: list[float] | None,
    between: list[list[float]] | None,
) -> dict[str, tuple[float, float]]:
    """(least, greatest) of each component that has bounds; where one of the two is open, that of the data."""
    # "the highest strength with at least 0.1, 0.2 and 0": a response has no bounds, all components have
    names = [name for name in bounded or [] if name != fit.response] or fit.components
    if between:
        if least or greatest or any(len(pair) != 2 for pair in between):
            raise ValueError(
                "Give bounds as pairs of two (0.2 to 0.5), or as least and greatest proportions."
            )
        least, greatest = [pair[0] for pair in between], [pair[1] for pair in between]
    low, high = by_component(names, least, "least"), by_component(names, greatest, "greatest")
    if bounded and not (low or high):
        raise ValueError(f"Say between which proportions {', '.join(names)} must lie, e.g. at least 0.2.")
    ranges = dict(zip(fit.components, fit.ranges, strict=True))
    # a name that is no component stays in, for the optimiser to refuse
    open_ends = {name: ranges.get(name, (0.0, 1.0)) for name in names}
    return {
        name: (low.get(name, lowest), high.get(name, highest))
        for name, (lowest, highest) in open_ends.items()
    }


def _largest_three(best: "Optimum") -> list[str]:
    """The three components that the picture varies: the others are held, and room must be left."""
    largest = sorted(best.components, key=lambda name: -best.blend[best.components.index(name)])[:3]
    return [name for name in best.components if name in largest]
