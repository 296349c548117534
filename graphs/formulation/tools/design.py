"""The tool that lays out a mixture experiment. Proportions are from 0 to 1."""

import csv
from io import StringIO
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from graphs.formulation.tools.common import Share, by_component
from graphs.kit.arguments import choice_argument, quantity, text_argument
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.formulation.mixture_design import MixtureDesign

BATCH_UNIT = "g"


@agent_tool(
    keywords=(
        *("simplex lattice", "simplex centroid", "lattice", "centroid", "simplex", "mixture design"),
        *("design", "experiment", "blends to make", "which blends", "runs"),
    ),
    examples=(
        "Make a simplex lattice design with 3 components and degree 2.",
        "Make a simplex centroid design with 4 components.",
        "Make a simplex lattice with 4 components, degree 2 and interior points.",
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
        lower_bounds=by_component(chosen, lower_bounds, "least"),
        interior=interior,
        replicates=replicates,
        batch_size=batch_size,
        seed=seed,
    )
    if kind == "simplex_lattice":
        title = f"Simplex lattice of {len(chosen)} components and degree {degree}"
        name = f"simplex-lattice-{len(chosen)}-{degree}.csv"
    else:
        title, name = f"Simplex centroid of {len(chosen)} components", f"simplex-centroid-{len(chosen)}.csv"
    artifact = session.save(name, _csv(plan))
    figures = {"file": artifact["name"], "points": plan.points, "runs": len(plan.runs), "seed": seed}
    return Answer(wording.design(title, plan, BATCH_UNIT, artifact["name"]), figures)


def _component_names(count: int | None, names: str | None) -> list[str]:
    if names:
        chosen = [name.strip() for name in names.split(",")]
        if count is not None and count != len(chosen):
            raise ValueError(f"There are {count} components, but {len(chosen)} names: {', '.join(chosen)}.")
        return chosen
    if count is None:
        raise ValueError('Say how many components the mixture has, or name them: named "water, sugar, salt".')
    return [f"x{number}" for number in range(1, count + 1)]


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
