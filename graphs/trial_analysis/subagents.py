"""The specialists of the trial agent."""

from graphs.kit.subagent import SubAgent
from graphs.trial_analysis.tools.design import plan_log_rank_test, plan_proportions_test, plan_t_test
from graphs.trial_analysis.tools.endpoint import compare_means, compare_ranks, compare_risks
from graphs.trial_analysis.tools.survival import compare_survival, cox_regression, kaplan_meier

DESIGN = SubAgent(
    name="design",
    purpose="Plans two-arm trials: sample size, events and power for means, proportions and survival.",
    prompt=(
        "You plan two-arm trials. State the participants per arm and in all, the power, the two-sided alpha "
        "and the effect that they hold for. Ask for the effect to be detected when none is given."
    ),
    tools=(plan_t_test, plan_proportions_test, plan_log_rank_test),
)

ENDPOINT = SubAgent(
    name="endpoint",
    purpose="Compares an endpoint in two arms of a trial's table: means, ranks or risks, with intervals.",
    prompt=(
        "You compare endpoints of trials. Give each estimate with its confidence interval and say which arm "
        "is the reference. Risks are for endpoints of yes or no; ranks for numbers far from normal."
    ),
    tools=(compare_means, compare_ranks, compare_risks),
)

SURVIVAL = SubAgent(
    name="survival",
    purpose="Analyses time to an event: Kaplan–Meier curves and medians, log-rank test, Cox regression.",
    prompt=(
        "You analyse time to an event. Name the columns that were used and the picture that was made. Say so "
        "when the check of proportional hazards speaks against a Cox model."
    ),
    tools=(kaplan_meier, compare_survival, cox_regression),
)

SUBAGENTS = (DESIGN, ENDPOINT, SURVIVAL)
