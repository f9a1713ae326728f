# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,-all
#     notebook_metadata_filter: kernelspec,jupytext,-jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: peaklib
#     language: python
#     name: peaklib
# ---

# %% [markdown]
# # A portfolio out of a sweep
#
# **Question**  Do little-correlated trials of this sweep, together, beat holding on unseen days?
#
# **Reads**  the sweep `sweep_run` and the runs of its cells
#
# **Writes**  the run in `run_dir`: tables `verdict`, `gates`, `candidates`, `members`, `judged`,
# `correlations`, `returns`; `peak sweeps portfolio` renders the page
#
# **Answer**  computed, at the top

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
sweep_run: str = ""  # id of a sweep's run; empty: a preview
as_of: int = 0  # lines of the ledger that are looked at; a recorded sweep needs its look counted
config: str = "configs/sweeps/quick.toml"  # what a preview computes
split: str = ""  # first day out of sample; empty: the sweep's own
max_correlation: float = 0.5  # of a member's daily returns with any better one's
min_dsr: float = 0.6  # floor of the deflated Sharpe before the split
max_pbo: float = 0.6  # ceiling of the probability of overfitting before the split
min_days: int = 100  # before the split, on which a member has to have moved
members: int = 8  # at most
per_run: int = 20  # trials of each run that are looked at
seed: int = 7  # of all draws

# %%
import pandas as pd

from peaklib import evidence, render
from peaklib.sweep import preview, read_results
from peaklib.sweep.portfolio import (
    Rules,
    beside_hold,
    build,
    candidates_table,
    choose,
    cite_portfolio,
    correlations_table,
    gates_of,
    headline_of,
    judged_table,
    looks_behind,
    members_table,
    portfolio_figure,
    returns_table,
    sentences_of,
    verdict_of,
)

run = evidence.attach(run_dir)
results = read_results(sweep_run) if sweep_run else preview(config)
rules = Rules(
    max_correlation=max_correlation,
    min_dsr=min_dsr,
    max_pbo=max_pbo,
    min_days=min_days,
    members=members,
    per_run=per_run,
)
choice = choose(results, rules, split=split, seed=seed, as_of=as_of or None)
cite_portfolio(run, choice)
looked = looks_behind(results, as_of=as_of or None) if choice.members else 0
made = build(choice) if choice.members else None
difference = beside_hold(made, seed=seed) if made else None

# %%
gates = gates_of(choice, made, difference, looked)
verdict, headline = verdict_of(difference, gates), headline_of(choice, made, difference)
render.first_screen(
    provenance=[
        (results.name, f"{results.n_trials:,} trials in {len(results.cells)} cells"),
        ("sweep", results.run_id or "preview, not recorded"),
        ("chosen", f"before {choice.split}"),
        ("judged", f"from {choice.split} on"),
    ],
    question="Do little-correlated trials of this sweep, together, beat holding on unseen days?",
    verdict=verdict,
    headline=headline,
    sentences=sentences_of(choice, made, difference),
    facts=gates,
    facts_title="Rules of this portfolio",
)

# %%
run.log_metrics({"n_members": len(choice.members), "bars_per_year": choice.year})
if difference:
    run.log_metrics({"oos_sharpe_diff": difference.estimate})
run.save_table("verdict", pd.DataFrame([{"verdict": verdict.word, "headline": headline}]))
run.save_table(
    "gates",
    pd.DataFrame(
        [(gate.name, gate.sign, gate.value, gate.rule) for gate in gates],
        columns=["gate", "state", "found", "rule"],
    ),
)
portfolio_figure(
    made,
    title="Chosen on one side, judged on the other",
    subtitle="Growth of 1 after costs; both sides start at 1, no share is divided anew; hold is "
    "each member's market",
) if made else render.note("Without members there is nothing to draw.")

# %% [markdown]
# ## Who was chosen
#
# On the days before the split only: trials above the floors, the best first, each that correlates
# little with all better ones. The shares are risk parity over the same days (Ledoit and Wolf's
# covariance), so that every member brings the same risk.

# %%
if made:
    chosen = members_table(made)
    run.save_table("members", chosen)
    shown = render.table(chosen.drop(columns=["trial"]).round(9), caption="Members, best first")
else:
    shown = render.note("Nobody meets the rules.")
shown

# %%
candidates = candidates_table(choice)
run.save_table("candidates", candidates)
render.table(
    candidates.round(9),
    caption="Every trial that was looked at, before the split, and what became of it",
    fold=16,
)

# %% [markdown]
# ## On unseen days
#
# Each account opens at the split with a wealth of 1 and pays its own costs. `equal weights` and
# `best member` ask whether the weighing, and the others, were worth anything.

# %%
if made:
    judged = judged_table(made, seed=seed)
    run.save_table("judged", judged)
    run.save_table("returns", returns_table(made))
    shown = render.table(
        judged.round(9), caption=f"Before the split (is), and from {choice.split} on (oos)"
    )
else:
    shown = render.note("Nothing was judged.")
shown

# %%
if made and len(made.weights) > 1:
    pairs = correlations_table(made)
    run.save_table("correlations", pairs)
    shown = render.table(
        pairs.round(9), caption="Correlation of members, before and after the split", fold=16
    )
else:
    shown = render.note("One member or none: no pair to correlate.")
shown

# %% [markdown]
# ## Limits
#
# - The floors hold before the split; the members' own luck there is not averaged away by weights.
# - Wealth is divided once. Dividing anew would keep the risks equal, and would cost what it trades.
# - Members that trade the same index differ in when they hold it, not in what.
# - Whoever changes a rule after this page was seen has used the unseen days: the count of looks
#   says so. It does not know who has read the sweep's own report and its risk chapter, which show
#   all days that the sweep saw, these among them.

# %%
render.parameters_here()
