"""The trial agent as a person meets it: requests in plain words, through the whole graph, without a model."""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from scipy.stats import ttest_ind

from graphs.kit.planner.declarations import profile
from graphs.kit.tables.load import load_frame
from graphs.trial_analysis.graph import graph
from graphs.trial_analysis.subagents import SUBAGENTS
from tests.support.conversation import Conversation, Reply
from tests.support.kit_environment import clean_kit_environment

SAMPLES = Path(__file__).parents[3] / "graphs" / "trial_analysis" / "samples"
GEHAN, ROSSI, ENDPOINTS = (SAMPLES / name for name in ("gehan.csv", "rossi.csv", "trial_endpoints.csv"))

# Hollander & Wolfe (1973), p. 69: permeability constants, the example of R's ?wilcox.test.
PERMEABILITY = "permeability,age\n" + "".join(
    f"{value},{age}\n"
    for age, values in (
        ("term", (0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46)),
        ("early", (1.15, 0.88, 0.90, 0.74, 1.21)),
    )
    for value in values
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[None]:
    with clean_kit_environment(monkeypatch, tmp_path):
        yield


async def ask(text: str, *files: Path) -> Reply:
    return await Conversation(graph, *files).ask(text)


def rows(reply: Reply) -> dict[str, list[str]]:
    """The cells of the answer's tables by their first cell."""
    lines = [line.strip("| ").split(" | ") for line in reply.text.splitlines() if line.startswith("| ")]
    return {cells[0]: cells[1:] for cells in lines}


# --- design


@pytest.mark.parametrize(
    ("request_", "per_arm"),
    [
        # Cohen (1988), table 2.4.1, two-sided alpha .05, and G*Power 3.1.
        ("Sample size for a t-test with effect size 0.5 and power 0.8.", 64),
        ("How many patients per arm do I need to detect an effect size of 0.5 with 80 % power?", 64),
        ("Sample size for a t-test, d = 0.5, with a power of 95%", 105),
        ("How many subjects do I need for a difference of 5 with a standard deviation of 10?", 64),
        # R, power.t.test(delta = .4, power = .90): n = 132.3.
        ("Sample size for a t-test with effect size 0.4 and power 0.9.", 133),
        # R, ?power.t.test: power.t.test(power = .90, delta = 1) gives n = 22.02110.
        ("How big must my trial be to detect a difference of 3, SD 3, at 90 % power?", 23),
    ],
)
async def test_sample_size_of_t_test(request_: str, per_arm: int) -> None:
    reply = await ask(request_)

    assert reply.tools == ("plan_t_test",)
    assert f"**{per_arm} participants per arm**, {2 * per_arm} in all" in reply.text
    assert reply.figures["n1"] == reply.figures["n2"] == per_arm


@pytest.mark.parametrize(
    "request_",
    [
        "What power do 64 patients per arm give for an effect size of 0.5?",
        "What is the power of a t-test with 128 participants in total and d = 0.5?",
        "Power of a t-test with n = 64 per group, difference 5 and SD 10",
    ],
)
async def test_power_of_t_test(request_: str) -> None:
    reply = await ask(request_)

    # G*Power 3.1 for d = 0.5 and 64 per group: power 0.8014596.
    assert reply.figures["power"] == pytest.approx(0.8014596, abs=1e-6)
    assert "With 64 participants per arm, 128 in all" in reply.text
    assert "**power of 0.8015**" in reply.text


async def test_allocation_alpha_and_dropout_are_taken_from_the_request() -> None:
    reply = await ask("Sample size for d = 0.5, alpha 0.01, power 90 %, 2:1 allocation and 15 % dropout")

    sizes = reply.figures
    assert sizes["alpha"] == 0.01
    assert sizes["n2"] == 2 * sizes["n1"]
    assert sizes["power"] >= 0.9
    assert sizes["enrolled1"] * 0.85 >= sizes["n1"] > (sizes["enrolled1"] - 1) * 0.85
    assert f"{sizes['n1']} participants in the reference arm and {sizes['n2']} in the treatment" in reply.text
    assert "To be enrolled, to allow for the dropout" in reply.text


async def test_t_test_without_an_effect_says_what_is_missing() -> None:
    reply = await ask("Sample size for a t-test with 80 % power")

    assert "effect size d" in reply.text
    assert "standard deviation" in reply.text


async def test_power_and_number_of_participants_contradict_each_other() -> None:
    reply = await ask("Sample size for a t-test with effect size 0.5, power 0.8 and 64 patients per arm")

    assert "Give either the power, 0.8" in reply.text


async def test_impossible_power_is_asked_for_again() -> None:
    conversation = Conversation(graph)
    question = await conversation.ask("Sample size for a t-test with effect size 0.5 and power 1.2")
    assert "1.2 is out of range" in question.text

    reply = await conversation.ask("0.8")
    assert "**64 participants per arm**" in reply.text


@pytest.mark.parametrize(
    ("request_", "per_arm"),
    [
        # R, ?power.prop.test: power.prop.test(p1 = .50, p2 = .75, power = .90) gives n = 76.7.
        ("Sample size for two proportions of 0.5 and 0.75 with power 0.9", 77),
        ("How many patients do I need to raise the response rate from 50 % to 75 % with 90 % power?", 77),
        ("How many people per arm to show 50% versus 75% responders with 90% power?", 77),
        # Stata [R] sampsi: "sampsi 0.25 0.4", power .90, with continuity correction, gives n1 = n2 = 216.
        ("Sample size for proportions of 0.25 and 0.4, power 0.9, with continuity correction", 216),
    ],
)
async def test_sample_size_of_two_proportions(request_: str, per_arm: int) -> None:
    reply = await ask(request_)

    assert reply.tools == ("plan_proportions_test",)
    assert f"**{per_arm} participants per arm**" in reply.text


async def test_power_of_two_proportions() -> None:
    reply = await ask("What power do 50 patients per arm give for proportions of 0.5 and 0.75?")

    # R, ?power.prop.test: power.prop.test(n = 50, p1 = .50, p2 = .75) gives power = 0.740.
    assert reply.figures["power"] == pytest.approx(0.740, abs=5e-4)


@pytest.mark.parametrize(
    ("request_", "events"),
    [
        # Closed form, 4 (1.959964 + 0.841621)^2 / ln(0.7)^2 = 246.8.
        ("Sample size for a log-rank test with hazard ratio 0.7 and power 0.8.", 247),
        ("How many events do I need to detect a hazard ratio of 0.7?", 247),
        # Collett, Modelling Survival Data in Medical Research, the chapter on sample size: 133 deaths, which
        # are 133.02 before rounding.
        ("How many events are needed for HR 0.57 at 90% power?", 134),
    ],
)
async def test_events_of_log_rank_test(request_: str, events: int) -> None:
    reply = await ask(request_)

    assert reply.tools == ("plan_log_rank_test",)
    assert f"**{events} events**" in reply.text
    assert "everyone is followed to the event" in reply.text


async def test_survival_trial_from_median_accrual_and_follow_up() -> None:
    reply = await ask(
        "Plan a survival trial: HR 0.7, median survival of 12 months, accrual 24 months, follow-up 12 months"
    )

    assert reply.figures["events"] == 247
    # The integral of the exponential curves over 12 to 36 months, worked out by the trapezoidal rule.
    assert reply.figures["event_probability"] == pytest.approx(_share_with_event(0.7), abs=1e-4)
    assert reply.figures["total"] == 370


def _share_with_event(hazard_ratio: float) -> float:
    times = [12 + 24 * step / 10_000 for step in range(10_001)]
    arms = [
        sum(1 - 0.5 ** (time * ratio / 12) for time in times) / len(times) for ratio in (1.0, hazard_ratio)
    ]
    return sum(arms) / 2


async def test_power_of_a_number_of_events() -> None:
    reply = await ask("What power do 247 events give for a hazard ratio of 0.7?")

    assert reply.figures["power"] == pytest.approx(0.8003, abs=1e-4)
    assert "**power of 0.8003**" in reply.text


async def test_median_without_follow_up_says_what_is_missing() -> None:
    reply = await ask(
        "Sample size for a log-rank test with hazard ratio 0.7 and a median survival of 12 months"
    )

    assert "follow-up after the last entry" in reply.text


# --- endpoint


@pytest.mark.parametrize(
    "request_",
    [
        "Compare the means of sbp_change by arm in trial_endpoints.csv.",
        "Welch t-test of sbp_change between the arms",
        "Is there a difference in the mean of sbp_change between the arms?",
        "Compare mean sbp_change between active and placebo",
    ],
)
async def test_means_of_two_arms(request_: str) -> None:
    reply = await ask(request_, ENDPOINTS)

    table = load_frame(ENDPOINTS).dropna(subset=["sbp_change"])
    active, placebo = (table.loc[table["arm"] == arm, "sbp_change"] for arm in ("active", "placebo"))
    welch = ttest_ind(active, placebo, equal_var=False)
    assert reply.tools == ("compare_means",)
    assert f"**{active.mean() - placebo.mean():.6g}**" in reply.text
    assert f"Welch's t = {welch.statistic:.4f} on {welch.df:.2f} df, p = {welch.pvalue:.4f}" in reply.text
    assert "active against placebo (arms from column arm)" in reply.text
    assert "Rows left out because of a blank: 5" in reply.text
    assert rows(reply)["active"][0] == "58"


async def test_pasted_sleep_data() -> None:
    # R's `sleep` data (Student 1908): t.test(extra ~ group, data = sleep) gives t = 1.8608 for group 2
    # against 1, df = 17.776, p = 0.07939, interval -0.2054832 to 3.3654832.
    drugs = {
        1: (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0),
        2: (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
    }
    pasted = "".join(f"{extra},{group}\n" for group, extras in drugs.items() for extra in extras)
    reply = await ask(f"Compare the means of extra by group.\n\n```csv\nextra,group\n{pasted}```")

    assert "Welch's t = 1.8608 on 17.78 df, p = 0.0794" in reply.text
    assert "95 % CI -0.20548 to 3.3655" in reply.text
    assert "2 against 1 (arms from column group)" in reply.text


async def test_reference_arm_and_confidence_are_taken_from_the_request() -> None:
    reply = await ask(
        "Compare the means of sbp_change in trial_endpoints.csv, reference arm active, 90 % confidence",
        ENDPOINTS,
    )

    assert "placebo against active" in reply.text
    assert "90 % CI" in reply.text
    assert reply.figures["reference"]["arm"] == "active"


async def test_endpoint_is_asked_for_and_taken_from_the_reply() -> None:
    conversation = Conversation(graph, ENDPOINTS)
    question = await conversation.ask("Compare the means in trial_endpoints.csv by arm.")
    assert "sbp_baseline, sbp_week12, sbp_change" in question.text

    reply = await conversation.ask("sbp_change")
    assert reply.tools == ("compare_means",)
    assert "Welch's t = " in reply.text


@pytest.mark.parametrize(
    "request_",
    [
        "Mann-Whitney test of permeability by age",
        "Compare the ranks of permeability by age.",
        "Compare permeability by age without assuming normality.",
    ],
)
async def test_ranks_of_two_groups(request_: str, tmp_path: Path) -> None:
    table = tmp_path / "placenta.csv"
    table.write_text(PERMEABILITY)
    reply = await ask(f"{request_} Use the reference early.", table)

    # R, wilcox.test(x, y, conf.int = TRUE): W = 35, two-sided p = 0.2544; shift 0.305 (-0.15 to 0.76).
    assert reply.tools == ("compare_ranks",)
    assert "Mann–Whitney U = 35, p = 0.2544 (exact)" in reply.text
    assert "**0.305** (95 % CI -0.15 to 0.76)" in reply.text


@pytest.mark.parametrize(
    "request_",
    [
        "Compare the risk of responder by arm in trial_endpoints.csv.",
        "What is the risk ratio of responder by arm?",
        "Odds ratio for responder, active vs placebo",
    ],
)
async def test_risks_of_two_arms(request_: str) -> None:
    reply = await ask(request_, ENDPOINTS)

    # By hand: 41 of 58 and 23 of 57.
    assert reply.tools == ("compare_risks",)
    assert f"Risk difference: **{41 / 58 - 23 / 57:.4f}**" in reply.text
    assert f"Risk ratio {41 / 58 / (23 / 57):.4f}" in reply.text
    assert f"Odds ratio {41 * 34 / (17 * 23):.4f}" in reply.text
    assert rows(reply)["active"] == ["58", "41", "0.7069"]


async def test_risks_of_the_physicians_health_study(tmp_path: Path) -> None:
    # Agresti, Categorical Data Analysis (2nd ed. 2002), ch. 3: heart attacks 189 of 11,034 under placebo, 104
    # of 11,037 under aspirin: odds ratio 1.832 (1.44, 2.33), relative risk 1.818 (1.43, 2.31), X2 = 25.01.
    arms = {"placebo": (189, 11_034), "aspirin": (104, 11_037)}
    lines = [
        f"{arm},{'infarction' if number < events else 'none'}"
        for arm, (events, n) in arms.items()
        for number in range(n)
    ]
    table = tmp_path / "physicians.csv"
    table.write_text("\n".join(["arm,outcome", *lines]))
    reply = await ask('Odds ratio of outcome by arm, reference aspirin, event value "infarction"', table)

    assert "Odds ratio 1.8321 (95 % CI 1.44 to 2.3308)" in reply.text
    assert "Risk ratio 1.8178 (95 % CI 1.433 to 2.3059)" in reply.text
    assert "Pearson's chi² = 25.014 on 1 df, p < 0.0001" in reply.text


async def test_endpoint_that_is_no_event_says_so() -> None:
    reply = await ask("Compare the risk of sbp_change by arm in trial_endpoints.csv.", ENDPOINTS)

    assert "is neither 1 (the event happened) nor 0 (it did not)" in reply.text


# --- survival


@pytest.mark.parametrize(
    "request_",
    [
        "Kaplan-Meier survival of gehan.csv with time weeks, event relapse and arm arm.",
        "Draw the survival curves of gehan.csv",
        "What is the median survival in each arm of gehan.csv?",
        "Show me a Kaplan–Meier plot of relapse over weeks by arm",
        "What is the median time to relapse?",
    ],
)
async def test_survival_of_gehans_trial(request_: str) -> None:
    conversation = Conversation(graph, GEHAN)
    reply = await conversation.ask(request_)

    # Gehan (1965), Biometrika 52, 203-223, in Kalbfleisch & Prentice and Collett: medians 8 and 23 weeks,
    # log-rank chi-squared 16.793.
    assert reply.tools == ("kaplan_meier",)
    assert rows(reply)["placebo"] == ["21", "21", "8", "4 to 11"]
    assert rows(reply)["6-MP"] == ["21", "9", "23", "13 to not reached"]
    assert "Log-rank chi² = **16.793** on 1 df, p < 0.0001" in reply.text
    assert "(time weeks, event relapse, arm arm)" in reply.text
    assert "Picture: **gehan-survival.png**" in reply.text
    assert conversation.artifacts.read("gehan-survival.png").startswith(b"\x89PNG")


async def test_two_analyses_in_one_breath() -> None:
    reply = await ask("Kaplan-Meier and log-rank test for gehan.csv", GEHAN)

    assert reply.tools == ("kaplan_meier", "compare_survival")
    assert "Picture: **gehan-survival.png**" in reply.text
    assert rows(reply)["placebo"] == ["21", "21", "10.749"]


async def test_survival_of_all_participants_together() -> None:
    reply = await ask("Kaplan-Meier curve of gehan.csv, all patients pooled", GEHAN)

    # By hand: after the relapses in week 12 (6-MP 10 and placebo 8 among others) survival is 0.4895.
    assert rows(reply)["all"][:3] == ["42", "30", "12"]
    assert "all participants together" in reply.text
    assert "Log-rank" not in reply.text


@pytest.mark.parametrize(
    "request_",
    [
        "Log-rank test of gehan.csv with time weeks, event relapse and arm arm.",
        "Run a logrank test on gehan.csv",
        "Does survival differ between the arms?",
    ],
)
async def test_log_rank_test_of_gehans_trial(request_: str) -> None:
    reply = await ask(request_, GEHAN)

    assert reply.tools == ("compare_survival",)
    assert "Log-rank chi² = **16.793** on 1 df, p < 0.0001" in reply.text
    # Collett, Modelling Survival Data in Medical Research: expected 10.75 and 19.25.
    assert rows(reply)["placebo"] == ["21", "21", "10.749"]
    assert rows(reply)["6-MP"] == ["21", "9", "19.251"]


async def test_cox_regression_of_rossis_data() -> None:
    reply = await ask(
        "Cox regression of rossi.csv with time week, event arrest and covariates fin, age, race, wexp, mar, "
        "paro and prio.",
        ROSSI,
        GEHAN,
        ENDPOINTS,
    )

    # Fox, Cox Proportional-Hazards Regression for Survival Data (2002): coefficients and likelihood ratio;
    # the global test of proportional hazards is that of R's cox.zph up to survival 2, 17.66 on 7 df.
    assert reply.tools == ("cox_regression",)
    assert "Likelihood ratio chi² = **33.266** on 7 df, p < 0.0001" in reply.text
    assert rows(reply)["fin"][:3] == ["-0.379422", "0.191379", "**0.6843**"]
    assert rows(reply)["age"][0] == "-0.057438"
    assert rows(reply)["prio"][0] == "0.091497"
    assert "chi² = 17.659 on 7 df, p = 0.0136" in reply.text
    assert list(rows(reply))[1:] == ["fin", "age", "race", "wexp", "mar", "paro", "prio"]


@pytest.mark.parametrize(
    ("request_", "covariates"),
    [
        ("Fit a Cox model for rossi.csv with fin, age and prio.", ["fin", "age", "prio"]),
        ("Cox proportional hazards model of rossi.csv adjusted for age and prio", ["age", "prio"]),
        ("What is the hazard ratio of fin in rossi.csv?", ["fin"]),
    ],
)
async def test_covariates_are_those_that_were_named(request_: str, covariates: list[str]) -> None:
    reply = await ask(request_, ROSSI)

    assert [each["covariate"] for each in reply.figures["coefficients"]] == covariates


async def test_cox_regression_without_covariates_takes_the_arm() -> None:
    reply = await ask("Cox regression of gehan.csv", GEHAN)

    # Cox (1972) with Efron's handling of ties, as R's survival prints it: coefficient -1.5721, LR 16.35.
    assert rows(reply)["arm: 6-MP vs placebo"][0] == "-1.572125"
    assert "Likelihood ratio chi² = **16.352** on 1 df" in reply.text


async def test_cox_regression_without_arm_asks_for_covariates() -> None:
    reply = await ask("Fit a Cox model to rossi.csv.", ROSSI)

    assert (
        "Name the covariates of the model. The table has fin, age, race, wexp, mar, paro, prio." in reply.text
    )


async def test_table_without_a_time_says_which_columns_there_are() -> None:
    reply = await ask("Kaplan-Meier of trial_endpoints.csv", ENDPOINTS)

    assert "No column is named like the time" in reply.text
    assert "sbp_week12" in reply.text


# --- the whole


async def test_several_requests_in_one_message() -> None:
    requests = [
        "Sample size for a t-test with effect size 0.5 and power 0.8.",
        "Kaplan-Meier survival of gehan.csv with time weeks, event relapse and arm arm.",
        "Log-rank test of gehan.csv with time weeks, event relapse and arm arm.",
        "Compare the means of sbp_change by arm in trial_endpoints.csv.",
        "Sample size for a t-test with effect size 0.4 and power 0.9.",
        "Compare the risk of responder by arm in trial_endpoints.csv.",
    ]
    reply = await ask("\n".join(requests), GEHAN, ENDPOINTS)

    assert reply.tools == (
        "plan_t_test",
        "kaplan_meier",
        "compare_survival",
        "compare_means",
        "plan_t_test",
        "compare_risks",
    )
    for figure in (
        "**64 participants",
        "| 23 |",
        "**16.793**",
        "**-5.24195**",
        "**133 participants",
        "0.7069",
    ):
        assert figure in reply.text
    assert reply.files == {"gehan.csv", "trial_endpoints.csv", "gehan-survival.png"}


@pytest.mark.parametrize(
    ("tool", "example"),
    [
        (tool.name, example)
        for subagent in SUBAGENTS
        for tool in subagent.tools
        for example in profile(tool, subagent.name).examples
    ],
)
async def test_each_example_reaches_its_tool(tool: str, example: str) -> None:
    # "which column?" is an answer too: the example may be about a table that is not there
    reply = await ask(example, ROSSI if "rossi" in example else GEHAN if "survival" in example else ENDPOINTS)

    assert reply.tools == (tool,) or (not reply.tools and "?" in reply.text)
    assert "in more than one way" not in reply.text


def test_server_start_stays_light() -> None:
    heavy = "{'pandas', 'numpy', 'scipy', 'matplotlib', 'lifelines', 'statsmodels', 'duckdb'}"
    code = f"import sys, graphs.trial_analysis.graph; sys.exit(str({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert loaded.stderr.strip() == "set()"
