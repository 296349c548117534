"""What the offline planner asks back, how a reply goes on, and what it says when it can't help."""

import pytest

from tests.support.planner_talk import Call, Talk
from tests.support.planner_team import artifact

ASK = {
    # a file is missing
    "Inspect the mesh": (
        "Which file shall I use (the mesh to measure)? There are bracket.stl, open_box.stl and tower.obj."
    ),
    "Inspect scan.stl": (
        "There is no file 'scan.stl' in this session. Which file shall I use (the mesh to measure)? "
        "There are bracket.stl, open_box.stl and tower.obj."
    ),
    "Is sales.csv watertight?": (
        "sales.csv can't be used for this: it takes .stl, .obj, .3mf. Which file shall I use (the mesh to "
        "measure)? There are bracket.stl, open_box.stl and tower.obj."
    ),
    # a column is missing
    "Plot the table sales.csv": (
        "Which column is the y (what is drawn)? sales.csv has revenue_usd and units."
    ),
    "Plot revenue by colour": (
        "There is no column 'colour'. Which column is the x (the axis)? "
        "sales.csv has month, region, revenue_usd and units."
    ),
    # region is text: no sum can be made of it
    "Total region in sales.csv": (
        "Which column is the value (what to aggregate)? sales.csv has revenue_usd and units."
    ),
    # figures are missing, out of range, given twice, or not whole
    "how many patients do I need?": "What is the effect size (Cohen's d), above 0?",
    "Power 180 %, d 0.5: sample size?": (
        "Power: 180 % is out of range. What is the power (the power, in %), above 0 and below 100?"
    ),
    "sample size for d 0.5 and d 0.3": (
        "Effect size: you gave 0.5 and 0.3. What is the effect size (Cohen's d), above 0?"
    ),
    "power of a trial with 64.5 patients and d = 0.5": (
        "N per arm: 64.5 is not a whole number. What is the n per arm (Patients per arm), from 2?"
    ),
    "sample size for a mean difference of 5": "What is the effect size (Cohen's d), above 0?",
    "power of a trial": (
        "For “power of a trial” I still need to know:\n"
        "- What is the effect size (Cohen's d), above 0?\n"
        "- What is the n per arm (Patients per arm), from 2?"
    ),
    # an option is not clear, a query is missing
    "Plot units as bars and as a line": (
        "You named bar and line. Which kind (the kind of chart)? There are bar, line, scatter and histogram."
    ),
    "Run a query": "What is the sql (the query)? Put it in quotes or in a code block.",
}


@pytest.mark.parametrize(("text", "question"), [pytest.param(*item, id=item[0]) for item in ASK.items()])
def test_missing_argument_is_asked_for(text: str, question: str) -> None:
    talk = Talk()
    assert talk.say(text) == []
    assert talk.answer == question


def test_file_is_asked_for_where_the_session_has_none() -> None:
    talk = Talk(files={})
    assert talk.say("Repair the mesh: fill holes") == []
    assert talk.answer == (
        "Which file shall I use (the mesh to repair)? "
        "No file of this session fits: attach one (.stl, .obj, .3mf)."
    )


def test_file_to_delete_is_never_guessed() -> None:
    talk = Talk()
    talk.say("Inspect bracket.stl")
    assert talk.say("Delete the file") == []
    assert talk.answer.startswith("Which file shall I use (what to delete)? There are bracket.stl, ")


REPLIES: dict[tuple[str, ...], list[Call]] = {
    ("Inspect the mesh", "bracket.stl"): [("inspect_mesh", {"file": "bracket.stl"})],
    ("Inspect the mesh", "the second one, please"): [("inspect_mesh", {"file": "open_box.stl"})],
    ("Inspect the mesh", "use tower"): [("inspect_mesh", {"file": "tower.obj"})],
    ("how many patients do I need?", "0.5"): [("sample_size", {"effect_size": 0.5})],
    ("how many patients do I need?", "about 0.5, I think"): [("sample_size", {"effect_size": 0.5})],
    ("Power 180 %, d 0.5: sample size?", "80"): [("sample_size", {"effect_size": 0.5, "power": 80.0})],
    ("power of a trial", "0.5 and 64"): [("trial_power", {"effect_size": 0.5, "n_per_arm": 64})],
    ("power of a trial", "64 patients, d 0.5"): [("trial_power", {"effect_size": 0.5, "n_per_arm": 64})],
    ("power of a trial", "d is 0.5", "64"): [("trial_power", {"effect_size": 0.5, "n_per_arm": 64})],
    ("sample size for d 0.5 and d 0.3", "0.3"): [("sample_size", {"effect_size": 0.3})],
    ("Plot revenue by colour", "region"): [
        ("draw_chart", {"file": "sales.csv", "y": "revenue_usd", "x": "region"})
    ],
    ("Fit a Cox model on rossi.csv for age and prio", "time is week, event arrest"): [
        (
            "cox_model",
            {"file": "rossi.csv", "time": "week", "event": "arrest", "covariates": ["age", "prio"]},
        )
    ],
    ("Plot units as bars and as a line", "bars"): [
        ("draw_chart", {"file": "sales.csv", "y": "units", "kind": "bar"})
    ],
    ("Run a query", "SELECT count(*) FROM sales"): [("run_sql", {"sql": "SELECT count(*) FROM sales"})],
    ("Repair scan.stl then inspect it", "open_box.stl"): [
        ("repair_mesh", {"file": "open_box.stl"}),
        ("inspect_mesh", {"file": "repaired.stl"}),
    ],
    # an unclear reply does not lose the question
    ("Inspect the mesh", "foo", "bracket.stl"): [("inspect_mesh", {"file": "bracket.stl"})],
    # a new request is no reply
    ("Inspect the mesh", "Delete sales.csv"): [("delete_file", {"file": "sales.csv"})],
    ("Inspect the mesh", "Is tower.obj too big for a print bed of 9 x 9 x 9 cm?"): [
        ("check_fit", {"file": "tower.obj", "width": 90.0, "depth": 90.0, "height": 90.0})
    ],
}


@pytest.mark.parametrize(
    ("said", "calls"), [pytest.param(*item, id=" / ".join(item[0])) for item in REPLIES.items()]
)
def test_reply_completes_the_request(said: tuple[str, ...], calls: list[Call]) -> None:
    talk = Talk()
    for text in said[:-1]:
        assert talk.say(text) == []
    assert talk.say(said[-1]) == calls
    assert "?" not in talk.answer


def test_unclear_reply_is_met_with_the_question_again() -> None:
    talk = Talk()
    talk.say("Inspect the mesh")
    question = talk.answer
    for _ in range(2):
        talk.say("foo")
        assert talk.answer == f"That does not answer my question, as far as I can see. {question}"


def test_question_is_dropped() -> None:
    talk = Talk()
    talk.say("Inspect the mesh")
    assert talk.say("never mind") == []
    assert talk.answer == "All right, I leave that undone."
    assert talk.say("bracket.stl") == []


def test_attached_file_answers() -> None:
    talk = Talk(files={})
    talk.say("Repair the mesh: fill holes")
    talk.files["hull.stl"] = artifact("hull.stl")
    assert talk.say("\n[attached: hull.stl]") == [("repair_mesh", {"file": "hull.stl"})]


def test_independent_requests_go_on_and_the_others_wait_for_the_answer() -> None:
    talk = Talk()
    first = talk.say("Inspect scan.stl, then check its overhangs and plot revenue by month")
    assert first == [("draw_chart", {"file": "sales.csv", "y": "revenue_usd", "x": "month"})]
    assert talk.answer.startswith("<draw_chart>\n\nThere is no file 'scan.stl' in this session.")
    assert talk.say("bracket.stl") == [
        ("inspect_mesh", {"file": "bracket.stl"}),
        ("check_overhangs", {"file": "bracket.stl"}),
    ]


def test_error_ends_the_part_that_it_concerns() -> None:
    talk = Talk(errors={"inspect_mesh": "The mesh 'open_box.stl' holds no faces."})
    calls = talk.say("Inspect open_box.stl and repair it, check its overhangs, and plot revenue by month")
    assert [name for name, _ in calls] == ["inspect_mesh", "draw_chart"]
    assert talk.answer == (
        "The mesh 'open_box.stl' holds no faces.\n\n"
        "Send me what is to change, or the whole request again.\n\n"
        "Not done because of this: “repair it”.\n\n<draw_chart>\n\n"
        "Not done because of this: “check its overhangs”."
    )


def test_equally_likely_tools_are_named() -> None:
    talk = Talk()
    assert talk.say("supports for the printer?") == []
    assert talk.answer == (
        "I can read “supports for the printer?” in more than one way. Which one do you mean?\n"
        "1. check overhangs: Find faces that overhang more than an angle from the vertical.\n"
        "2. check fit: Say whether a mesh fits a printer, also turned, and how much room is left."
    )
    assert talk.say("the second") == []
    assert talk.answer.startswith("Which file shall I use (the mesh to place)?")
    assert talk.say("bracket.stl") == []
    assert talk.answer.startswith(
        "For “supports for the printer? (file: bracket.stl)” I still need to know:\n- What is"
    )
    assert talk.say("22 x 22 x 25 cm") == [
        ("check_fit", {"file": "bracket.stl", "width": 220.0, "depth": 220.0, "height": 250.0})
    ]


@pytest.mark.parametrize(
    "text", ["hello", "Hi there!", "What can you do?", "help", "Good morning, can you help me?"]
)
def test_overview_is_given(text: str) -> None:
    talk = Talk()
    assert talk.say(text) == []
    assert talk.answer.startswith("This is what I can do:\n- mesh: Measures and repairs meshes.\n")
    examples = talk.answer.partition("For example:\n")[2].splitlines()
    assert examples[0] == "- Is bracket.stl watertight, and what is its volume?"
    assert 2 <= len(examples) <= 4


@pytest.mark.parametrize("text", ["Tell me a joke", "Who won the world cup?", "what is 2+2?", "the first"])
def test_nothing_is_made_of_what_no_tool_serves(text: str) -> None:
    talk = Talk()
    assert talk.say(text) == []
    assert talk.answer.startswith(f"I have no tool for “{text}”.\n\nThis is what I can do:")


def test_examples_fit_the_file_that_was_handed_over() -> None:
    talk = Talk()
    talk.say("[attached: sales.csv]")
    assert talk.answer.startswith("I have sales.csv. What shall I do with it?")
    assert "For example:\n- Profile sales.csv." in talk.answer


def test_thanks_are_returned() -> None:
    talk = Talk()
    talk.say("Thanks a lot!")
    assert talk.answer == "You're welcome."


def test_refused_attachment_is_told_first_and_as_it_stands() -> None:
    refused = "[not taken: The file name 'a[1].exe' can't be used: it must end in one of .csv, .stl.]"
    talk = Talk()
    assert talk.say(f"Inspect bracket.stl\n{refused}") == [("inspect_mesh", {"file": "bracket.stl"})]
    assert talk.answer == f"{refused}\n\n<inspect_mesh>"


FOLLOW_UPS: dict[tuple[str, ...], list[Call]] = {
    ("How many patients for d = 0.5?", "what about 90 % power?"): [
        ("sample_size", {"effect_size": 0.5, "power": 90.0})
    ],
    ("How many patients for d = 0.5?", "now with alpha 0.01", "and one-sided?"): [
        ("sample_size", {"effect_size": 0.5, "alpha": 0.01, "sides": "one-sided"})
    ],
    ("Plot revenue by month as a line", "now by region"): [
        ("draw_chart", {"file": "sales.csv", "y": "revenue_usd", "x": "region", "kind": "line"})
    ],
    ("Plot revenue by month as a line", "and as a bar chart"): [
        ("draw_chart", {"file": "sales.csv", "y": "revenue_usd", "x": "month", "kind": "bar"})
    ],
    ("check the overhangs of bracket.stl steeper than 30 degrees", "what about 60?"): [
        ("check_overhangs", {"file": "bracket.stl", "angle": 60.0})
    ],
    ("Inspect bracket.stl", "and tower.obj?"): [("inspect_mesh", {"file": "tower.obj"})],
    ("Inspect bracket.stl", "does it need supports?"): [("check_overhangs", {"file": "bracket.stl"})],
    ("Repair open_box.stl", "is it watertight?"): [("inspect_mesh", {"file": "repaired.stl"})],
    ("Repair open_box.stl", "is it watertight?", "delete it"): [("delete_file", {"file": "repaired.stl"})],
    ("best blend of yarn.csv maximising elongation", "minimise it instead"): [
        ("best_blend", {"file": "yarn.csv", "response": "elongation", "goal": "minimise"})
    ],
    # a whole new request takes nothing over
    ("Plot revenue by month as a line", "Plot units"): [("draw_chart", {"file": "sales.csv", "y": "units"})],
}


@pytest.mark.parametrize(
    ("said", "calls"), [pytest.param(*item, id=" / ".join(item[0])) for item in FOLLOW_UPS.items()]
)
def test_later_message_varies_an_earlier_one(said: tuple[str, ...], calls: list[Call]) -> None:
    talk = Talk()
    for text in said[:-1]:
        talk.say(text)
    assert talk.say(said[-1]) == calls


def test_list_is_varied() -> None:
    talk = Talk()
    talk.say("Cox model of rossi.csv, time week, event arrest, adjusted for age and prio")
    assert talk.say("drop prio")[0][1]["covariates"] == ["age"]
    assert talk.say("add fin")[0][1]["covariates"] == ["age", "fin"]


def test_variation_that_is_not_understood_is_not_computed_again() -> None:
    talk = Talk()
    talk.say("What power do 64 patients per arm give for d = 0.5?")
    assert talk.say("what about 7?") == []
    assert talk.answer == (
        "I don't know what “7” changes in the last answer, which is of trial power with effect size 0.5, "
        "n per arm 64. Name the value that is to change and what it is to be, or ask the whole question."
    )
