"""A team of sub-agents with declared tools, as the five agents declare theirs, for the planner's tests.

The tools compute nothing: each says which arguments reached it, and some leave a file.
"""

from typing import Annotated, Any, Literal

from graphs.kit.arguments import choice_argument, column_argument, file_argument, quantity, text_argument
from graphs.kit.state import Artifact, Column
from graphs.kit.subagent import SubAgent
from graphs.kit.tool import Answer, Session, agent_tool

MESH = (".stl", ".obj", ".3mf")
TABLE = (".csv", ".parquet", ".xlsx")


def told(tool: str, **arguments: Any) -> Answer:
    """An answer that names the tool and its arguments."""
    return Answer(f"{tool}: " + ", ".join(f"{name}={value!r}" for name, value in arguments.items()))


@agent_tool(
    keywords=(
        "volume",
        "surface area",
        "watertight",
        "bounding box",
        "inspect",
        "dimensions",
        "measure the mesh",
    ),
    examples=("Is bracket.stl watertight, and what is its volume?", "Inspect part.obj."),
)
def inspect_mesh(
    session: Session, file: Annotated[str, file_argument("The mesh to measure.", *MESH)]
) -> Answer:
    """Measure a mesh: volume, area, bounds in mm, and whether it is watertight."""
    return told("inspect_mesh", file=file)


@agent_tool(
    keywords=("repair", "fix the mesh", "fill holes", "close the holes", "make watertight"),
    examples=("Repair open_box.stl.", "Close the holes in scan.stl."),
)
def repair_mesh(
    session: Session, file: Annotated[str, file_argument("The mesh to repair.", *MESH)]
) -> Answer:
    """Close the holes of a mesh and turn its faces outwards; the result is a new STL file."""
    made = session.save(f"{file.rpartition('.')[0]}_repaired.stl", f"solid repaired from {file}".encode())
    return told("repair_mesh", file=file, made=made["name"])


@agent_tool(
    keywords=("overhang", "supports", "support material", "steep faces"),
    examples=("Does bracket.stl need supports?", "Find the overhangs of tower.stl steeper than 45 degrees."),
)
def check_overhangs(
    session: Session,
    file: Annotated[str, file_argument("The mesh to check.", *MESH)],
    angle: Annotated[
        float,
        quantity("Steepest angle that prints alone.", "degrees", cues=("angle", "steeper than"), gt=0, lt=90),
    ] = 45,
) -> Answer:
    """Find faces that overhang more than an angle from the vertical."""
    return told("check_overhangs", file=file, angle=angle)


@agent_tool(
    keywords=("fit the printer", "fits", "build volume", "printer", "print bed", "too big"),
    examples=(
        "Does bracket.stl fit a printer of 220 x 220 x 250 mm?",
        "Is tower.stl too big for my print bed?",
    ),
)
def check_fit(
    session: Session,
    file: Annotated[str, file_argument("The mesh to place.", *MESH)],
    width: Annotated[float, quantity("Printer's width.", "mm", cues=("wide", "x"), gt=0)],
    depth: Annotated[float, quantity("Printer's depth.", "mm", cues=("deep", "y"), gt=0)],
    height: Annotated[float, quantity("Printer's height.", "mm", cues=("high", "tall", "z"), gt=0)],
) -> Answer:
    """Say whether a mesh fits a printer, also turned, and how much room is left."""
    return told("check_fit", file=file, width=width, depth=depth, height=height)


@agent_tool(
    keywords=("profile", "summary", "summarise", "columns", "missing values", "describe"),
    examples=(
        "Profile sales.csv.",
        "Which columns does patients.parquet have, and how many values are missing?",
    ),
)
def profile_table(session: Session, file: Annotated[str, file_argument("The table.", *TABLE)]) -> Answer:
    """Describe a table: rows, columns, types, missing values and the usual statistics."""
    return told("profile_table", file=file)


@agent_tool(
    keywords=("sql", "query", "select"),
    examples=("SELECT region, sum(revenue_usd) FROM sales GROUP BY region", "Run this SQL on sales.csv: …"),
)
def run_sql(
    session: Session, sql: Annotated[str, text_argument("The query.", cues=("sql", "query"))]
) -> Answer:
    """Run a read-only SQL query over the session's tables."""
    return told("run_sql", sql=sql)


@agent_tool(
    keywords=("total", "sum", "average", "mean", "median", "count", "highest", "lowest"),
    examples=("What is the total revenue by region?", "Average revenue per month in sales.csv."),
)
def aggregate(
    session: Session,
    file: Annotated[str, file_argument("The table.", *TABLE)],
    value: Annotated[
        str, column_argument("What to aggregate.", cues=("of", "total", "average"), numeric=True)
    ],
    group_by: Annotated[
        list[str] | None, column_argument("What to group by.", cues=("by", "per", "for each"), many=True)
    ] = None,
    statistic: Annotated[
        Literal["sum", "mean", "median", "max", "min"],
        choice_argument(
            "The statistic.", sum=("total",), mean=("average",), max=("highest", "maximum"), min=("lowest",)
        ),
    ] = "sum",
    top: Annotated[
        int | None, quantity("How many groups to show.", cues=("top", "first", "best"), gt=0)
    ] = None,
) -> Answer:
    """Aggregate a numeric column of a table, by groups when asked."""
    return told("aggregate", file=file, value=value, group_by=group_by, statistic=statistic, top=top)


@agent_tool(
    keywords=("chart", "plot", "draw", "graph", "diagram", "picture", "visualise"),
    examples=("Plot revenue over month as a line.", "Draw a bar chart of units by region."),
)
def draw_chart(
    session: Session,
    file: Annotated[str, file_argument("The table.", *TABLE)],
    y: Annotated[str, column_argument("What is drawn.", cues=("of", "plot", "chart"), numeric=True)],
    x: Annotated[
        str | None, column_argument("The axis.", cues=("by", "over", "against", "per", "versus"))
    ] = None,
    kind: Annotated[
        Literal["bar", "line", "scatter", "histogram"],
        choice_argument(
            "The kind of chart.", line=("trend", "over time"), histogram=("distribution",), bar=("bars",)
        ),
    ] = "bar",
    title: Annotated[str | None, text_argument("The title.", cues=("titled", "title", "called"))] = None,
) -> Answer:
    """Draw a chart of a table to a PNG file."""
    made = session.save("chart.png", f"{file}{y}{x}{kind}".encode())
    return told("draw_chart", file=file, y=y, x=x, kind=kind, title=title, made=made["name"])


@agent_tool(
    keywords=("critical path", "schedule", "makespan", "float", "slack", "how long"),
    examples=(
        "What is the critical path of plan.csv?",
        "How long does the project take, and which tasks have float?",
    ),
)
def critical_path(
    session: Session,
    file: Annotated[str, file_argument("The task list.", ".csv", ".xlsx")],
    hours_per_day: Annotated[
        float, quantity("Working hours in a day.", "hours", cues=("working day",), gt=0)
    ] = 8,
) -> Answer:
    """Compute the critical path, the makespan and each task's float."""
    return told("critical_path", file=file, hours_per_day=hours_per_day)


@agent_tool(
    keywords=("pert", "probability", "chance", "deadline", "finish in time", "finish within"),
    examples=(
        "What is the chance that plan.csv is done within 47 weeks?",
        "PERT for plan.csv with a deadline of 47 weeks.",
        "What is the probability of finishing plan.csv in 40 weeks?",
    ),
)
def pert(
    session: Session,
    file: Annotated[str, file_argument("The task list with three estimates.", ".csv", ".xlsx")],
    deadline: Annotated[
        float | None, quantity("The deadline.", "weeks", cues=("deadline", "within", "in", "after"), gt=0)
    ] = None,
) -> Answer:
    """Compute the expected makespan by PERT, and the probability to keep a deadline."""
    return told("pert", file=file, deadline=deadline)


@agent_tool(
    keywords=("sample size", "how many patients", "how many subjects", "patients per arm"),
    examples=("How many patients per arm do I need for an effect size of 0.5 and 80 % power?",),
)
def sample_size(
    session: Session,
    effect_size: Annotated[
        float, quantity("Cohen's d.", cues=("effect", "effect size", "d", "cohen's d"), gt=0)
    ],
    power: Annotated[float, quantity("The power.", "%", cues=("power",), gt=0, lt=100)] = 80,
    alpha: Annotated[
        float,
        quantity(
            "The two-sided level.", cues=("alpha", "significance", "significance level", "level"), gt=0, lt=1
        ),
    ] = 0.05,
    ratio: Annotated[
        float, quantity("Patients in arm 2 for each in arm 1.", cues=("allocation", "ratio"), gt=0)
    ] = 1,
    sides: Annotated[
        Literal["one-sided", "two-sided"],
        choice_argument("The alternative.", **{"one-sided": ("one sided", "one tailed")}),
    ] = "two-sided",
) -> Answer:
    """Compute how many patients each arm of a two-arm trial needs (t-test)."""
    return told("sample_size", effect_size=effect_size, power=power, alpha=alpha, ratio=ratio, sides=sides)


@agent_tool(
    keywords=("power of", "what power", "achieved power", "power analysis"),
    examples=("What power do 64 patients per arm give for an effect size of 0.5?",),
)
def trial_power(
    session: Session,
    effect_size: Annotated[float, quantity("Cohen's d.", cues=("effect", "effect size", "d"), gt=0)],
    n_per_arm: Annotated[
        int,
        quantity(
            "Patients per arm.", cues=("per arm", "patients per arm", "patients", "n", "per group"), ge=2
        ),
    ],
    alpha: Annotated[
        float, quantity("The two-sided level.", cues=("alpha", "significance"), gt=0, lt=1)
    ] = 0.05,
) -> Answer:
    """Compute the power of a two-arm trial (t-test) with a given number of patients."""
    return told("trial_power", effect_size=effect_size, n_per_arm=n_per_arm, alpha=alpha)


@agent_tool(
    keywords=("kaplan-meier", "survival curve", "median survival", "log-rank"),
    examples=(
        "Kaplan–Meier curves for leukemia.csv by treatment.",
        "Log-rank test of time and event by arm.",
    ),
)
def survival_curve(
    session: Session,
    file: Annotated[str, file_argument("One row for each patient.", *TABLE)],
    time: Annotated[
        str, column_argument("Time to event.", cues=("time", "duration", "follow-up"), numeric=True)
    ],
    event: Annotated[
        str, column_argument("1 for an event.", cues=("event", "status", "death"), numeric=True)
    ],
    group: Annotated[str | None, column_argument("The arms.", cues=("by", "per", "between"))] = None,
) -> Answer:
    """Estimate Kaplan–Meier curves and compare them with the log-rank test."""
    return told("survival_curve", file=file, time=time, event=event, group=group)


@agent_tool(
    keywords=("cox", "cox regression", "hazard ratio", "proportional hazards", "adjusted for"),
    examples=("Fit a Cox model on rossi.csv adjusted for age and prio.",),
)
def cox_model(
    session: Session,
    file: Annotated[str, file_argument("One row for each patient.", *TABLE)],
    time: Annotated[str, column_argument("Time to event.", cues=("time", "duration"), numeric=True)],
    event: Annotated[str, column_argument("1 for an event.", cues=("event", "status"), numeric=True)],
    covariates: Annotated[
        list[str],
        column_argument(
            "The covariates.", cues=("adjusted for", "covariates", "on", "for"), numeric=True, many=True
        ),
    ],
) -> Answer:
    """Fit Cox's proportional hazards model: hazard ratios with confidence intervals."""
    return told("cox_model", file=file, time=time, event=event, covariates=covariates)


@agent_tool(
    keywords=("simplex", "lattice", "centroid", "mixture design", "blends to test"),
    examples=("Make a simplex lattice of degree 2 for 3 components.",),
)
def mixture_design(
    session: Session,
    components: Annotated[
        int, quantity("How many components.", cues=("components", "ingredients"), ge=2, le=10)
    ],
    degree: Annotated[int | None, quantity("The degree of the lattice.", cues=("degree",), ge=1)] = None,
    kind: Annotated[
        Literal["lattice", "centroid"], choice_argument("The design.", lattice=("simplex lattice",))
    ] = "lattice",
) -> Answer:
    """Lay out the blends of a simplex lattice or centroid design."""
    return told("mixture_design", components=components, degree=degree, kind=kind)


@agent_tool(
    keywords=("scheffé", "scheffe", "fit the mixture", "mixture model", "blending model"),
    examples=("Fit a quadratic Scheffé model to yarn.csv with response elongation.",),
)
def fit_mixture(
    session: Session,
    file: Annotated[str, file_argument("The blends and their response.", ".csv")],
    response: Annotated[str, column_argument("The response.", cues=("response", "of", "for"), numeric=True)],
    components: Annotated[
        list[str] | None, column_argument("The components.", cues=("components",), numeric=True, many=True)
    ] = None,
    order: Annotated[
        Literal["linear", "quadratic", "special_cubic"],
        choice_argument("The order.", special_cubic=("special cubic", "cubic"), quadratic=("second order",)),
    ] = "quadratic",
) -> Answer:
    """Fit a Scheffé polynomial to mixture data."""
    return told("fit_mixture", file=file, response=response, components=components, order=order)


@agent_tool(
    keywords=("optimise", "best blend", "optimum", "maximise", "minimise"),
    examples=("Find the best blend of yarn.csv within bounds 0 to 0.5.", "Maximise elongation in yarn.csv."),
)
def best_blend(
    session: Session,
    file: Annotated[str, file_argument("The blends and their response.", ".csv")],
    response: Annotated[
        str, column_argument("The response.", cues=("maximise", "minimise", "response"), numeric=True)
    ],
    lower: Annotated[
        list[float] | None, quantity("Least share of each component.", cues=("lower bounds", "at least"))
    ] = None,
    upper: Annotated[
        list[float] | None, quantity("Largest share of each component.", cues=("upper bounds", "at most"))
    ] = None,
    goal: Annotated[
        Literal["maximise", "minimise"],
        choice_argument("The goal.", maximise=("highest",), minimise=("lowest",)),
    ] = "maximise",
    exact: bool = False,
) -> Answer:
    """Find the blend with the best predicted response within bounds."""
    return told("best_blend", file=file, response=response, lower=lower, upper=upper, goal=goal, exact=exact)


TEAM = (
    SubAgent("mesh", "Measures and repairs meshes.", "You measure meshes.", (inspect_mesh, repair_mesh)),
    SubAgent("printability", "Says what will not print.", "You check prints.", (check_overhangs, check_fit)),
    SubAgent(
        "data", "Profiles and aggregates tables.", "You know tables.", (profile_table, run_sql, aggregate)
    ),
    SubAgent("report", "Draws charts.", "You draw.", (draw_chart,)),
    SubAgent("plan", "Schedules projects.", "You schedule.", (critical_path, pert)),
    SubAgent("trial", "Plans trials.", "You plan trials.", (sample_size, trial_power)),
    SubAgent("survival", "Analyses survival.", "You analyse survival.", (survival_curve, cox_model)),
    SubAgent(
        "mixture", "Designs and models blends.", "You blend.", (mixture_design, fit_mixture, best_blend)
    ),
)


def artifact(name: str, **columns: str) -> Artifact:
    """A reference as the briefing carries it."""
    reference = Artifact(name=name, media_type="text/plain", size=1, sha256=f"sha of {name}")
    if columns:
        reference["columns"] = [Column(name=column, type=kind) for column, kind in columns.items()]
    return reference


FILES = [
    artifact("bracket.stl"),
    artifact("open_box.stl"),
    artifact("tower.obj"),
    artifact("sales.csv", month="DATE", region="VARCHAR", revenue_usd="DOUBLE", units="BIGINT"),
    artifact("plan.csv", task="VARCHAR", duration="BIGINT", predecessors="VARCHAR"),
    artifact(
        "rossi.csv", week="BIGINT", arrest="BIGINT", fin="BIGINT", age="BIGINT", prio="BIGINT", race="VARCHAR"
    ),
    artifact("yarn.csv", x1="DOUBLE", x2="DOUBLE", x3="DOUBLE", elongation="DOUBLE"),
]
