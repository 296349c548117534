"""The tools that compare an endpoint in two arms."""

from dataclasses import asdict
from typing import Annotated

from graphs.kit.arguments import column_argument
from graphs.kit.tool import Answer, Session, agent_tool
from graphs.trial_analysis.tools.arguments import Arm, Confidence, EventValue, Reference, Treatment, TrialFile


@agent_tool(
    keywords=("compare the means", "means", "mean", "welch", "t-test", "difference in means", "hedges' g"),
    examples=(
        "Compare the means of sbp_change by arm in trial_endpoints.csv.",
        "Welch t-test of sbp_change between the arms.",
        "Is the mean of sbp_week12 different between the arms?",
        "Compare the mean sbp_change between active and placebo.",
    ),
)
def compare_means(
    session: Session,
    file: TrialFile,
    endpoint: Annotated[
        str,
        column_argument("The endpoint, in numbers.", cues=("of", "mean", "means", "endpoint"), numeric=True),
    ],
    arm: Arm = None,
    reference: Reference = None,
    treatment: Treatment = None,
    confidence: Confidence = 0.95,
) -> Answer:
    """Compare the means of an endpoint in two arms by Welch's t-test, with confidence intervals."""
    from graphs.trial_analysis import endpoint as endpoints
    from graphs.trial_analysis import roles, wording

    table = session.table(file)
    arm = arm or roles.arm_column(table, besides=[endpoint])
    result = endpoints.compare_means(
        table, endpoint, arm, reference=reference, treatment=treatment, confidence=confidence
    )
    return Answer(wording.means(file, endpoint, arm, result), {"arm_column": arm, **asdict(result)})


@agent_tool(
    keywords=(
        *("ranks", "mann-whitney", "wilcoxon", "rank-sum", "non-parametric", "nonparametric"),
        *("hodges-lehmann", "compare the medians", "skewed", "not normal", "assuming normality"),
    ),
    examples=(
        "Compare the ranks of sbp_change by arm in trial_endpoints.csv.",
        "Mann-Whitney test of sbp_change between the arms.",
    ),
)
def compare_ranks(
    session: Session,
    file: TrialFile,
    endpoint: Annotated[
        str,
        column_argument(
            "The endpoint, in numbers.", cues=("of", "ranks", "medians", "endpoint"), numeric=True
        ),
    ],
    arm: Arm = None,
    reference: Reference = None,
    treatment: Treatment = None,
    confidence: Confidence = 0.95,
) -> Answer:
    """Compare an endpoint in two arms by the Mann–Whitney test, with the Hodges–Lehmann shift."""
    from graphs.trial_analysis import endpoint as endpoints
    from graphs.trial_analysis import roles, wording

    table = session.table(file)
    arm = arm or roles.arm_column(table, besides=[endpoint])
    result = endpoints.compare_ranks(
        table, endpoint, arm, reference=reference, treatment=treatment, confidence=confidence
    )
    return Answer(wording.ranks(file, endpoint, arm, result), {"arm_column": arm, **asdict(result)})


@agent_tool(
    keywords=(
        *("risk", "risks", "risk ratio", "relative risk", "risk difference", "odds ratio", "fisher"),
        *("response rate", "event rate", "proportion of", "share of", "responders"),
    ),
    examples=(
        "Compare the risk of responder by arm in trial_endpoints.csv.",
        "Odds ratio of responder between the arms.",
        "Odds ratio for responder, active versus placebo.",
        "Is the proportion of responders different between the arms?",
    ),
)
def compare_risks(
    session: Session,
    file: TrialFile,
    endpoint: Annotated[
        str,
        column_argument(
            "Whether the event happened, 1 or 0.",
            cues=("of", "risk", "risks", "endpoint", "rate", "proportion"),
        ),
    ],
    arm: Arm = None,
    event_value: EventValue = None,
    reference: Reference = None,
    treatment: Treatment = None,
    confidence: Confidence = 0.95,
) -> Answer:
    """Compare the risks of an event in two arms: difference, risk ratio and odds ratio, with intervals."""
    from graphs.trial_analysis import endpoint as endpoints
    from graphs.trial_analysis import roles, wording

    table = session.table(file)
    arm = arm or roles.arm_column(table, besides=[endpoint])
    result = endpoints.compare_risks(
        table,
        endpoint,
        arm,
        event_value=event_value,
        reference=reference,
        treatment=treatment,
        confidence=confidence,
    )
    figures = {"arm_column": arm, "risks": [result.treatment.risk, result.reference.risk], **asdict(result)}
    return Answer(wording.risks(file, endpoint, arm, result), figures)
