import numpy as np
import pandas as pd
import pytest

from graphs.trial_analysis.columns import arms_of, complete_rows, events, numbers, reference_first

TABLE = pd.DataFrame(
    {"weeks": [1.0, 2.0, np.nan, 4.0], "event": [1, 0, 1, 1], "arm": ["new", "new ", "old", "old"]}
)


def test_complete_rows_keeps_the_rows_numbers_from_1():
    rows, excluded = complete_rows(TABLE, ["weeks", "arm"])

    assert list(rows.index) == [1, 2, 4]
    assert list(rows.columns) == ["weeks", "arm"]
    assert excluded == 1


def test_a_missing_column_is_named_with_those_that_exist():
    with pytest.raises(ValueError, match=r"no column 'time', 'group'. Its columns are: weeks, event, arm\."):
        complete_rows(TABLE, ["time", "group", "arm"])


def test_one_column_can_not_play_two_roles():
    with pytest.raises(ValueError, match="Each role needs a column of its own"):
        complete_rows(TABLE, ["event", "event"])


def test_two_columns_of_the_same_name_are_refused():
    with pytest.raises(ValueError, match="two columns of the same name"):
        complete_rows(TABLE.set_axis(["weeks", "arm", "arm"], axis=1), ["weeks", "arm"])


def test_a_table_of_blanks_is_refused():
    with pytest.raises(
        ValueError, match="No row of the table has a value in every one of the columns 'weeks'"
    ):
        complete_rows(TABLE.assign(weeks=np.nan), ["weeks"])


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([1, 2, "three"], "Row 3 of column 'x' holds 'three', which is not a number"),
        ([1, float("inf"), 3], "Row 2 of column 'x' holds 'inf', which is not a number"),
        ([1, -2.5, 3], "Row 2 of column 'x' holds '-2.5', which is below 0"),
    ],
)
def test_numbers_names_the_first_bad_cell(cells, message):
    rows, _ = complete_rows(pd.DataFrame({"x": cells}), ["x"])

    with pytest.raises(ValueError, match=message):
        numbers(rows, "x", minimum=0)


def test_numbers_reads_text_that_holds_numbers():
    rows, _ = complete_rows(pd.DataFrame({"x": ["1", " 2.5"]}), ["x"])

    assert numbers(rows, "x").tolist() == [1, 2.5]


@pytest.mark.parametrize(
    "cells", [[1, 0, 1], [1.0, 0.0, 1.0], [True, False, True], ["1", "0", "1"], ["TRUE", "False", "true"]]
)
def test_events_reads_the_usual_codes(cells):
    rows, _ = complete_rows(pd.DataFrame({"e": cells}), ["e"])

    assert events(rows, "e").tolist() == [True, False, True]


def test_events_refuses_other_codes():
    rows, _ = complete_rows(pd.DataFrame({"e": [1, 0, 2]}), ["e"])

    with pytest.raises(ValueError, match=r"Row 3 of column 'e' holds '2', which is neither 1 .* nor 0"):
        events(rows, "e")
    with pytest.raises(ValueError, match="holds '0', '1', '2'; it must hold the event's value '2'"):
        events(rows, "e", event_value=2)


def test_arms_are_read_as_trimmed_text_also_when_blanks_made_them_floats():
    rows, _ = complete_rows(pd.DataFrame({"arm": [0, 1, np.nan, 0, 1], "x": 1.0}), ["arm", "x"])

    assert arms_of(rows, "arm").tolist() == ["0", "1", "0", "1"]
    assert set(arms_of(TABLE, "arm")) == {"new", "old"}


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        (["a", "a", "a"], "holds one arm only, 'a'; a comparison needs two"),
        (["a", "a", "b"], "Arm 'b' of column 'arm' has fewer than 2 usable rows"),
        ([f"P{i}" for i in range(30)], "holds 30 different values, which is too many for arms"),
    ],
)
def test_unusable_arms_are_refused(arms, message):
    rows, _ = complete_rows(pd.DataFrame({"arm": arms}), ["arm"])

    with pytest.raises(ValueError, match=message):
        arms_of(rows, "arm")


def test_the_reference_arm_is_the_named_one_or_the_control_or_the_first():
    assert reference_first(pd.Series(["6-MP", "Placebo"])) == ("Placebo", "6-MP")
    assert reference_first(pd.Series(["6-MP", "Placebo"]), "6-MP") == ("6-MP", "Placebo")
    assert reference_first(pd.Series(["b", "c", "a"])) == ("a", "b", "c")
