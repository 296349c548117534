from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from graphs.formulation.mixture_design import check_points, simplex_centroid
from graphs.formulation.scheffe import fit_scheffe, model_matrix, scheffe_terms

YARN = pd.read_csv(str(files("graphs.formulation") / "samples" / "yarn.csv"))
FIBRES = ("polyethylene", "polystyrene", "polypropylene")


def centroid_data(q: int, seed: int = 5) -> pd.DataFrame:
    """Every blend of the centroid design and the check points twice, with a seeded response."""
    rng = np.random.default_rng(seed)
    blends = np.array([*simplex_centroid(q), *check_points(q)[1:]] * 2)
    table = pd.DataFrame(blends, columns=pd.Index([f"c{i}" for i in range(q)]))
    terms = scheffe_terms(q, "special_cubic")
    return table.assign(
        y=model_matrix(blends, terms) @ rng.normal(0, 10, len(terms)) + rng.normal(0, 1, len(blends))
    )


def test_the_sample_is_cornells_yarn():
    # Cornell, Experiments with Mixtures (3rd ed. 2002), table 2.3.
    published = {
        (1, 0, 0): [11.0, 12.4],
        (0.5, 0.5, 0): [15.0, 14.8, 16.1],
        (0, 1, 0): [8.8, 10.0],
        (0, 0.5, 0.5): [10.0, 9.7, 11.8],
        (0, 0, 1): [16.8, 16.0],
        (0.5, 0, 0.5): [17.7, 16.4, 16.6],
    }

    assert YARN.groupby(list(FIBRES))["elongation"].apply(list).to_dict() == published


def test_quadratic_model_of_cornells_yarn():
    fit = fit_scheffe(YARN, FIBRES, "elongation")

    # Cornell (2002), ch. 2, and the NIST/SEMATECH e-Handbook, section 5.5.4.2: coefficients, their standard
    # errors and t.
    published = {
        "polyethylene": (11.7, 0.603692, 19.38),
        "polystyrene": (9.4, 0.603692, 15.57),
        "polypropylene": (16.4, 0.603692, 27.17),
        "polyethylene * polystyrene": (19.0, 2.608249, 7.28),
        "polyethylene * polypropylene": (11.4, 2.608249, 4.37),
        "polystyrene * polypropylene": (-9.6, 2.608249, -3.68),
    }
    assert [term.name for term in fit.terms] == list(published)
    for term in fit.terms:
        coefficient, se, t = published[term.name]
        assert term.coefficient == pytest.approx(coefficient, abs=1e-9)
        assert term.se == pytest.approx(se, abs=5e-7)
        assert term.t == pytest.approx(t, abs=5e-3)
    assert fit.terms[-1].p_value == pytest.approx(0.0051, abs=5e-5)
    assert (fit.n, fit.df_residual) == (15, 9)
    # The same: R-squared 0.951356, adjusted 0.924331, root mean square error 0.85375, F 35.2032.
    assert fit.r2 == pytest.approx(0.951356, abs=5e-7)
    assert fit.r2_adjusted == pytest.approx(0.924331, abs=5e-7)
    assert fit.s == pytest.approx(0.85375, abs=5e-6)
    assert fit.model_f == pytest.approx(35.2032, abs=5e-5)
    # Minitab's output for this example (Montgomery, Design and Analysis of Experiments; Penn State STAT 503,
    # example 11.3): PRESS 18.295, R-Sq(pred) 86.43 %.
    assert fit.press == pytest.approx(18.295, abs=5e-4)
    assert fit.r2_predicted == pytest.approx(0.8643, abs=5e-5)
    # Six blends, six terms: nothing is left to test the fit with.
    assert fit.lack_of_fit is None
    assert fit.ranges == ((0, 1), (0, 1), (0, 1))


def test_lack_of_fit_of_the_linear_model_is_what_the_quadratic_terms_explain():
    linear, quadratic = (fit_scheffe(YARN, FIBRES, "elongation", order) for order in ("linear", "quadratic"))

    test = linear.lack_of_fit

    assert test is not None
    assert (test.df_lack, test.df_pure) == (3, 9)
    # Pure error of the replicates: 6.56 on 9 df (Cornell, the residual of the quadratic model).
    assert test.ss_pure == pytest.approx(6.56)
    assert linear.s is not None
    assert quadratic.s is not None
    explained = linear.s**2 * 12 - quadratic.s**2 * 9
    assert test.ss_lack == pytest.approx(explained)
    assert test.f == pytest.approx(explained / 3 / (6.56 / 9))
    assert test.p_value < 0.001


@pytest.mark.parametrize("order", ["linear", "quadratic", "special_cubic"])
def test_every_order_agrees_with_statsmodels(order):
    table = centroid_data(4)
    components = ["c0", "c1", "c2", "c3"]

    fit = fit_scheffe(table, components, "y", order)

    x = model_matrix(table[components].to_numpy(), [term.factors for term in fit.terms])
    ols = sm.OLS(table["y"], x).fit()
    assert fit.coefficients == pytest.approx(ols.params.to_numpy())
    assert [term.se for term in fit.terms] == pytest.approx(ols.bse.to_list())
    assert [term.p_value for term in fit.terms] == pytest.approx(ols.pvalues.to_list())
    assert fit.r2 == pytest.approx(1 - ols.ssr / ols.centered_tss)
    assert fit.press == pytest.approx((ols.get_influence().resid_press ** 2).sum())
    blend = [0.1, 0.2, 0.3, 0.4]
    row = model_matrix(np.array(blend), [term.factors for term in fit.terms])
    assert fit.standard_error(blend) == pytest.approx(ols.get_prediction(row).se_mean[0])


def test_a_special_cubic_reproduces_the_blends_of_a_centroid_design_exactly():
    blends = np.array(simplex_centroid(3))
    y = [10.0, 20.0, 30.0, 18.0, 25.0, 22.0, 40.0]
    table = pd.DataFrame(blends, columns=pd.Index(list("abc"))).assign(y=y)

    fit = fit_scheffe(table, list("abc"), "y", "special_cubic")

    assert fit.predict(blends) == pytest.approx(y)
    # Scheffe (1963): b12 = 4 y12 - 2 (y1 + y2); b123 = 27 y123 - 12 (y12 + y13 + y23) + 3 (y1 + y2 + y3).
    assert fit.coefficients == pytest.approx([10, 20, 30, 12, 20, -12, 27 * 40 - 12 * 65 + 3 * 60])
    # Seven blends, seven terms: nothing is left to estimate the error with.
    assert (fit.df_residual, fit.s, fit.press, fit.r2_adjusted, fit.model_f) == (0, None, None, None, None)
    assert fit.standard_error([1, 0, 0]) is None
    assert {(term.se, term.t, term.p_value) for term in fit.terms} == {(None, None, None)}


def test_percentages_give_the_same_model():
    percent = YARN.assign(**{fibre: YARN[fibre] * 100 for fibre in FIBRES})

    assert fit_scheffe(percent, FIBRES, "elongation") == fit_scheffe(YARN, FIBRES, "elongation")


def test_thirds_written_with_three_digits_are_taken():
    table = pd.DataFrame(simplex_centroid(3), columns=pd.Index(list("abc"))).round(3).assign(y=range(7))

    assert fit_scheffe(table, list("abc"), "y").n == 7


def test_rows_with_blanks_are_left_out_and_counted():
    table = YARN.copy()
    table.loc[14, "elongation"] = np.nan

    fit = fit_scheffe(table, FIBRES, "elongation")

    assert (fit.n, fit.excluded) == (14, 1)


def test_press_needs_every_batch_to_be_replaceable():
    # The only batch with c: without it the coefficient of c could not be had.
    table = pd.DataFrame(
        {"a": [1, 1, 0, 0, 0], "b": [0, 0, 1, 1, 0], "c": [0, 0, 0, 0, 1], "y": [1, 2, 4, 6, 9]}
    )

    fit = fit_scheffe(table, ["a", "b", "c"], "y", "linear")

    assert (fit.press, fit.r2_predicted) == (None, None)
    assert fit.r2 < 1


def change(row: int, column: str, value: object) -> pd.DataFrame:
    table = YARN.astype({column: object})
    table.loc[row - 1, column] = value
    return table


@pytest.mark.parametrize(
    ("table", "components", "order", "message"),
    [
        (
            change(3, "polystyrene", 0.4),
            FIBRES,
            "quadratic",
            "components of row 3 sum to 0.9, not to 1. Correct",
        ),
        (YARN, FIBRES[:2], "linear", "components of row 8 sum to 0.5, not to 1. .*name all components"),
        (change(2, "polystyrene", -0.5), FIBRES, "quadratic", "Row 2 holds a negative proportion"),
        (change(4, "elongation", "high"), FIBRES, "quadratic", "Row 4 of column 'elongation' holds 'high'"),
        (YARN, ("nylon", *FIBRES[1:]), "quadratic", "no column 'nylon'. Its columns are: polyethylene, poly"),
        (YARN, ("polystyrene", "polystyrene"), "linear", "at least two different columns as components"),
        (YARN, FIBRES, "cubic", "no Scheff. model 'cubic'. Choose from: linear, quadratic, special_cubic"),
        (
            YARN,
            FIBRES,
            "special_cubic",
            "special cubic model has 7 terms, but the data hold only 6 different",
        ),
        (
            YARN.assign(elongation=3),
            FIBRES,
            "quadratic",
            "'elongation' has the same value in every usable row",
        ),
        (YARN.assign(elongation=np.nan), FIBRES, "quadratic", "No row of the table has a value for every"),
    ],
)
def test_unusable_data_are_refused(table, components, order, message):
    with pytest.raises(ValueError, match=message):
        fit_scheffe(table, components, "elongation", order)


def test_percentages_that_do_not_sum_are_refused_in_percent():
    percent = YARN.assign(**{fibre: YARN[fibre] * 100 for fibre in FIBRES})
    percent.loc[6, "polystyrene"] = 90

    with pytest.raises(ValueError, match=f"row {7} sum to .* %, not to 100 %"):
        fit_scheffe(percent, FIBRES, "elongation")


def test_blends_that_can_not_tell_the_terms_apart_are_refused():
    a = np.linspace(0, 0.8, 9)
    table = pd.DataFrame({"a": a, "b": 0.8 - a, "c": 0.2, "y": a**2})

    with pytest.raises(ValueError, match="can't tell the 6 terms of the quadratic model apart"):
        fit_scheffe(table, ["a", "b", "c"], "y")
