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
# # How much can it lose?
#
# **Question**  How much can this account lose, and does the model that says so keep its promise?
#
# **Reads**  the trial or run `target`, and `configs/risk/scenarios`
#
# **Writes**  the run in `run_dir`: tables `verdict`, `gates`, `measures`, `coverage`, `tests`,
# `stress`, `factors`, `drawdowns`, `contributions`, `parts`; `peak risk report` renders the page
#
# **Answer**  computed, at the top

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
target: str = ""  # a trial as RUN:N, a run with a table of returns; empty: a preview
account: str = ""  # of a run with several accounts; empty: the first
as_of: int = 0  # lines of the ledger when the page was made; the numbers do not depend on it
config: str = "configs/sweeps/quick.toml"  # what a preview computes
scenarios: str = "configs/risk/scenarios"  # folder of stress scenarios
level: float = 0.99  # confidence of value at risk and expected shortfall
horizon: int = 10  # bars of the longer horizon
model: str = "filtered_historical"  # the model that is judged
window: int = 1000  # bars that its parameters come from
refit: int = 60  # bars from one estimate of them to the next
short_window: int = 250  # bars that the simple models look back on
loss_limit: float = 0.2  # share of equity that the reverse stress asks for
significance: float = 0.05  # a p-value below it rejects the model
seed: int = 7  # of all simulations

# %%
import pandas as pd

from peaklib import evidence, render
from peaklib.evidence import home
from peaklib.risk import load_scenarios
from peaklib.sweep.risk_chapter import (
    Judged,
    account_of,
    alpha_words,
    beside,
    by_measure,
    coverage_table,
    factors_table,
    falls_of,
    falls_table,
    fitting_window,
    forecasts_of,
    gates_of,
    headline_of,
    market_regression,
    measures_table,
    models_table,
    parts_table,
    refusals,
    sentences_of,
    shown_stress,
    stressed,
    verdict_of,
)

run = evidence.attach(run_dir)
looked = account_of(target, run=run, config=config, account=account)
back, short = fitting_window(looked, window), fitting_window(looked, short_window)
main = forecasts_of(looked, model, level=level, options={"window": back, "refit": refit})
others, refused = beside(
    main,
    looked,
    {
        name: {"window": short}
        for name in ("historical", "normal", "cornish_fisher")
        if name != model
    },
)
models = [main, *others]
tests = models_table(models, significance=significance, seed=seed)
judged = Judged(main, tests[tests["model"] == model], significance)
stress = stressed(looked, load_scenarios(home() / scenarios), limit=loss_limit, level=level)
percent = f"{100 * level:g} %"

# %%
gates = gates_of(judged)
render.first_screen(
    provenance=[
        ("account", looked.name),
        ("at", looked.address),
        ("data and terms", looked.where),
        ("days", looked.span),
    ],
    question="How much can this account lose, and does the model that says so keep its promise?",
    verdict=verdict_of(judged),
    headline=headline_of(judged),
    sentences=sentences_of(looked, judged, stress),
    facts=gates,
    facts_title=f"The model {model}, day by day",
)

# %%
run.log_metrics(
    {
        "var": float(main.exceptions.var[-1]),
        "n_exceedances": main.exceptions.n_exceedances,
        "n_days": main.exceptions.n_days,
    }
)
run.save_table(
    "verdict",
    pd.DataFrame([{"verdict": verdict_of(judged).word, "headline": headline_of(judged)}]),
)
run.save_table(
    "gates",
    pd.DataFrame(
        [(gate.name, gate.sign, gate.value, gate.rule) for gate in gates],
        columns=["gate", "state", "found", "rule"],
    ),
)
days = main.exceptions
render.exceptions_chart(
    pd.Series(days.returns, index=days.index),
    # A search for parameters ends a little elsewhere on another processor; a basis point is enough.
    pd.Series(days.var, index=days.index).round(4),
    level=level,
    days="judged days",
    title="Where losses passed the forecast",
    subtitle=f"Daily returns and the {percent} VaR of {model} over {back:,} bars, made the evening "
    "before; marks: losses beyond it. Below: their count, with Basel's zones",
)

# %% [markdown]
# ## Measures
#
# Losses are positive. Each measure reads all days at once; the forecasts above read only days
# before. The account counts where something is at risk: cash loses nothing, and would make it look
# safer than it is in the market. Where a measure refuses, it says why: that is an answer.

# %%
measures = measures_table(looked, level=level, horizons=(1, horizon))
run.save_table("measures", measures)
render.table(
    by_measure(measures, "var", "var").round(9),
    caption=f"Value at risk at {percent}, as a share of equity, by every measure",
)

# %%
render.table(
    by_measure(measures, "expected_shortfall", "es").round(9),
    caption=f"Mean loss beyond the value at risk at {percent}",
)

# %%
refused = refusals(measures)
render.table(refused, caption="What a measure could not say, and why", fold=6) if len(
    refused
) else render.note("Every measure had an answer.")

# %% [markdown]
# ## Did the forecasts hold?
#
# A right model is exceeded as often as it says, and one exceedance does not bring the next. A model
# that fails by too few exceedances ties up money; one that fails by too many, or by clusters, fails
# when it is needed. A test rejects a right model now and then: read the rows together.

# %%
coverage = coverage_table(models)
run.save_table("coverage", coverage)
render.table(
    coverage.round(9),
    caption=f"Exceedances of each model on the same days; a failed refit kept the last good one; "
    f"{back:,} bars behind {model}, {short:,} behind the others",
)

# %%
render.note(
    "; ".join(f"{name} has no forecast on these days: {why}" for name, why in refused.items())
    or "Every model has a forecast on all of these days."
)

# %%
run.save_table("tests", tests)
short = tests.pivot(index="test", columns="model", values="p_value").reindex(tests["test"].unique())
short.columns = [f"p_value, {name}" for name in short.columns]
render.table(
    short.reset_index().round(9), caption=f"P-values; below {significance:.2f} a model is rejected"
)

# %%
own = tests[tests["model"] == model][["test", "asks", "decision", "sentence"]]
render.table(own, caption=f"What each test found of {model}")

# %% [markdown]
# ## Stress
#
# Windows of the past are those of the account, in the market or out of it. What is supposed hits
# what is held where something is: not the average over idle days. The last rows ask the other way
# round: what would it take to lose that much?

# %%
run.save_table("stress", stress)
render.stress_bars(
    stress,
    limit=loss_limit,
    title="What it would lose",
    subtitle="Share of equity; full: windows of the past, hatched: supposed, ◆ the smallest shock "
    f"that costs {100 * loss_limit:g} %",
)

# %%
ways = "; ".join(way for way in stress["held"].unique() if way)
render.table(
    shown_stress(stress),
    caption=f"The same in numbers; supposed moves hit what is held: {ways}; "
    f"a value at risk is normal with mean zero, {percent} over a day, and no loss",
    fold=24,
)

# %% [markdown]
# ## Where the risk comes from
#
# Errors of the regressions allow for autocorrelation and unequal variance (Newey and West). The
# square of the market, in a regression of its own, asks whether the account is in it at the right
# time (Treynor and Mazuy).

# %%
factors = market_regression(looked, level=0.9)
if factors is not None:
    table = factors_table(factors)
    run.save_table("factors", table)
    shown = render.table(table, caption=f"Daily returns on holding: {alpha_words(factors)}")
else:
    shown = render.note("It is the same as holding.")
shown

# %%
divided = parts_table(looked, level=0.975)
if divided is not None:
    run.save_table("parts", divided)
    shown = render.risk_against_weight(
        divided.set_index("part")["share"],
        divided.set_index("part")["share, of variance"],
        title="What each part weighs, and what it adds to the risk",
        subtitle="Share of the wealth (hollow) and of the variance (solid) at the last bar",
    )
else:
    shown = render.note("One whole: there are no parts to share the risk out among.")
shown

# %%
falls = falls_of(looked, count=5)
run.save_table("drawdowns", falls.drawdowns.reset_index())
run.save_table("contributions", falls.contributions.reset_index())
render.table(
    falls_table(falls),
    caption="The deepest falls, and what lost the money; shares of the wealth at the peak",
)

# %% [markdown]
# ## Limits
#
# - Past losses bound nothing: the largest loss of the next years need not be among those of these.
# - Betas and covariances are those of all days; in a crisis they are others.
# - Nobody's orders move the prices here, and whoever wants to sell finds a buyer at the close.
# - An account that was chosen by its return shows drawdowns that were part of the choice.
# - The forecasts know what was held the evening before, not what the open of the day brought in.
# - Of an account of parts only returns are forecast, not which part was in the market.

# %%
render.parameters_here()
