"""Arguments that the tools which read a trial's table have in common."""

from typing import Annotated

from graphs.kit.arguments import column_argument, file_argument, quantity, text_argument
from graphs.kit.artifacts import TABLE_SUFFIXES

TrialFile = Annotated[str, file_argument("The trial's table, one row for each participant.", *TABLE_SUFFIXES)]
Arm = Annotated[
    str | None,
    column_argument(
        "The arm of each participant; found by its name (arm, group, treatment) when not given.",
        cues=(
            "by",
            "per",
            "between",
            "across",
            "arm",
            "arms",
            "group",
            "groups",
            "treatment",
            "stratified by",
        ),
        sought=True,
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
