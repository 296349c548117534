"""What the tools that model a mixture have in common: their arguments, and the fit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from graphs.kit.arguments import choice_argument, column_argument, file_argument
from graphs.kit.artifacts import TABLE_SUFFIXES
from graphs.kit.tool import Session

if TYPE_CHECKING:
    from graphs.formulation.scheffe import Order, ScheffeFit

Share = Annotated[float, Field(ge=0, le=1)]
MixtureFile = Annotated[
    str, file_argument("The batches, one row each, with proportions and a response.", *TABLE_SUFFIXES)
]
Components = Annotated[
    list[str] | None,
    column_argument(
        "The components: columns of proportions that sum to 1 in each row, or of per cent that sum to 100. "
        "When not given, the columns that do so.",
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
        sought=True,
    ),
]
ModelOrder = Annotated[
    Literal["linear", "quadratic", "special_cubic"],
    choice_argument(
        "The Scheffé polynomial.",
        linear=("first order", "first degree"),
        quadratic=("second order", "second degree"),
        special_cubic=("cubic", "third order"),
    ),
]


def fitted_model(
    session: Session, file: str, order: "Order", components: list[str] | None, response: str | None
) -> "ScheffeFit":
    """The model of the session's table, its columns recognised where they were not named."""
    from graphs.formulation.mixture_columns import mixture_columns
    from graphs.formulation.scheffe import fit_scheffe

    table = session.table(file)
    columns = mixture_columns(table, components, response)
    return fit_scheffe(table, columns.components, columns.response, order)


def by_component(components: Sequence[str], values: list[float] | None, which: str) -> dict[str, float]:
    """The values by component, in the components' order; empty without values."""
    if not values:
        return {}
    if len(values) != len(components):
        raise ValueError(
            f"Give the {which} proportion of {', '.join(components)}, in this order: "
            f"{len(components)} numbers, not {len(values)}."
        )
    return dict(zip(components, values, strict=True))
