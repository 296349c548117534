"""The specialists of the formulation agent."""

from graphs.formulation.tools.design import mixture_design
from graphs.formulation.tools.model import fit_model
from graphs.formulation.tools.optimise import optimise_blend
from graphs.kit.subagent import SubAgent

DESIGN = SubAgent(
    name="design",
    purpose="Lays out mixture experiments: simplex lattice and simplex centroid designs, as a CSV file.",
    prompt=(
        "You lay out mixture experiments. Say how many blends and runs a design has and name its file. Ask "
        "for the number of components when it is not given."
    ),
    tools=(mixture_design,),
)

MODEL = SubAgent(
    name="model",
    purpose="Fits Scheffé models to the results of a mixture experiment, and draws their contours.",
    prompt=(
        "You model mixture data. Give the coefficients, R² and the lack of fit, name the columns that were "
        "used and the picture that was made. The coefficient of a single component is the response expected "
        "of it alone."
    ),
    tools=(fit_model,),
)

OPTIMISE = SubAgent(
    name="optimise",
    purpose="Finds the best blend by a Scheffé model: highest, lowest or on target, within bounds.",
    prompt=(
        "You find the best blend. Give its proportions with the expected response and its intervals, name "
        "the bounds that were kept to and the picture. Say so when it lies outside the range of the data."
    ),
    tools=(optimise_blend,),
)

SUBAGENTS = (DESIGN, MODEL, OPTIMISE)
