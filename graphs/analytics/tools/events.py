"""The tools that follow customers, users or patients through time: cohorts and funnels."""

from pathlib import PurePath
from typing import Annotated, Literal

from graphs.analytics.tools.arguments import DayFirst, File, Sheet, Where, Year, as_csv, opened
from graphs.kit.arguments import choice_argument, column_argument, quantity, text_argument
from graphs.kit.tool import Answer, Session, agent_tool

Entity = Annotated[
    str,
    column_argument(
        "Who is followed: the column that names the customer, user or patient.",
        cues=(
            *("by", "per", "for each", "of each", "of", "customer", "customer id", "user", "user id"),
            *("visitor id", "session id", "patient id", "account id", "client id", "member id"),
        ),
        dates=False,
    ),
]

Along = Annotated[
    str | None,
    column_argument(
        "The column of dates that the order in time is by; needed when the table has several.",
        cues=("dated by", "date column", "by", "in order of", "in the order of", "along", "over"),
        dates=True,
    ),
]


@agent_tool(
    keywords=(
        *("cohort", "cohorts", "cohort table", "cohort analysis", "retention", "retention table", "churn"),
        *("come back", "repeat customers", "retained"),
    ),
    examples=(
        "Monthly retention cohorts by customer_id in orders.csv.",
        "Cohort table of customers by quarter.",
        "What is the retention of users by week?",
        "How many customers come back?",
    ),
)
def cohort_table(
    session: Session,
    file: File,
    entity: Entity,
    period: Annotated[
        Literal["week", "month", "quarter", "year"],
        choice_argument(
            "The length of a period: cohorts are by the first one with activity.",
            week=("weeks", "weekly"),
            month=("months", "monthly"),
            quarter=("quarters", "quarterly"),
            year=("years", "yearly", "annual", "annually"),
        ),
    ] = "month",
    where: Where = None,
    year: Year = None,
    date_column: Along = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Make a cohort table: retention by the period of the first activity, as counts and percentages."""
    from graphs.analytics.query import events_wording
    from graphs.analytics.query.cohort import retention
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.selection import Selection

    with opened(session, file, sheet, day_first) as table:
        selection = Selection(date_column=date_column, where=where, year=year)
        result = retention(table, entity, period, selection)
    heads, rows = events_wording.cohort_records(result)
    whole = None
    if not events_wording.is_whole(result):
        whole = session.save(f"{PurePath(file).stem}-cohorts.csv", as_csv(heads, rows))["name"]
    figures = {
        "file": file,
        "rows": result.table.rows,
        "rows_used": result.rows_used,
        "period": period,
        "entities": result.entities,
        "table": wording.records(heads, rows),
        "last_day": result.last_day,
        "last_period_complete": not result.cut_off,
        "sql": [result.sql],
    }
    return Answer(events_wording.retained(file, result, whole), wording.plain_data(figures))


@agent_tool(
    keywords=(
        *("funnel", "conversion", "conversion rate", "conversion funnel", "drop off", "drop-off", "steps"),
        *("how many reach", "convert"),
    ),
    examples=(
        "Funnel visit > cart > purchase by user_id in events.csv.",
        "Conversion funnel with the steps visit, cart, purchase per user.",
        "What is the conversion from visit to purchase by user_id?",
        "Funnel visit, cart, purchase by user_id within 1 day.",
    ),
)
def funnel(
    session: Session,
    file: File,
    entity: Entity,
    step_column: Annotated[
        str,
        column_argument(
            "The column that names the step, event or status of a row.",
            cues=(
                *("step", "event", "event type", "event name", "stage", "status", "action", "activity"),
                *("step in", "steps in", "steps of", "events in", "stages in"),
            ),
            numeric=False,
        ),
    ],
    steps: Annotated[
        list[str],
        text_argument(
            "The steps in their order: values of the step column, such as visit, cart, purchase.",
            cues=(
                *("funnel of", "funnel from", "funnel", "steps", "steps are", "conversion from"),
                *("conversion of", "convert from", "from", "stages", "drop off from"),
            ),
        ),
    ],
    within: Annotated[
        float | None,
        quantity(
            "How long after the first step each further one still counts; without a limit when not given.",
            "hours",
            cues=("within", "in less than", "no later than", "time limit", "conversion window"),
            gt=0,
        ),
    ] = None,
    where: Where = None,
    year: Year = None,
    date_column: Along = None,
    sheet: Sheet = None,
    day_first: DayFirst = None,
) -> Answer:
    """Compute a funnel: how many reach each step in order of time, conversion rates, median times between."""
    from graphs.analytics.query import events_wording
    from graphs.analytics.query.funnel import funnel as follow
    from graphs.analytics.tables import wording
    from graphs.analytics.tables.selection import Selection

    with opened(session, file, sheet, day_first) as table:
        selection = Selection(date_column=date_column, where=where, year=year)
        result = follow(table, entity, step_column, steps, selection, within)
    first = result.steps[0]
    figures = {
        "file": file,
        "rows": result.table.rows,
        "rows_used": result.rows_used,
        "entities": result.entities,
        "within_hours": result.within_hours,
        "table": [
            {
                "step": step.name,
                "reached": step.reached,
                "percent_of_step_before": events_wording.conversion(step, before),
                "percent_of_first_step": events_wording.conversion(step, first),
                "median_seconds_since_step_before": step.seconds,
            }
            for step, before in zip(result.steps, (None, *result.steps), strict=False)
        ],
        "sql": [result.sql],
    }
    return Answer(events_wording.funnelled(file, result), wording.plain_data(figures))
