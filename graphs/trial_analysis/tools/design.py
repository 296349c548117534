"""The tools that plan a trial. Shares (power, alpha, proportions, dropout) are from 0 to 1."""

from dataclasses import asdict
from typing import Annotated

from pydantic import Field

from graphs.kit.arguments import quantity
from graphs.kit.tool import Answer, Session, agent_tool

_WHO = ("participants", "patients", "subjects", "people")
_EACH = ("per arm", "per group", "in each arm", "in each group", "each arm", "each group")

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


@agent_tool(
    keywords=(
        *("sample size", "how many participants", "how many patients", "how many subjects", "power"),
        *("t-test", "effect size", "cohen's d", "d", "standard deviation", "sd", "detect a difference"),
        *("mean difference", "difference in means"),
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
        *("proportions", "two proportions", "proportion", "response rate", "response rates", "rates"),
        *("responders", "chi-squared"),
    ),
    examples=(
        "Sample size to compare two proportions, 40 % and 60 %, with power 0.9.",
        "How many patients do I need to raise the response rate from 40 % to 60 %?",
        "How many people per arm to show 30 % versus 45 % responders?",
        "Sample size for proportions of 0.25 and 0.4 with continuity correction.",
        "What power do 100 patients per arm give for proportions of 0.4 and 0.6?",
    ),
)
def plan_proportions_test(
    session: Session,
    p_reference: Annotated[
        float,
        quantity(
            "The expected proportion in the reference arm.",
            cues=(
                "reference",
                "control",
                "placebo",
                "proportions",
                "rates",
                "from",
                "between",
                "show",
                "detect",
            ),
            gt=0,
            lt=1,
        ),
    ],
    p_treatment: Annotated[
        float,
        quantity(
            "The expected proportion in the treatment arm.",
            cues=("treatment", "treated", "active", "versus", "vs", "against", "and"),
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
    continuity: Annotated[
        bool, Field(description="Plan for the test with continuity correction, which is close to Fisher's.")
    ] = False,
) -> Answer:
    """Compute the sample size to compare two proportions, or the power when the number is given."""
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
        p_reference,
        p_treatment,
        alpha=alpha,
        power=wanted,
        ratio=ratio,
        dropout=dropout,
        continuity=continuity,
    )
    text = wording.sample_size(f"A {test}", effect, sizes, power=wanted, alpha=alpha)
    return Answer(text, {"alpha": alpha, "total": sizes.total, **asdict(sizes)})


@agent_tool(
    keywords=(
        *("sample size", "how many participants", "how many patients", "how many subjects", "power"),
        *("how many events", "number of events", "log-rank test", "hazard ratio", "hr", "survival trial"),
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
            f"With {events:,} events the log-rank test at a two-sided alpha of {alpha:g} detects {effect} "
            f"with a **power of {reached:.4f}**."
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


def _effect_size(effect_size: float | None, difference: float | None, sd: float | None) -> float:
    from graphs.trial_analysis.design import cohens_d

    if effect_size is not None:
        if difference is not None or sd is not None:
            raise ValueError(
                "Give either the effect size d, or the difference with its standard deviation, not both."
            )
        return effect_size
    if difference is None or sd is None:
        raise ValueError(
            "Say what the trial is to detect: an effect size d (0.5 is a medium one), or a difference of the "
            "means together with the standard deviation."
        )
    return cohens_d(difference, sd)


def _given_arms(
    power: float | None, per_arm: int | None, total: int | None, ratio: float, dropout: float
) -> tuple[int, int] | None:
    """The sizes of the arms whose power is asked for; None when the sample size is."""
    if per_arm is not None and total is not None:
        raise ValueError(f"Give either {per_arm:,} participants per arm or {total:,} in all, not both.")
    if per_arm is not None:
        arms = per_arm, round(per_arm * ratio)
    elif total is not None:
        first = round(total / (1 + ratio))
        arms = first, total - first
    else:
        return None
    _require_one_wish(power, dropout)
    return arms


def _require_one_wish(power: float | None, dropout: float) -> None:
    if power is not None:
        raise ValueError(
            f"Give either the power, {power:g}, to get the sample size, or the size of the trial to get its "
            "power."
        )
    if dropout:
        raise ValueError(
            f"A dropout of {dropout:g} counts when the sample size is asked for. To get the power, give the "
            "number of participants that are left to be analysed."
        )


def _power_answer(test: str, effect: str, arms: tuple[int, int], reached: float, alpha: float) -> Answer:
    from graphs.trial_analysis import wording

    text = wording.power(test, effect, *arms, reached=reached, alpha=alpha)
    return Answer(text, {"n1": arms[0], "n2": arms[1], "power": reached, "alpha": alpha})


def _event_probability(
    hazard_ratio: float, ratio: float, median: float | None, accrual: float | None, follow_up: float | None
) -> float:
    from graphs.trial_analysis.design import exponential_event_probability

    if median is None and accrual is None and follow_up is None:
        return 1.0
    if median is None or follow_up is None:
        raise ValueError(
            "To work out how many participants will have the event, give the reference arm's median survival "
            "and the follow-up after the last entry (and the accrual, if entry takes time)."
        )
    return exponential_event_probability(
        median, hazard_ratio, accrual=accrual or 0.0, follow_up=follow_up, ratio=ratio
    )
