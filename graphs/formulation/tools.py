"""The tools of the formulation agent. Proportions are from 0 to 1, and those of a blend sum to 1."""

import csv
from dataclasses import asdict
from io import StringIO
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from graphs.kit.arguments import choice_argument, column_argument, file_argument, quantity, text_argument
from graphs.kit.artifacts import TABLE_SUFFIXES
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphs.formulation.mixture_design import MixtureDesign
    from graphs.formulation.optimise import Optimum
    from graphs.formulation.scheffe import ScheffeFit

BATCH_UNIT = "g"

Share = Annotated[float, Field(ge=0, le=1)]
MixtureFile = Annotated[
    str, file_argument("The batches, one row each, with proportions and a response.", *TABLE_SUFFIXES)
]
Components = Annotated[
    list[str] | None,
    column_argument(
        "The components, as proportions that sum to 1 in each row or per cent that sum to 100; found by "
        "that when not given.",
        cues=("components", "component", "ingredients", "from", "over"),
        numeric=True,
        many=True,
    ),
]
Response = Annotated[
    str | None,
    column_argument(
        "The measured property; when not given, the one column of numbers that is no component.",
        cues=(
            "response",
            "of",
            "for",
            "highest",
            "lowest",
            "maximise",
            "minimise",
            "best",
            "model",
            "target",
        ),
        numeric=True,
    ),
]
Order = Annotated[
    Literal["linear", "quadratic", "special_cubic"],
    choice_argument(
        "The Scheffé polynomial.",
        linear=("first order", "first degree"),
        quadratic=("second order", "second degree"),
        special_cubic=("cubic", "third order"),
    ),
]


@agent_tool(
    keywords=(
        *("simplex lattice", "simplex centroid", "lattice", "centroid", "simplex", "mixture design"),
        *("design", "experiment", "blends to make", "which blends", "runs"),
    ),
    examples=(
        "Make a simplex lattice design with 3 components and degree 2.",
        "Make a simplex centroid design with 4 components.",
        "Which blends should I make to study 3 ingredients?",
    ),
)
def mixture_design(
    session: Session,
    kind: Annotated[
        Literal["simplex_lattice", "simplex_centroid"],
        choice_argument("The kind of design.", simplex_lattice=("lattice",), simplex_centroid=("centroid",)),
    ],
    components: Annotated[
        int | None,
        quantity("How many components.", cues=("components", "ingredients"), ge=2, le=12),
    ] = None,
    names: Annotated[
        str | None,
        text_argument("The components' names, with commas between them.", cues=("named", "called", "names")),
    ] = None,
    degree: Annotated[int, quantity("The degree of the lattice.", cues=("degree",), ge=1)] = 2,
    lower_bounds: Annotated[
        list[Share] | None,
        quantity(
            "The least proportion of each component, in their order.",
            cues=("lower bounds", "lower bound", "at least", "least proportions"),
        ),
    ] = None,
    interior: Annotated[
        bool, Field(description="Add inner blends that test a model: the overall centroid and axial points.")
    ] = False,
    replicates: Annotated[
        int, quantity("How often each blend is made.", cues=("replicates", "times", "replicated"), ge=1)
    ] = 1,
    batch_size: Annotated[
        float | None,
        quantity(
            "The mass of one batch, to weigh out.",
            BATCH_UNIT,
            cues=("batch size", "batch", "batches of"),
            gt=0,
        ),
    ] = None,
    seed: Annotated[int, quantity("The seed of the random order.", cues=("seed",), ge=0)] = 1,
) -> Answer:
    """Lay out a mixture experiment: the blends of a simplex lattice or centroid in random order (CSV)."""
    from graphs.formulation import mixture_design as designs
    from graphs.formulation import wording

    chosen = _component_names(components, names)
    plan = designs.mixture_design(
        chosen,
        kind,
        degree=degree,
        lower_bounds=_by_component(chosen, lower_bounds, "least"),
        interior=interior,
        replicates=replicates,
        batch_size=batch_size,
        seed=seed,
    )
    is_lattice = kind == "simplex_lattice"
    title = (
        f"Simplex lattice {{{len(chosen)}, {degree}}}" if is_lattice else f"Simplex centroid of {len(chosen)}"
    )
    stem = f"simplex-lattice-{len(chosen)}-{degree}" if is_lattice else f"simplex-centroid-{len(chosen)}"
    artifact = session.save(f"{stem}.csv", _csv(plan))
    figures = {"file": artifact["name"], "points": plan.points, "runs": len(plan.runs), "seed": seed}
    return Answer(wording.design(title, plan, BATCH_UNIT, artifact["name"]), figures)


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
    order: Order = "quadratic",
    components: Components = None,
    response: Response = None,
) -> Answer:
    """Fit a Scheffé model: coefficients, R², lack of fit; of three components also a ternary picture (PNG)."""
    from graphs.formulation import ternary_plot, wording

    fit = _fit(session, file, order, components, response)
    picture = None
    if len(fit.components) == 3:
        session.report("drawing the contours")
        name = f"{PurePath(file).stem}-{order.replace('_', '-')}-model.png"
        picture = session.save(name, ternary_plot.ternary_png(fit))["name"]
    return Answer(wording.model(file, fit, picture), {"picture": picture, **_figures(fit)})


@agent_tool(
    keywords=(
        *("best blend", "optimise", "optimum", "optimal", "maximise", "minimise", "highest", "lowest"),
        *("find the blend", "which blend", "which mixture", "target", "recipe", "maximum", "minimum"),
    ),
    examples=(
        "Find the blend of yarn.csv with the highest elongation.",
        "Which blend of yarn.csv has the lowest elongation?",
        "Find the best blend of yarn.csv with elongation on target 15.",
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
    order: Order = "quadratic",
    components: Components = None,
    response: Response = None,
    bounded: Annotated[
        list[str] | None,
        column_argument(
            "The components that the bounds are about; all of them when not given.",
            cues=("at least", "at most", "no more than", "no less than", "between"),
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

    fit = _fit(session, file, order, components, response)
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


def _fit(
    session: Session, file: str, order: "Order", components: "list[str] | None", response: str | None
) -> "ScheffeFit":
    from graphs.formulation.mixture_columns import mixture_columns
    from graphs.formulation.scheffe import fit_scheffe

    table = session.table(file)
    columns = mixture_columns(table, components, response)
    return fit_scheffe(table, columns.components, columns.response, order)


def _figures(fit: "ScheffeFit") -> dict[str, object]:
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


def _component_names(count: int | None, names: str | None) -> list[str]:
    if names:
        chosen = [name.strip() for name in names.split(",")]
        if count is not None and count != len(chosen):
            raise ValueError(f"There are {count} components, but {len(chosen)} names: {', '.join(chosen)}.")
        return chosen
    if count is None:
        raise ValueError('Say how many components the mixture has, or name them: named "water, sugar, salt".')
    return [f"x{number}" for number in range(1, count + 1)]


def _by_component(components: "Sequence[str]", values: list[float] | None, which: str) -> dict[str, float]:
    """The values by component, in the components' order; empty without values."""
    if not values:
        return {}
    if len(values) != len(components):
        raise ValueError(
            f"Give the {which} proportion of {', '.join(components)}, in this order: "
            f"{len(components)} numbers, not {len(values)}."
        )
    return dict(zip(components, values, strict=True))


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
    low, high = _by_component(names, least, "least"), _by_component(names, greatest, "greatest")
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


def _csv(plan: "MixtureDesign") -> bytes:
    amounts = [f"{name} ({BATCH_UNIT})" for name in plan.components] if plan.runs[0].amounts else []
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["run", "point", "kind", "replicate", *plan.components, *amounts])
    for run in plan.runs:
        shares = [f"{share:.6g}" for share in run.proportions]
        weights = [f"{amount:.6g}" for amount in run.amounts]
        writer.writerow([run.run, run.point, run.kind, run.replicate, *shares, *weights])
    return buffer.getvalue().encode()
