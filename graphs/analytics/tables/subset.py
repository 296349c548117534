"""The rows and columns of a table that a statistical method is to use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from graphs.analytics.tables.aggregate import OpenTable
from graphs.analytics.tables.selection import Selection, spelt
from graphs.analytics.tables.statements import Filter
from graphs.kit.tables.load import TableInfo


@dataclass(frozen=True, slots=True)
class Subset:
    """The columns in `frame`, of the rows of `table` that met `filters`."""

    table: TableInfo
    frame: pd.DataFrame
    filters: tuple[Filter, ...]

    @property
    def rows_used(self) -> int:
        return len(self.frame)


def subset(table: OpenTable, columns: Sequence[str], selection: Selection) -> Subset:
    """Read the columns, in the rows that the selection keeps.

    Raises ValueError for a column that doesn't exist, conditions that can't be read or that no row meets, and
    a year when it is open which dates are meant.
    """
    names = list(dict.fromkeys(spelt(table.info, name) for name in columns))
    filters, _ = table.kept(selection)
    return Subset(table.info, table.frame(names, filters), filters)
