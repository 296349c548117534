"""The tools that compare groups: means and ranks, shares, analysis of variance."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

from graphs.analytics.tools.arguments import DateColumn, DayFirst, File, Sheet, Where, Year, opened
from graphs.kit.arguments import choice_argument, column_argument, text_argument
from graphs.kit.tool import Answer, Session, agent_tool

if TYPE_CHECKING:
    from graphs.analytics.tables.aggregate import OpenTable

_DIFFERENCE_CUES = (
    "does",
    "do",
    "difference in",
    "different",
    "of",
    "compare",
    "mean",
    "average",
    "in",
    "is",
)
_GROUP_CUES = ("between", "by", "across", "among", "per", "for each", "depend on", "over", "with", "and")


@agent_tool(
    keywords=(
        *(
            "difference between",
            "different between",
            "differ between",
            "differ",
            "difference in",
            "compare groups",
            "t-test",
        ),
        *("t test", "significant difference", "significantly different", "statistically different", "welch"),
        *("mann-whitney", "wilcoxon", "kruskal-wallis", "effect size", "hedges g", "paired test", "paired t"),
        *("post-hoc", "games-howell", "dunn", "significantly higher", "significantly lower", "paired"),
        *("higher in", "lower in", "greater in", "larger in", "smaller in", "less in", "more in"),
        *("higher for", "lower for", "greater for", "larger for", "smaller for"),
    ),
    examples=(
        "Does revenue_usd differ between regions?",
        "Compare revenue_usd by region.",
        "Compare units by product.",
        "Is there a significant difference in units between products?",
        "Compare revenue_usd between regions with a t-test.",
        "Mann-Whitney test of units by region.",
        "Is revenue_usd higher in North than in South?",
        "Paired t-test of score by treatment, paired by patient.",
    ),
)
def compare_groups(
    session: Session,
    file: File,
    measure: Annotated[
        str, column_argument("The numbers that are compared.", cues=_DIFFERENCE_CUES, numeric=True)
    ],
    grouping: Annotated[
        str | None,
        column_argument(
            "What tells the groups apart; not needed when the groups are named.", cues=_GROUP_CUES
        ),
    ] = None,
    levels: Annotated[
        list[str] | None,
        text_argument(
            "Which groups are compared, by their values (men, women); all of the column when not given.",
            cues=("between", "higher in", "lower in", "greater in", "larger in", "smaller in"),
        ),
    ] = None,
    pairs: Annotated[
        str | None,
        column_argument(
            "For two groups whose rows belong together in pairs: which rows do (a patient, a site).",
            cues=("paired by", "paired within", "within", "pairs of", "matched by", "same"),
        ),
    ] = None,
    method: Annotated[
        Literal["auto", "means", "ranks"],
        choice_argument(
            "What is compared: chosen by the data (auto), means (Welch's or the paired t test, Welch's "
            "ANOVA) or ranks (Mann–Whitney, Wilcoxon, Kruskal–Wallis).",
            auto=("automatic",),
            means=("t-test", "t test", "welch", "student", "games-howell"),
            ranks=("mann-whitney", "wilcoxon", "kruskal-wallis", "non-parametric", "nonparametric", "dunn"),
        ),
    ] = "auto",
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Compare a column of numbers between groups: checks assumptions, tests, effect size, which pairs
    differ."""
    from graphs.analytics.statistics import comparison_wording
    from graphs.analytics.statistics.comparison import compare_groups as compare
    from graphs.analytics.statistics.comparison import compare_pairs
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.selection import Selection, spelt
    from graphs.analytics.tables.subset import subset

    with opened(session, file, sheet, day_first) as table:
        by, kept = _groups(table, measure, grouping, levels)
        names = [spelt(table.info, name) for name in (measure, by, *([pairs] if pairs else []))]
        conditions = " and ".join(each for each in (where, kept) if each)
        selection = Selection(where=conditions or None, year=year, date_column=date_column)
        data = subset(table, names, selection)
    session.report(f"comparing {measure} by {by}")
    value, by, *pairs_of = names
    if pairs_of:
        found = compare_pairs(data.frame, value, by, pairs_of[0], method)
    else:
        found = compare(data.frame, value, by, method)
    return Answer(
        comparison_wording.compared(file, data, found), wording.plain_data({"file": file, **asdict(found)})
    )


@agent_tool(
    keywords=(
        *("anova", "analysis of variance", "one-way anova", "two-way anova", "two-way analysis of variance"),
        *("f test", "interaction", "tukey", "tukey hsd", "eta squared", "omega squared", "sums of squares"),
    ),
    examples=(
        "One-way ANOVA of revenue_usd by region.",
        "Two-way ANOVA of revenue_usd by region and product.",
        "Is the difference in revenue_usd between regions significant? Use ANOVA.",
        "Analysis of variance of units by product in sales.csv.",
        "Tukey HSD of units by region.",
    ),
)
def anova(
    session: Session,
    file: File,
    measure: Annotated[
        str,
        column_argument(
            "The numbers whose variance is analysed.",
            cues=("of", "anova of", "does", "for", "on"),
            numeric=True,
        ),
    ],
    factors: Annotated[
        list[str],
        column_argument(
            "One or two columns of groups.",
            cues=("by", "between", "across", "with factors", "depend on"),
            many=True,
        ),
    ],
    squares: Annotated[
        Literal["II", "III"],
        choice_argument(
            "The type of the sums of squares, with two factors.",
            II=("type II", "type 2"),
            III=("type III", "type 3"),
        ),
    ] = "II",
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Analyse the variance of a column by one factor, or by two with interaction: F table, η², ω², Tukey's
    HSD."""
    from graphs.analytics.statistics import anova as analysis
    from graphs.analytics.statistics import comparison_wording
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.selection import Selection, spelt
    from graphs.analytics.tables.subset import subset

    with opened(session, file, sheet, day_first) as table:
        value, *by = (spelt(table.info, name) for name in (measure, *factors))
        data = subset(table, [value, *by], Selection(where=where, year=year, date_column=date_column))
    if len(by) == 1:
        found = analysis.one_way(data.frame, value, by[0])
    elif len(by) == 2:
        found = analysis.two_way(data.frame, value, (by[0], by[1]), squares)
    else:
        raise ValueError(f"An analysis of variance takes one or two factors, not {len(by)}: {', '.join(by)}.")
    return Answer(
        comparison_wording.analysed(file, data, found), wording.plain_data({"file": file, **asdict(found)})
    )


@agent_tool(
    keywords=(
        *("chi-square", "chi-squared", "chi square", "fisher's exact", "fisher exact", "contingency"),
        *("contingency table", "association between", "associated with", "independence", "independent of"),
        *("cramer's v", "cramér's v", "odds ratio of", "compare shares", "compare proportions"),
        *("share differ", "shares differ", "proportion differ", "proportions differ"),
    ),
    examples=(
        "Chi-square test of product and region.",
        "Is there an association between region and product?",
        "Is region independent of product?",
        "Do the shares of product differ between regions?",
        "Fisher's exact test of outcome by treatment.",
    ),
)
def compare_shares(
    session: Session,
    file: File,
    outcome: Annotated[
        str,
        column_argument(
            "Whose shares are compared.",
            cues=(
                "shares of",
                "share of",
                "proportion of",
                "proportions of",
                "test of",
                "of",
                "between",
                "is",
                "does",
            ),
        ),
    ],
    grouping: Annotated[
        str,
        column_argument(
            "What tells the groups apart between which they are.",
            cues=(
                "by",
                "and",
                "between",
                "across",
                "among",
                "with",
                "independent of",
                "associated with",
                "on",
            ),
        ),
    ],
    where: Where = None,
    year: Year = None,
    date_column: DateColumn = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Compare the shares of one column between the groups of another: chi-square or Fisher's test, Cramér's
    V."""
    from graphs.analytics.statistics import comparison_wording
    from graphs.analytics.statistics.contingency import compare_shares as compare
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.selection import Selection, spelt
    from graphs.analytics.tables.subset import subset

    with opened(session, file, sheet, day_first) as table:
        value, by = (spelt(table.info, name) for name in (outcome, grouping))
        data = subset(table, [value, by], Selection(where=where, year=year, date_column=date_column))
    found = compare(data.frame, value, by)
    return Answer(
        comparison_wording.shares(file, data, found), wording.plain_data({"file": file, **asdict(found)})
    )


def _groups(
    table: "OpenTable", measure: str, grouping: str | None, levels: list[str] | None
) -> tuple[str, str | None]:
    """Return the column that tells the groups apart, and the condition that keeps those that were named."""
    from graphs.analytics.tables.levels import find_levels, levels_condition

    if levels:
        column, values = find_levels(table, levels, grouping)
        return column, levels_condition(column, values)
    if grouping:
        return grouping, None
    others = [column.name for column in table.info.columns if column.name != measure]
    raise ValueError(
        f"Say which column tells the groups of {measure} apart, or name the groups. The other columns are "
        f"{', '.join(others) or 'none'}."
    )
