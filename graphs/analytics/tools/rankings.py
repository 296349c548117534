"""The tool that ranks groups: of a whole table, or within each of other groups."""

from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal

from graphs.analytics.tools.arguments import (
    STATISTIC_CUES,
    USUAL,
    Bucket,
    DateColumn,
    DayFirst,
    File,
    Sheet,
    Where,
    Year,
    kept_whole,
    opened,
)
from graphs.analytics.tools.query import computed
from graphs.kit.arguments import choice_argument, column_argument, quantity
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphs.analytics.tables.aggregate import Aggregate, OpenTable
    from graphs.analytics.tables.selection import Selection
    from graphs.analytics.tables.statements import Figure

_ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
_ENDS = ("best", "highest", "largest", "biggest", "most", "worst", "lowest", "smallest", "least", "place")
_PLACES = {
    word: tuple(f"{said} {end}" for said in (word, f"{number}{ending}") for end in _ENDS)
    for (number, word), ending in zip(_ORDINALS.items(), ("nd", "rd", "th", "th"), strict=True)
}
_TOP = 10
_NO_GROUPS = (
    "Say what is ranked: a column or a period, as in “Which region has the second highest mean units?”. Rows "
    "themselves are listed: “List the 5 rows with the highest units”."
)
_CATEGORY_CUES = (
    *("which", "what", "top", "best", "worst", "rank", "bottom", "leading", "with", "has", "had"),
    *("ranked", "selling"),
)
Measure = Annotated[
    str | None,
    column_argument(
        "What it is ranked by; every column of amounts in turn when not given.",
        cues=(*STATISTIC_CUES, "by", "ranked by", "in", "most", "least", "fewest", "biggest"),
        numeric=True,
    ),
]
Statistic = Annotated[
    Literal["sum", "mean", "median", "min", "max", "sd", "count"] | None,
    choice_argument(
        f"The statistic of the measure in each group; {USUAL}. count ranks by the number of rows.",
        sum=("total", "overall"),
        mean=("average", "avg"),
        sd=("standard deviation", "most variable"),
        count=("number of rows", "most often", "most rows", "most frequent", "most common", "fewest rows"),
    ),
]
Order = Annotated[
    Literal["highest", "lowest"],
    choice_argument(
        "Which end comes first.",
        highest=("top", "best", "most", "largest", "biggest", "greatest"),
        lowest=(
            *("bottom", "worst", "least", "fewest", "smallest"),
            *("weakest", "poorest", "cheapest", "slowest"),
        ),
    ),
]
Top = Annotated[
    int,
    quantity("How many groups to show.", cues=("top", "bottom", "best", "worst", "first"), ge=1, le=30),
]


@agent_tool(
    keywords=(
        *("top", "rank", "ranking", "ranked", "best", "worst", "most", "least", "fewest"),
        *("highest", "lowest"),
        *("largest", "smallest", "biggest", "bottom", "leading", "best-selling", "highest mean"),
        *("highest average", "lowest average", "highest total", "lowest total", "sold most", "sold least"),
        *("second best", "second highest", "second largest", "third best", "most often", "most common"),
    ),
    examples=(
        "Which region sold most?",
        "Which three products sold most in total?",
        "Top 3 products by revenue.",
        "Which product has the highest mean units in sales.csv?",
        "Which month had the lowest revenue?",
        "Which region is second best by revenue?",
        "Top 3 products in each region by revenue.",
        "Which product sold most in each region?",
        "Rank the products by revenue within each region.",
    ),
)
def rank_groups(
    session: Session,
    file: File,
    category: Annotated[
        str | None,
        column_argument(
            "What is ranked: the values of this column. Not needed to rank periods.", cues=_CATEGORY_CUES
        ),
    ] = None,
    within: Annotated[
        str | None,
        column_argument(
            "Rank in each value of this column separately.",
            cues=("in each", "within each", "of each", "for each", "in every", "within", "inside each"),
            numeric=False,
        ),
    ] = None,
    measure: Measure = None,
    statistic: Statistic = None,
    order: Order = "highest",
    place: Annotated[
        Literal["first", "second", "third", "fourth", "fifth"],
        choice_argument(
            "Which place of the ranking is asked for.",
            not_by_name=("first", "second", "third", "fourth", "fifth"),
            **_PLACES,
        ),
    ] = "first",
    top: Top = _TOP,
    bucket: Bucket = None,
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Rank groups or periods by a total or another statistic, of all or within each of other groups: the top
    or bottom N, the best, the second best, the worst."""
    from graphs.analytics.query import ranking_wording
    from graphs.analytics.query.ranking import ranked
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.selection import Selection, spelt

    selection = Selection((category,) if category else (), bucket, date_column, where, year)
    smallest = order == "lowest"
    number = {word: place for place, word in _ORDINALS.items()}.get(place, 1)
    asked = f"{place} {order}" if number > 1 else order
    with opened(session, file, sheet, day_first) as table:
        measures = _measures(table, file, measure, statistic)
        if measure is None and category and spelt(table.info, category) in measures:
            raise ValueError(_NO_GROUPS)
        if within and number > 1:
            raise ValueError(f"Ask for the top {number} in each {within}: they are numbered.")
        if within:
            return _within(
                session, table, file, (within, category), measures, statistic, selection, order, top
            )
        if category is None and bucket is None:
            if number > 1 or top != _TOP or statistic not in (None, "min" if smallest else "max"):
                raise ValueError(_NO_GROUPS)
            result = table.aggregate("min" if smallest else "max", measures, selection)
            return Answer(wording.aggregated(file, result, None), computed(file, result, result.rows))
        results = [_by_statistic(table, each, statistic, selection) for each in measures or (None,)]
    # a place further down than what is shown is shown, too
    rankings = [(result, *ranked(result, max(top, number), smallest=smallest)) for result in results]
    texts = [
        ranking_wording.ranked(file, result, rows, asked, tied, number) for result, rows, tied in rankings
    ]
    if measure is None and measures:
        texts.insert(0, ranking_wording.no_measure(results[0].table, measures))
    assumed = [line for each in results for line in _assumed(each, statistic)]
    text = "\n".join(["\n\n".join(texts), *dict.fromkeys(assumed)])
    return Answer(text, {"rankings": [computed(file, each, rows) for each, rows, _ in rankings]})


def _within(
    session: Session,
    table: "OpenTable",
    file: str,
    keys: tuple[str, str | None],
    measures: "Sequence[str]",
    statistic: "Figure | None",
    selection: "Selection",
    order: str,
    top: int,
) -> Answer:
    """The ranking within each value of the first key."""
    from graphs.analytics.query import ranking_wording
    from graphs.analytics.query.ranking import ranked_within
    from graphs.analytics.tables.selection import spelt

    within, category = keys
    if category is None or selection.bucket or spelt(table.info, within) == spelt(table.info, category):
        raise ValueError(f"Name what is ranked within each {within}: one other column, and no period.")
    if len(measures) > 1:
        raise ValueError(f"Say which column to rank by: {' or '.join(measures)}.")
    by_both = replace(selection, by=(within, category))
    result = _by_statistic(table, measures[0] if measures else None, statistic, by_both)
    rankings = ranked_within(result, top, smallest=order == "lowest")
    rows = [row for each in rankings for row in each.rows]
    whole = kept_whole(session, f"{PurePath(file).stem}-ranking.csv", result.columns, rows)
    text = ranking_wording.ranked_within(file, result, rankings, order, whole)
    return Answer("\n".join([text, *_assumed(result, statistic)]), computed(file, result, rows))


def _measures(table: "OpenTable", file: str, measure: str | None, statistic: str | None) -> "Sequence[str]":
    """The columns to rank by: all of amounts when none is named, none to count rows."""
    from graphs.analytics.tables.measures import amount_columns
    from graphs.analytics.tables.selection import number_columns

    measures = [measure] if measure else [] if statistic == "count" else amount_columns(table.info)
    if not measures and statistic != "count":
        raise ValueError(
            f"Say which column to rank by: {file} has {', '.join(number_columns(table.info)) or 'none'} "
            "with numbers."
        )
    return measures


def _by_statistic(
    table: "OpenTable", measure: str | None, statistic: "Figure | None", selection: "Selection"
) -> "Aggregate":
    from graphs.analytics.tables.measures import usual_statistic

    measures = [measure] if measure else []
    return table.aggregate(statistic or usual_statistic(measures), measures, selection)


def _assumed(result: "Aggregate", statistic: "Figure | None") -> list[str]:
    from graphs.analytics.tables import wording

    return [] if statistic else wording.assumed(result.statistic, result.measures)
