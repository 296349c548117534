"""The tools that analyse time to an event."""

from dataclasses import asdict
from pathlib import PurePath
from typing import Annotated, Literal

from graphs.kit.arguments import choice_argument, column_argument
from graphs.kit.tool import Answer, Session, agent_tool
from graphs.trial_analysis.tools.arguments import Arm, Confidence, EventValue, Reference, TrialFile

Time = Annotated[
    str | None,
    column_argument(
        "The time to the event or to the end of observation; found by its name (time, weeks) when not given.",
        cues=("time", "times", "duration", "follow-up"),
        numeric=True,
        sought=True,
    ),
]
Event = Annotated[
    str | None,
    column_argument(
        "1 where the event happened, 0 where the participant is censored; found by its name (event, status, "
        "relapse, death) when not given.",
        cues=("event", "events", "status", "outcome", "time to", "until"),
        sought=True,
    ),
]


@agent_tool(
    keywords=(
        *("kaplan-meier", "survival", "survival curve", "survival curves", "median survival", "median time"),
        *("survive", "time to event", "time to relapse", "time to death", "km curve", "log-rank"),
    ),
    examples=(
        "Kaplan-Meier survival of gehan.csv with time weeks, event relapse and arm arm.",
        "Draw the survival curves of both arms.",
        "Kaplan-Meier curve of all patients pooled.",
        "What is the median survival in each arm?",
    ),
)
def kaplan_meier(
    session: Session,
    file: TrialFile,
    time: Time = None,
    event: Event = None,
    arm: Arm = None,
    participants: Annotated[
        Literal["by arm", "together"],
        choice_argument(
            "Whether each arm gets a curve of its own, or all participants one together.",
            together=(
                "pooled",
                "without arms",
                "no arm",
                "ignoring the arms",
                "as one group",
            ),
        ),
    ] = "by arm",
    event_value: EventValue = None,
    reference: Reference = None,
    confidence: Confidence = 0.95,
) -> Answer:
    """Estimate survival by Kaplan–Meier: medians with intervals, the log-rank test, and the curves (PNG)."""
    from graphs.trial_analysis import roles, survival, survival_plot, wording

    table = session.table(file)
    columns = roles.survival_columns(table, time, event, arm, pooled=participants == "together")
    data = survival.survival_data(
        table, columns.time, columns.event, columns.arm, event_value=event_value, reference=reference
    )
    curves = survival.kaplan_meier(data, confidence=confidence)
    test = survival.logrank_test(data) if data.arms else None
    session.report("drawing the curves")
    title = f"Kaplan–Meier survival, {PurePath(file).stem}"
    picture = session.save(
        f"{PurePath(file).stem}-survival.png",
        survival_plot.survival_png(curves, title=title, time_label=columns.time, test=test),
    )
    figures = {
        "picture": picture["name"],
        "columns": asdict(columns),
        "arms": {
            curve.arm: {
                "n": curve.n,
                "events": curve.events,
                "median": curve.median,
                "median_ci": curve.median_ci,
            }
            for curve in curves
        },
        "log_rank": asdict(test) if test else None,
    }
    return Answer(wording.survival(file, columns, data, curves, test, picture["name"]), figures)


@agent_tool(
    keywords=(
        *("log-rank", "log-rank test", "compare the survival", "difference in survival", "mantel"),
        *("survival differ", "survival different", "observed and expected events"),
    ),
    examples=(
        "Log-rank test of gehan.csv with time weeks, event relapse and arm arm.",
        "Does survival differ between the arms?",
    ),
)
def compare_survival(
    session: Session,
    file: TrialFile,
    time: Time = None,
    event: Event = None,
    arm: Arm = None,
    event_value: EventValue = None,
) -> Answer:
    """Test by the log-rank test whether survival is the same in all arms."""
    from graphs.trial_analysis import roles, survival, wording

    table = session.table(file)
    columns = roles.survival_columns(table, time, event, arm or roles.arm_column(table))
    data = survival.survival_data(table, columns.time, columns.event, columns.arm, event_value=event_value)
    test = survival.logrank_test(data)
    return Answer(wording.log_rank(file, columns, data, test), {"columns": asdict(columns), **asdict(test)})


@agent_tool(
    keywords=(
        *("cox", "cox regression", "cox model", "hazard ratio", "hazard ratios", "proportional hazards"),
        *("covariates", "adjusted for"),
    ),
    examples=(
        "Cox regression of rossi.csv with time week, event arrest and covariates fin, age and prio.",
        "Hazard ratio of the arms in gehan.csv.",
        "Fit a Cox model adjusted for age and sex.",
    ),
)
def cox_regression(
    session: Session,
    file: TrialFile,
    time: Time = None,
    event: Event = None,
    covariates: Annotated[
        list[str] | None,
        column_argument(
            "The covariates, numbers or texts; the arm when none is given.",
            cues=("covariates", "covariate", "adjusted for", "adjusting for", "predictors", "on", "for"),
            many=True,
        ),
    ] = None,
    event_value: EventValue = None,
    confidence: Confidence = 0.95,
) -> Answer:
    """Fit Cox's proportional hazards model: hazard ratios with intervals, check of proportionality."""
    from graphs.trial_analysis import cox, roles, wording

    table = session.table(file)
    columns = roles.survival_columns(table, time, event, pooled=True)
    model = cox.cox_regression(
        table,
        columns.time,
        columns.event,
        covariates or [roles.only_covariate(table, columns)],
        event_value=event_value,
        confidence=confidence,
    )
    return Answer(wording.cox(file, columns, model), {"columns": asdict(columns), **asdict(model)})
