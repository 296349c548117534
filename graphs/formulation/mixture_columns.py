"""Which columns of a table are the components of a mixture and which the response, when nobody has said so.

Components are recognised by what makes them components: in every row they sum to 1, or to 100 %.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from graphs.formulation.scheffe import SUM_TOLERANCE

MAX_CANDIDATES = 14
"""So many columns have 16,000 subsets; more would keep a person waiting."""

_BOOKKEEPING = frozenset(
    {"run", "order", "run_order", "std_order", "point", "replicate", "block", "batch"}
    | {"trial", "id", "no", "number"}
)
"""Names of columns that number the batches; a design that this agent writes has some of them."""


@dataclass(frozen=True)
class MixtureColumns:
    """The columns of the components, in the order of the table, and of the response."""

    components: tuple[str, ...]
    response: str


def mixture_columns(
    table: pd.DataFrame, components: Sequence[str] | None = None, response: str | None = None
) -> MixtureColumns:
    """The columns that were named, and for the others those that are recognised.

    Recognised as components are the numeric columns whose rows sum to 1 (or 100), as response the one numeric
    column that remains. Raises ValueError, naming the columns, when there is none or more than one way.
    """
    if not table.columns.is_unique:
        raise ValueError("The table has two columns of the same name; rename one of them.")
    if components and len(components) < 2:
        raise ValueError(
            f"{components[0]} alone is no mixture: name all components, or none to have them found. Bounds "
            "of several components are given for all of them: at least 0, 0.2 and 0 and at most 1, 1 and 0.5."
        )
    chosen = tuple(components) if components else _components(table, response)
    return MixtureColumns(chosen, response or _response(table, chosen))


def _components(table: pd.DataFrame, response: str | None) -> tuple[str, ...]:
    candidates = [name for name in _numeric(table) if name != response and _may_be_proportion(table[name])]
    if len(candidates) > MAX_CANDIDATES:
        raise ValueError(
            f"{len(candidates)} columns could be components: {', '.join(candidates)}. Name the components."
        )
    found = _summing_to_whole(table, candidates)
    # A component that no blend contains may be left out without a change of the sums: take the widest set.
    widest = [names for names in found if not any(set(names) < set(other) for other in found)]
    if not widest:
        raise ValueError(
            "No two or more columns sum to 1 (or 100 %) in every row. Name the components and the response: "
            f"the table has {', '.join(map(str, table.columns))}."
        )
    if len(widest) > 1:
        ways = " or ".join(", ".join(names) for names in widest[:3])
        raise ValueError(f"More than one set of columns sums to 1 (or 100 %): {ways}. Name the components.")
    return widest[0]


def _summing_to_whole(table: pd.DataFrame, candidates: Sequence[str]) -> list[tuple[str, ...]]:
    values = table[candidates].dropna().to_numpy(dtype=float)
    if not len(values):
        return []
    return [
        tuple(candidates[i] for i in chosen)
        for size in range(2, len(candidates) + 1)
        for chosen in combinations(range(len(candidates)), size)
        if _is_whole(values[:, chosen].sum(axis=1))
    ]


def _is_whole(sums: np.ndarray) -> bool:
    return any(bool((np.abs(sums - whole) <= SUM_TOLERANCE * whole).all()) for whole in (1, 100))


def _response(table: pd.DataFrame, components: Collection[str]) -> str:
    left = [name for name in _numeric(table) if name not in components]
    if not left:
        raise ValueError(f"Only the components {', '.join(components)} hold numbers: add a response.")
    if len(left) > 1:
        raise ValueError(f"More than one column could be the response: {', '.join(left)}. Say which it is.")
    return left[0]


def _numeric(table: pd.DataFrame) -> list[str]:
    """The columns of numbers, without those that number the batches or repeat one in another unit."""
    names: list[str] = []
    for name in map(str, table.columns):
        kind = table[name].dtype
        if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):
            continue
        numbers_batches = name.strip().lower().replace(" ", "_") in _BOOKKEEPING
        if not numbers_batches and not any(_is_multiple(table[name], table[other]) for other in names):
            names.append(name)
    return names


def _is_multiple(column: pd.Series, of: pd.Series) -> bool:
    pairs = pd.concat([column, of], axis=1).dropna().to_numpy(dtype=float)
    present = pairs[(pairs != 0).any(axis=1)]
    if len(present) < 2 or (present == 0).any() or np.ptp(present[:, 1]) == 0:
        return False
    ratios = present[:, 0] / present[:, 1]
    return bool(np.ptp(ratios) <= 1e-3 * abs(ratios[0]))


def _may_be_proportion(column: pd.Series) -> bool:
    values = column.dropna()
    return len(values) > 0 and bool(values.between(0, 100 * (1 + SUM_TOLERANCE)).all())
