"""Which tools the offline planner calls for what people write, and with which arguments."""

from typing import Any

import pytest

from tests.support.planner_talk import Call, Talk, calls_for

BRACKET = {"file": "bracket.stl"}
BED = {"width": 220.0, "depth": 220.0, "height": 250.0}
WEEK_ARREST = {"file": "rossi.csv", "time": "week", "event": "arrest"}


def one(tool: str, **arguments: Any) -> list[Call]:
    return [(tool, arguments)]


MESH = {
    "Is bracket.stl watertight?": one("inspect_mesh", **BRACKET),
    "BRACKET.STL watertight?": one("inspect_mesh", **BRACKET),
    '"bracket.stl": is it watertight?': one("inspect_mesh", **BRACKET),
    "Wattertight check for bracket.stl": one("inspect_mesh", **BRACKET),
    "Hi! Could you please tell me the volume of bracket.stl? Thanks in advance.": one(
        "inspect_mesh", **BRACKET
    ),
    "What are the dimensions of the tower?": one("inspect_mesh", file="tower.obj"),
    "measure tower.obj": one("inspect_mesh", file="tower.obj"),
    "inspect_mesh bracket.stl": one("inspect_mesh", **BRACKET),
    "close the holes of open_box": one("repair_mesh", file="open_box.stl"),
    "close the holes of the open box": one("repair_mesh", file="open_box.stl"),
    "check overhangs of tower steeper than 60°": one("check_overhangs", file="tower.obj", angle=60.0),
    "Use check_overhangs on tower.obj with angle=30": one("check_overhangs", file="tower.obj", angle=30.0),
    "Does bracket fit a printer of 220 x 220 x 250 mm?": one("check_fit", **BRACKET, **BED),
    "Does bracket.stl fit my 220x220x250mm printer?": one("check_fit", **BRACKET, **BED),
    "Our printer is 22 cm wide, 22 cm deep and 10 in high. Does bracket.stl fit?": one(
        "check_fit", **BRACKET, width=220.0, depth=220.0, height=254.0
    ),
}

TABLES = {
    "Describe yarn.csv": one("profile_table", file="yarn.csv"),
    "Which columns does rossi.csv have?": one("profile_table", file="rossi.csv"),
    "Total revenue by region": one(
        "aggregate", file="sales.csv", value="revenue_usd", group_by=["region"], statistic="sum"
    ),
    "what's the median of revenue usd by region": one(
        "aggregate", file="sales.csv", value="revenue_usd", group_by=["region"], statistic="median"
    ),
    "average units per month in sales.csv": one(
        "aggregate", file="sales.csv", value="units", group_by=["month"], statistic="mean"
    ),
    "highest units by region and month": one(
        "aggregate", file="sales.csv", value="units", group_by=["region", "month"], statistic="max"
    ),
    "Give me the revenue per region": one(
        "aggregate", file="sales.csv", value="revenue_usd", group_by=["region"]
    ),
    "top 3 regions by revenue": one(
        "aggregate", file="sales.csv", value="revenue_usd", group_by=["region"], top=3
    ),
    "Plot revenue by month as a line": one(
        "draw_chart", file="sales.csv", y="revenue_usd", x="month", kind="line"
    ),
    "visualise the distribution of revenue": one(
        "draw_chart", file="sales.csv", y="revenue_usd", kind="histogram"
    ),
    "scatter plot of units versus revenue": one(
        "draw_chart", file="sales.csv", y="units", x="revenue_usd", kind="scatter"
    ),
    'Draw a bar chart of units by region titled "Units sold"': one(
        "draw_chart", file="sales.csv", y="units", x="region", kind="bar", title="Units sold"
    ),
    "SELECT region, sum(units) FROM sales GROUP BY region;": one(
        "run_sql", sql="SELECT region, sum(units) FROM sales GROUP BY region"
    ),
    "with t as (select * from sales) select count(*) from t": one(
        "run_sql", sql="with t as (select * from sales) select count(*) from t"
    ),
    "Run this:\n```sql\nselect region, units\nfrom sales\n```": one(
        "run_sql", sql="select region, units\nfrom sales"
    ),
}

PLANS = {
    "What is the critical path of plan.csv?": one("critical_path", file="plan.csv"),
    "critical path for plan.csv with a 7.5-hour working day": one(
        "critical_path", file="plan.csv", hours_per_day=7.5
    ),
    "critical path of plan.csv, working day of 450 minutes": one(
        "critical_path", file="plan.csv", hours_per_day=7.5
    ),
    "critical path of plan.csv with a working day of six hours": one(
        "critical_path", file="plan.csv", hours_per_day=6.0
    ),
    "What's the chance to finish plan.csv within 47 weeks?": one("pert", file="plan.csv", deadline=47.0),
    "PERT for plan.csv, deadline 315 days": one("pert", file="plan.csv", deadline=45.0),
    "Can you do a PERT analysis of plan.csv w/ a 45-week deadline?": one(
        "pert", file="plan.csv", deadline=45.0
    ),
    "Probability of finishing plan.csv at all": one("pert", file="plan.csv"),
}

TRIALS = {
    "How many patients per arm for d = 0.5 and 80 % power?": one("sample_size", effect_size=0.5, power=80.0),
    "I want 90% power to detect d=.4 — how many patients?": one("sample_size", effect_size=0.4, power=90.0),
    "Sample size for an effect size of .5, power 0.9 and alpha 0.01, one-sided, allocation 2:1": one(
        "sample_size", effect_size=0.5, power=90.0, alpha=0.01, ratio=2.0, sides="one-sided"
    ),
    "sample size, d=0.5, power=0.8, alpha=0.05, ratio=2": one(
        "sample_size", effect_size=0.5, power=80.0, alpha=0.05, ratio=2.0
    ),
    "How many patients to detect an effect of 0.5 with power of 80% at the 5% level?": one(
        "sample_size", effect_size=0.5, power=80.0, alpha=0.05
    ),
    "I plan a trial with an effect size of 0.4. The power should be 90 % and alpha 0.01. "
    "How many patients per arm?": one("sample_size", effect_size=0.4, power=90.0, alpha=0.01),
    "- sample size please\n- effect size: 0.3\n- power: 95 %": one(
        "sample_size", effect_size=0.3, power=95.0
    ),
    "What power do 64 patients per arm give for effect size 0.5?": one(
        "trial_power", effect_size=0.5, n_per_arm=64
    ),
    "power of a trial with n = 1,200 and d = 5e-2": one("trial_power", effect_size=0.05, n_per_arm=1200),
    "What power do I get with 100 patients per group (effect size 0.35, alpha 1 %)?": one(
        "trial_power", effect_size=0.35, n_per_arm=100, alpha=0.01
    ),
    "Kaplan-Meier for rossi.csv, time week, event arrest, by fin": one(
        "survival_curve", **WEEK_ARREST, group="fin"
    ),
    "logrank of rossi, duration week status arrest by race": one(
        "survival_curve", **WEEK_ARREST, group="race"
    ),
    "Compare survival between fin groups in rossi.csv (time=week; event=arrest)": one(
        "survival_curve", **WEEK_ARREST, group="fin"
    ),
    "Fit a Cox model on rossi.csv with time week and event arrest, adjusted for age, prio and fin": one(
        "cox_model", **WEEK_ARREST, covariates=["age", "prio", "fin"]
    ),
    "Cox regression: time is week, event is arrest, covariates fin, age and prio": one(
        "cox_model", **WEEK_ARREST, covariates=["fin", "age", "prio"]
    ),
    "hazard ratios from a cox model for rossi.csv: week, arrest; adjusted for age and prio": one(
        "cox_model", **WEEK_ARREST, covariates=["age", "prio"]
    ),
}

BLENDS = {
    "Make a simplex lattice of degree 2 for three components": one(
        "mixture_design", components=3, degree=2, kind="lattice"
    ),
    "simplex centroid with 4 ingredients": one("mixture_design", components=4, kind="centroid"),
    "Fit a quadratic Scheffe model to yarn.csv, response elongation": one(
        "fit_mixture", file="yarn.csv", response="elongation", order="quadratic"
    ),
    "fit the special cubic Scheffé model for elongation": one(
        "fit_mixture", file="yarn.csv", response="elongation", order="special_cubic"
    ),
    "fit a linear mixture model of elongation in yarn.csv with components x1, x2 and x3": one(
        "fit_mixture", file="yarn.csv", response="elongation", components=["x1", "x2", "x3"], order="linear"
    ),
    "Find the best blend in yarn.csv: maximise elongation, lower bounds 0.1, 0.2, 0 "
    "and upper bounds 0.6, 0.5, 1": one(
        "best_blend",
        file="yarn.csv",
        response="elongation",
        lower=[0.1, 0.2, 0.0],
        upper=[0.6, 0.5, 1.0],
        goal="maximise",
    ),
    "minimize elongation in yarn.csv with lower bounds of 10 %, 20 % and 0 %": one(
        "best_blend", file="yarn.csv", response="elongation", lower=[0.1, 0.2, 0.0], goal="minimise"
    ),
    "optimise elongation in yarn.csv with upper bounds 0.5 0.5 0.5": one(
        "best_blend", file="yarn.csv", response="elongation", upper=[0.5, 0.5, 0.5]
    ),
    "best blend of yarn.csv maximising elongation, not exact": one(
        "best_blend", file="yarn.csv", response="elongation", goal="maximise", exact=False
    ),
    "best blend of yarn.csv maximising elongation, exact": one(
        "best_blend", file="yarn.csv", response="elongation", goal="maximise", exact=True
    ),
}

SESSION_FILES = {
    "Which files do I have?": one("list_files"),
    "What files are there?": one("list_files"),
    "Delete sales.csv": one("delete_file", file="sales.csv"),
    "please remove the file rossi.csv from this session": one("delete_file", file="rossi.csv"),
}

SEVERAL = {
    "Inspect bracket.stl and open_box.stl": [
        ("inspect_mesh", {"file": "bracket.stl"}),
        ("inspect_mesh", {"file": "open_box.stl"}),
    ],
    "volume of the tower and of the bracket": [
        ("inspect_mesh", {"file": "tower.obj"}),
        ("inspect_mesh", {"file": "bracket.stl"}),
    ],
    "Delete sales.csv and plan.csv": [
        ("delete_file", {"file": "sales.csv"}),
        ("delete_file", {"file": "plan.csv"}),
    ],
    "inspect and repair open_box.stl": [
        ("inspect_mesh", {"file": "open_box.stl"}),
        ("repair_mesh", {"file": "open_box.stl"}),
    ],
    "Repair open_box.stl and then check its overhangs.": [
        ("repair_mesh", {"file": "open_box.stl"}),
        ("check_overhangs", {"file": "repaired.stl"}),
    ],
    "Repair open_box.stl, then check the overhangs of open_box.stl.": [
        ("repair_mesh", {"file": "open_box.stl"}),
        ("check_overhangs", {"file": "open_box.stl"}),
    ],
    "please fix the mesh open_box.stl, check the overhangs at 50 degrees and tell me the volume": [
        ("repair_mesh", {"file": "open_box.stl"}),
        ("check_overhangs", {"file": "repaired.stl", "angle": 50.0}),
        ("inspect_mesh", {"file": "repaired.stl"}),
    ],
    "I have a bracket (bracket.stl). I print on a machine with a 220 x 220 x 250 mm build volume. "
    "Will it fit, and does it need supports?": [
        ("check_fit", {**BRACKET, **BED}),
        ("check_overhangs", BRACKET),
    ],
    "1. Inspect bracket.stl\n2. Repair open_box.stl\n3. Plot revenue by month": [
        ("inspect_mesh", BRACKET),
        ("repair_mesh", {"file": "open_box.stl"}),
        ("draw_chart", {"file": "sales.csv", "y": "revenue_usd", "x": "month"}),
    ],
    "Please do this: 1) inspect bracket.stl 2) draw revenue by month": [
        ("inspect_mesh", BRACKET),
        ("draw_chart", {"file": "sales.csv", "y": "revenue_usd", "x": "month"}),
    ],
    "First inspect bracket.stl, second repair open_box.stl and finally draw revenue by month.": [
        ("inspect_mesh", BRACKET),
        ("repair_mesh", {"file": "open_box.stl"}),
        ("draw_chart", {"file": "sales.csv", "y": "revenue_usd", "x": "month"}),
    ],
    "mean of units by region and plot it": [
        ("aggregate", {"file": "sales.csv", "value": "units", "group_by": ["region"], "statistic": "mean"}),
        ("draw_chart", {"file": "sales.csv", "y": "units", "x": "region"}),
    ],
    "Show me a line chart of revenue over month, and a histogram of units": [
        ("draw_chart", {"file": "sales.csv", "y": "revenue_usd", "x": "month", "kind": "line"}),
        ("draw_chart", {"file": "sales.csv", "y": "units", "kind": "histogram"}),
    ],
    "How many subjects for d=0.5? And for d=0.3?": [
        ("sample_size", {"effect_size": 0.5}),
        ("sample_size", {"effect_size": 0.3}),
    ],
    "critical path of plan.csv, a chart of units by region and PERT of plan.csv with a deadline of 9 weeks": [
        ("critical_path", {"file": "plan.csv"}),
        ("draw_chart", {"file": "sales.csv", "y": "units", "x": "region"}),
        ("pert", {"file": "plan.csv", "deadline": 9.0}),
    ],
}


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        pytest.param(text, calls, id=text[:70])
        for table in (MESH, TABLES, PLANS, TRIALS, BLENDS, SESSION_FILES, SEVERAL)
        for text, calls in table.items()
    ],
)
def test_request_leads_to_calls(text: str, calls: list[Call]) -> None:
    assert calls_for(text) == calls


def test_message_may_be_a_list_of_blocks() -> None:
    blocks: list[str | dict[str, Any]] = [
        {"type": "text", "text": "Is this watertight?"},
        {"type": "text", "text": "\n[attached: tower.obj]"},
    ]
    assert Talk().say(blocks) == one("inspect_mesh", file="tower.obj")


def test_attached_file_stands_before_the_text_too() -> None:
    assert calls_for("[attached: open_box.stl]Is this watertight?") == one(
        "inspect_mesh", file="open_box.stl"
    )


def test_words_in_a_pasted_table_ask_for_nothing() -> None:
    pasted = "task,repair\nplot,1\ndelete,2\n\nWhat is the critical path of plan.csv?"
    assert calls_for(pasted) == one("critical_path", file="plan.csv")


def test_words_in_quotes_and_names_of_files_ask_for_nothing() -> None:
    assert calls_for('Plot units by region titled "Delete the schedule"') == one(
        "draw_chart", file="sales.csv", y="units", x="region", title="Delete the schedule"
    )


def test_table_whose_columns_are_named_is_meant() -> None:
    assert calls_for("mean of elongation") == one(
        "aggregate", file="yarn.csv", value="elongation", statistic="mean"
    )


def test_units_are_no_columns() -> None:
    # "months" is not the column month of sales.csv
    assert calls_for("What is the chance to finish within 11 months in plan.csv?") == one(
        "pert", file="plan.csv", deadline=11 * 43830 / 10080
    )


def test_same_request_twice_is_done_once() -> None:
    assert calls_for("Inspect bracket.stl. Inspect bracket.stl.") == one("inspect_mesh", **BRACKET)


def test_answers_are_the_texts_of_the_tools() -> None:
    talk = Talk()
    talk.say("Inspect bracket.stl, repair open_box.stl and plot revenue by month")
    assert talk.answer == "<inspect_mesh>\n\n<repair_mesh>\n\n<draw_chart>"


def test_request_that_no_tool_serves_is_said() -> None:
    talk = Talk()
    assert talk.say("Inspect bracket.stl. Then book me a flight to Paris.") == one("inspect_mesh", **BRACKET)
    assert talk.answer == "<inspect_mesh>\n\nI have no tool for “book me a flight to Paris”."


def test_request_with_a_figure_without_use_is_not_run() -> None:
    talk = Talk()
    assert talk.say("What is the critical path of plan.csv for 99 people?") == []
    assert talk.answer.startswith("I don't know what “99” stands for here, so I did not run critical path.")


@pytest.mark.parametrize("other", ["scan.stl", "sales.csv"])
def test_file_named_in_vain_is_said(other: str) -> None:
    talk = Talk()
    assert talk.say(f"Inspect bracket.stl and {other}") == one("inspect_mesh", **BRACKET)
    assert talk.answer == f"I had no use for “{other}” in your request.\n\n<inspect_mesh>"


def test_requests_beyond_the_limit_are_said() -> None:
    talk = Talk()
    calls = talk.say("\n".join(f"- sample size for d = 0.{number}" for number in range(10, 35)))
    assert len(calls) == 20
    assert talk.answer.endswith("I left out 5 more requests: send them in another message.")


def test_long_message_is_read_in_part_and_said_so() -> None:
    talk = Talk()
    assert talk.say("Inspect bracket.stl. " + "I had a fine day at sea. " * 1000) == one(
        "inspect_mesh", **BRACKET
    )
    assert talk.answer == "I read only the first 6,000 characters of your message.\n\n<inspect_mesh>"
