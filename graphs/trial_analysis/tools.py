"""The tools of the trial agent. Shares (power, alpha, risks, confidence) are from 0 to 1."""

from dataclasses import asdict
from pathlib import PurePath
from typing import Annotated, Any

from graphs.kit.arguments import column_argument, file_argument, quantity, text_argument
from graphs.kit.artifacts import TABLE_SUFFIXES
from graphs.kit.tool import Answer, Session, agent_tool

_WHO = ("participants", "patients", "subjects", "people")
_EACH = ("per arm", "per group", "in each arm", "in each group", "each arm", "each group")

# The arguments of the design tools.
Power = Annotated[
    float | None, quantity("The power wanted; 0.8 when no number is given.", cues=("power",), gt=0, lt=1)
]
Alpha = Annotated[
    float,
    quantity(
        "The two-sided significance level.",
        cues=("alpha", "significance level", "significance", "level", "type I error"),
        gt=0,
        lt=1,
    ),
]
PerArm = Annotated[
    int | None,
    quantity(
        "Participants in the reference arm (in each arm when the allocation is equal), to get the power.",
        cues=(*_EACH, *(f"{who} {each}" for who in _WHO for each in _EACH), "n"),
        ge=2,
    ),
]
Total = Annotated[
    int | None,
    quantity(
        "Participants in both arms together, to get the power.",
        cues=("in total", "in all", "altogether", *_WHO),
        ge=4,
    ),
]
Ratio = Annotated[
    float,
    quantity(
        "Participants in the treatment arm for each one in the reference arm.",
        cues=("ratio", "allocation", "allocation ratio", "randomised", "randomisation"),
        gt=0,
    ),
]
Dropout = Annotated[
    float,
    quantity(
        "The share of the enrolled who drop out.",
        cues=("dropout", "drop-out", "drop out", "attrition", "lost to follow-up", "loss to follow-up"),
        ge=0,
        lt=1,
    ),
]

# The arguments of the tools that analyse a table.
TrialFile = Annotated[str, file_argument("The trial's table, one row for each participant.", *TABLE_SUFFIXES)]
Arm = Annotated[
    str | None,
    column_argument(
        "The arm of each participant; found by its name (arm, group, treatment) when not given.",
        cues=("by", "per", "between", "across", "arm", "arms", "group", "groups", "treatment", "stratified by"),
    ),
]
Reference = Annotated[
    str | None,
    text_argument(
        "The reference arm, as it stands in the table; found by its name (placebo, control) when not given.",
        cues=("reference", "reference arm", "reference group"),
    ),
]
Treatment = Annotated[
    str | None,
    text_argument(
        "The arm to compare with the reference arm; needed when there are more than two.",
        cues=("treatment arm", "treatment group", "comparison arm"),
    ),
]
EventValue = Annotated[
    str | None,
    text_argument(
        "The value which says that the event happened, when the column does not hold 1 and 0.",
        cues=("event value", "counts as event", "event is coded", "event coded"),
    ),
]
Confidence = Annotated[
    float,
    quantity(
        "The confidence level of the intervals.",
        cues=("confidence", "confidence level", "confidence interval", "confidence intervals", "CI", "CIs"),
        ge=0.5,
        lt=1,
    ),
]
Time = Annotated[
    str | None,
    column_argument(
        "The time to the event or to the end of observation; found by its name (time, weeks) when not given.",
        cues=("time", "times", "duration", "follow-up"),
        numeric=True,
    ),
]
Event = Annotated[
    str | None,
    column_argument(
        "1 where the event happened, 0 where the participant is censored; found by its name (event, status, "
        "relapse, death) when not given.",
        cues=("event", "events", "status", "outcome", "to", "until"),
    ),
]


@agent_tool(
    keywords=(
        *("sample size", "how many participants", "how many patients", "how many subjects", "power"),
        *("t-test", "effect size", "cohen's d", "difference of means", "standard deviation"),
    ),
    examples=(
        "Sample size for a t-test with effect size 0.5 and power 0.8.",
        "What power do 64 patients per arm give for an effect size of 0.5?",
        "How many patients do I need to detect a difference of 5 with a standard deviation of 10?",
    ),
)
def plan_t_test(
    session: Session,
    effect_size: Annotated[
        float | None,
        quantity(
            "The difference of the means in standard deviations (Cohen's d).",
            cues=("effect size", "effect", "cohen's d", "d", "standardised difference"),
        ),
    ] = None,
    difference: Annotated[
        float | None,
        quantity(
            "The difference of the means, with the standard deviation in place of the effect size.",
            cues=("difference", "difference of", "mean difference", "difference in means"),
        ),
    ] = None,
    sd: Annotated[
        float | None,
        quantity(
            "The standard deviation, in the unit of the difference.",
            cues=("sd", "standard deviation", "sigma"),
            gt=0,
        ),
    ] = None,
    power: Power = None,
    alpha: Alpha = 0.05,
    per_arm: PerArm = None,
    total: Total = None,
    ratio: Ratio = 1.0,
    dropout: Dropout = 0.0,
) -> Answer:
    """Compute the sample size of a two-arm t-test, or its power when the number of participants is given."""
    from graphs.trial_analysis import design, wording

    d = _effect_size(effect_size, difference, sd)
    effect = f"an effect size of d = {d:.4g}"
    arms = _given_arms(power, per_arm, total, ratio, dropout)
    if arms:
        reached = design.t_test_power(d, *arms, alpha=alpha)
        return _power_answer("a t-test", effect, arms, reached, alpha)
    wanted = 0.8 if power is None else power
    sizes = design.t_test_sample_size(d, alpha=alpha, power=wanted, ratio=ratio, dropout=dropout)
    text = wording.sample_size("A t-test", effect, sizes, power=wanted, alpha=alpha)
    return Answer(text, {"effect_size": d, "alpha": alpha, "total": sizes.total, **asdict(sizes)})


@agent_tool(
    keywords=(
        *("sample size", "how many participants", "how many patients", "how many subjects", "power"),
        *("proportions", "two proportions", "proportion", "response rates", "rates", "chi-squared"),
    ),
    examples=(
        "Sample size to compare two proportions, 40 % and 60 %, with power 0.9.",
        "How many patients do I need to raise the response rate from 40 % to 60 %?",
        "What power do 100 patients per arm give for proportions of 0.4 and 0.6?",
    ),
)
def plan_proportions_test(
    session: Session,
    p_reference: Annotated[
        float,
        quantity(
            "The expected proportion in the reference arm.",
            cues=("reference", "control", "placebo", "standard", "from", "proportions", "rates"),
            gt=0,
            lt=1,
        ),
    ],
    p_treatment: Annotated[
        float,
        quantity(
            "The expected proportion in the treatment arm.",
            cues=("treatment", "treated", "active", "to", "versus", "vs", "against"),
            gt=0,
            lt=1,
        ),
    ],
    power: Power = None,
    alpha: Alpha = 0.05,
    per_arm: PerArm = None,
    total: Total = None,
    ratio: Ratio = 1.0,
    dropout: Dropout = 0.0,
    continuity: bool = False,
) -> Answer:
    """Compute the sample size to compare two proportions, or the power when the number is given.

    `continuity` plans for the test with continuity correction, close to Fisher's.
    """
    from graphs.trial_analysis import design, wording

    test = "test of two proportions" + (" with continuity correction" if continuity else "")
    effect = f"{p_treatment:.4g} against {p_reference:.4g}"
    arms = _given_arms(power, per_arm, total, ratio, dropout)
    if arms:
        reached = design.proportions_power(
            p_reference, p_treatment, *arms, alpha=alpha, continuity=continuity
        )
        return _power_answer(f"a {test}", effect, arms, reached, alpha)
    wanted = 0.8 if power is None else power
    sizes = design.proportions_sample_size(
        p_reference, p_treatment, alpha=alpha, power=wanted, ratio=ratio, dropout=dropout, continuity=continuity
    )
    text = wording.sample_size(f"A {test}", effect, sizes, power=wanted, alpha=alpha)
    return Answer(text, {"alpha": alpha, "total": sizes.total, **asdict(sizes)})


@agent_tool(
    keywords=(
        *("sample size", "how many participants", "how many patients", "how many subjects", "power"),
        *("how many events", "number of events", "log-rank", "hazard ratio", "survival trial"),
    ),
    examples=(
        "Sample size for a log-rank test with hazard ratio 0.7 and power 0.8.",
        "How many events do I need to detect a hazard ratio of 0.6?",
        "What power do 247 events give for a hazard ratio of 0.7?",
    ),
)
def plan_log_rank_test(
    session: Session,
    hazard_ratio: Annotated[
        float, quantity("The hazard ratio to detect.", cues=("hazard ratio", "HR"), gt=0)
    ],
    power: Power = None,
    alpha: Alpha = 0.05,
    events: Annotated[
        int | None,
        quantity("Events in both arms together, to get the power.", cues=("events", "deaths"), ge=1),
    ] = None,
    event_probability: Annotated[
        float | None,
        quantity(
            "The share of all participants who will have had the event at the analysis.",
            cues=("event probability", "probability of the event", "event rate", "have the event"),
            gt=0,
            le=1,
        ),
    ] = None,
    reference_median: Annotated[
        float | None,
        quantity(
            "The reference arm's median survival; with accrual and follow-up it gives the event probability.",
            "months",
            cues=("median", "median survival"),
            gt=0,
        ),
    ] = None,
    accrual: Annotated[
        float | None,
        quantity("How long participants enter.", "months", cues=("accrual", "recruitment"), ge=0),
    ] = None,
    follow_up: Annotated[
        float | None,
        quantity("How long the last entered is followed.", "months", cues=("follow-up", "followed"), ge=0),
    ] = None,
    ratio: Ratio = 1.0,
    dropout: Dropout = 0.0,
) -> Answer:
    """Compute the events and participants that a log-rank test needs, or its power for a number of events."""
    from graphs.trial_analysis import design, wording

    effect = f"a hazard ratio of {hazard_ratio:.4g}"
    if events is not None:
        _require_one_wish(power, dropout)
        reached = design.logrank_power(hazard_ratio, events, alpha=alpha, ratio=ratio)
        text = (
            f"With {events:,} events the log-rank test at a two-sided alpha of {alpha:g} detects {effect} with "
            f"a **power of {reached:.4f}**."
        )
        return Answer(text, {"events": events, "power": reached, "alpha": alpha})
    periods = (reference_median, accrual, follow_up)
    if event_probability is None:
        event_probability = _event_probability(hazard_ratio, ratio, *periods)
    elif any(period is not None for period in periods):
        raise ValueError(
            "Give either the event probability, or the median with accrual and follow-up, not both."
        )
    wanted = 0.8 if power is None else power
    trial = design.logrank_sample_size(
        hazard_ratio,
        event_probability=event_probability,
        alpha=alpha,
        power=wanted,
        ratio=ratio,
        dropout=dropout,
    )
    text = wording.event_driven(effect, trial, power=wanted, alpha=alpha)
    return Answer(text, {"alpha": alpha, "total": trial.sizes.total, **asdict(trial)})


@agent_tool(
    keywords=("compare the means", "means", "mean", "welch", "t-test", "difference in means", "hedges' g"),
    examples=(
        "Compare the means of sbp_change by arm in trial_endpoints.csv.",
        "Welch t-test of sbp_change between the arms.",
        "Is the mean of sbp_week12 different between the arms?",
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
        *("hodges-lehmann", "compare the medians", "skewed"),
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
        *("response rate", "event rate", "proportion of", "share of"),
    ),
    examples=(
        "Compare the risk of responder by arm in trial_endpoints.csv.",
        "Odds ratio of responder between the arms.",
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
