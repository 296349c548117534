"""Columns of a trial's table that are recognised by their names."""

import pandas as pd
import pytest

from graphs.trial_analysis.roles import SurvivalColumns, arm_column, only_covariate, survival_columns


def table(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({column: [1, 0] for column in columns})


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (("pair", "weeks", "relapse", "arm"), SurvivalColumns("weeks", "relapse", "arm")),
        (("week", "arrest", "fin", "age"), SurvivalColumns("week", "arrest", None)),
        (
            ("Time (days)", "Status", "Treatment Group"),
            SurvivalColumns("Time (days)", "Status", "Treatment Group"),
        ),
        (("id", "TIME_TO_EVENT", "Death", "trt"), SurvivalColumns("TIME_TO_EVENT", "Death", "trt")),
    ],
)
def test_columns_are_recognised(columns: tuple[str, ...], found: SurvivalColumns) -> None:
    assert survival_columns(table(*columns)) == found


def test_named_columns_are_taken_as_they_are() -> None:
    columns = survival_columns(
        table("time", "weeks", "event", "status", "arm", "sex"), "weeks", "status", "sex"
    )

    assert columns == SurvivalColumns("weeks", "status", "sex")


def test_column_with_another_role_is_no_candidate() -> None:
    assert survival_columns(table("days", "time", "event"), event="event", time="days").time == "days"
    assert survival_columns(table("days", "event", "status"), event="status").event == "status"
    assert arm_column(table("arm", "group"), besides=["group"]) == "arm"


def test_pooled_participants_have_no_arm() -> None:
    assert survival_columns(table("time", "event", "arm", "group"), pooled=True).arm is None
    with pytest.raises(ValueError, match="Either pool all participants or compare the arms in column 'arm'"):
        survival_columns(table("time", "event", "arm"), arm="arm", pooled=True)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("time", "weeks", "event"), "More than one column could be the time: time, weeks. Say which it is."),
        (("time", "event", "status"), "More than one column could be the event: event, status."),
        (("time", "event", "arm", "group"), "More than one column could be the arm: arm, group."),
        (
            ("sbp_week12", "responder"),
            "No column is named like the time. .* the table has sbp_week12, responder",
        ),
        (("time", "censored"), "No column is named like the event"),
    ],
)
def test_doubt_is_an_error_that_names_the_columns(columns: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        survival_columns(table(*columns))


def test_calendar_year_is_no_time_to_an_event() -> None:
    with pytest.raises(ValueError, match="No column is named like the time"):
        survival_columns(table("year", "event"))


def test_arm_is_the_only_covariate_when_none_is_named() -> None:
    columns = SurvivalColumns("time", "event", None)

    assert only_covariate(table("time", "event", "arm", "age"), columns) == "arm"
    with pytest.raises(ValueError, match=r"Name the covariates of the model. The table has age, sex"):
        only_covariate(table("time", "event", "age", "sex"), columns)
