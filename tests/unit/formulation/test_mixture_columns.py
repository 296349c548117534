"""Components and response that are recognised by their values."""

import numpy as np
import pandas as pd
import pytest

from graphs.formulation.mixture_columns import MixtureColumns, mixture_columns


@pytest.fixture
def table() -> pd.DataFrame:
    """Six batches of three components."""
    return pd.DataFrame(
        {
            "water": [1.0, 0.0, 0.0, 0.5, 0.5, 0.0],
            "sugar": [0.0, 1.0, 0.0, 0.5, 0.0, 0.5],
            "salt": [0.0, 0.0, 1.0, 0.0, 0.5, 0.5],
            "taste": [3.0, 7.5, 1.0, 8.0, 2.5, 4.0],
        }
    )


WATER_SUGAR_SALT = ("water", "sugar", "salt")


def test_components_are_what_sums_to_one(table: pd.DataFrame) -> None:
    assert mixture_columns(table) == MixtureColumns(WATER_SUGAR_SALT, "taste")


def test_components_in_per_cent(table: pd.DataFrame) -> None:
    table[list(WATER_SUGAR_SALT)] *= 100

    assert mixture_columns(table) == MixtureColumns(WATER_SUGAR_SALT, "taste")


def test_proportions_with_two_digits(table: pd.DataFrame) -> None:
    third = pd.DataFrame([{"water": 0.333, "sugar": 0.333, "salt": 0.333, "taste": 5.0}])

    assert mixture_columns(pd.concat([table, third])).components == WATER_SUGAR_SALT


def test_columns_of_text_and_numbers_of_batches_are_passed_over(table: pd.DataFrame) -> None:
    table["run"] = range(1, 7)
    table["Kind"] = "vertex"
    table["replicate"] = 1

    assert mixture_columns(table) == MixtureColumns(WATER_SUGAR_SALT, "taste")


@pytest.mark.parametrize("batch", [100.0, 250.0])
def test_weighed_amounts_are_no_second_set_of_components(table: pd.DataFrame, batch: float) -> None:
    for name in WATER_SUGAR_SALT:
        table.insert(3, f"{name} (g)", table[name] * batch)

    assert mixture_columns(table) == MixtureColumns(WATER_SUGAR_SALT, "taste")


def test_component_that_no_batch_contains_stays_a_component(table: pd.DataFrame) -> None:
    table["ethanol"] = 0.0

    assert mixture_columns(table) == MixtureColumns((*WATER_SUGAR_SALT, "ethanol"), "taste")


def test_batches_that_were_not_measured_do_not_matter(table: pd.DataFrame) -> None:
    table.loc[5, "taste"] = None

    assert mixture_columns(table) == MixtureColumns(WATER_SUGAR_SALT, "taste")


def test_named_columns_are_taken_as_they_are(table: pd.DataFrame) -> None:
    assert mixture_columns(table, ["water", "taste"], "salt") == MixtureColumns(("water", "taste"), "salt")


def test_several_responses_need_a_name(table: pd.DataFrame) -> None:
    table["colour"] = [4.0, 2.0, 9.5, 6.0, 1.0, 3.0]

    with pytest.raises(ValueError, match="More than one column could be the response: taste, colour"):
        mixture_columns(table)
    assert mixture_columns(table, response="colour") == MixtureColumns(WATER_SUGAR_SALT, "colour")


def test_table_without_a_response(table: pd.DataFrame) -> None:
    with pytest.raises(
        ValueError, match="Only the components water, sugar, salt hold numbers: add a response"
    ):
        mixture_columns(table.drop(columns="taste"))


def test_table_without_components_names_its_columns(table: pd.DataFrame) -> None:
    with pytest.raises(
        ValueError, match=r"No two or more columns sum to 1 .* the table has water, sugar, taste"
    ):
        mixture_columns(table.drop(columns="salt"))


def test_two_ways_to_read_the_components(table: pd.DataFrame) -> None:
    # the proportions of the oil phase, of other values than those of the water phase
    table["oil"], table["wax"] = [0.2, 0.4, 0.6, 0.8, 0.5, 0.1], [0.8, 0.6, 0.4, 0.2, 0.5, 0.9]

    with pytest.raises(ValueError, match=r"More than one set of columns sums to 1 .*oil, wax"):
        mixture_columns(table)
    assert mixture_columns(table, ["oil", "wax"], "taste").components == ("oil", "wax")


def test_one_component_is_no_mixture(table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="salt alone is no mixture: name all components, or none"):
        mixture_columns(table, ["salt"])


def test_too_many_columns_to_try(table: pd.DataFrame) -> None:
    shares = np.random.default_rng(1).uniform(size=(6, 15))
    for number, column in enumerate(shares.T):
        table[f"spectrum_{number}"] = column

    with pytest.raises(ValueError, match=r"columns could be components: .* Name the components"):
        mixture_columns(table, response="taste")


def test_columns_of_one_name(table: pd.DataFrame) -> None:
    table.columns = pd.Index(["water", "sugar", "sugar", "taste"])

    with pytest.raises(ValueError, match="two columns of the same name"):
        mixture_columns(table)
