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
# # Is it real? One trial, examined
#
# **Question**  How much of this trial's result is luck, and what would it take to know?
#
# **Reads**  the trial `target` and the runs of its sweep
#
# **Writes**  the run in `run_dir`: tables `sharpe`, `metrics`, `difference`, `clusters`,
# `contests`, `paths`, `walks`, `costs`, `delays`, `answers`; `peak sweeps page robustness` renders
# the page
#
# **Answer**  computed: in short at the top, in full at the end

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
target: str = ""  # id of a sweep's run (its best trial), or a trial as RUN:N; empty: a preview
as_of: int = 0  # lines of the ledger that are looked at; 0: all
config: str = "configs/sweeps/quick.toml"  # what a preview computes
block_length: float = 0.0  # bars, mean length of a resampled stretch; 0: by Politis and White
resamples: int = 2000  # of each interval
paths: int = 2000  # of each Monte-Carlo simulation
sample: int = 40  # trials at most whose mean returns are tested together
searched: int = 1500  # trials at most whose Sharpe ratios are tested together
test_resamples: int = 500  # of each of these tests
train_years: int = 3  # that a rolling choice looks back
embargo_bars: int = 0  # between the bars that choose and those that judge
start_months: int = 6  # between the first days that are tried
seed: int = 7  # of all draws

# %%
import numpy as np
import pandas as pd

from peaklib import evidence, render
from peaklib.robustness import (
    annualised_sharpe,
    bootstrap_metric,
    minimum_backtest_length,
    minimum_track_record_length,
    probabilistic_sharpe,
)
from peaklib.sweep import cite
from peaklib.sweep.stories import (
    Bootstrap,
    Findings,
    answers_of,
    break_even_words,
    closing_of,
    clusters_table,
    contests_of,
    contests_table,
    contests_words,
    costs_line,
    delays_table,
    difference_of,
    difference_table,
    drawdown_figure,
    drawn_again,
    effort_rows,
    examine,
    fan_figure,
    ground_of,
    interval_of,
    luck_dials,
    metrics_table,
    observed_drawdown,
    paths_table,
    sharpe_bars,
    sharpe_table,
    shuffled,
    starts_line,
    stress_of,
    target_of,
    walks_figure,
    walks_of,
    walks_rows,
    walks_words,
)

run = evidence.attach(run_dir)
chosen = target_of(target, config)
cite(run, chosen.results, chosen.best)
found = examine(chosen, as_of=as_of or None, seed=seed)
level = found.thresholds.intervals.level
returns, held = (account.returns.to_numpy() for account in (found.result, found.hold))
how = Bootstrap(found.year, level, resamples, block_length or None, seed)
own = interval_of(returns, "sharpe", how)
minus_hold = difference_of(returns, held, how)
years = len(returns) / found.year
shown = render.format_metric
role = "the best of its sweep" if chosen.is_best else "not the one that its sweep selects"

# %%
# What the sections below show one by one; the answer comes first.
contests = contests_of(
    found,
    sample=sample,
    searched=searched,
    block_length=block_length or (minus_hold.block_length if minus_hold else 1.0),
    resamples=test_resamples,
    seed=seed,
)
again = drawn_again(found.result, paths=paths, block_length=block_length or None, seed=seed)
ground = ground_of(chosen.results, chosen.best.cell, found.thresholds, embargo_bars=embargo_bars)
walks = walks_of(ground, ground.fields, train_years=train_years, seed=seed)
stress = stress_of(found, months=start_months)
findings = Findings(own, minus_hold, walks, contests, stress, again)
answers = answers_of(found, findings)
closing = closing_of(found, findings)
render.key_values(
    [
        closing[-1],
        ("Trial", f"**{chosen.name}** on {chosen.where}, {role}"),
        ("Address", chosen.best.trial),
        ("Sweep", f"{chosen.results.name}, {chosen.results.run_id or 'preview, not recorded'}"),
        ("How", found.result.conventions.describe()),
        ("Blocks", f"{own.block_length:.1f} bars on average" if own else "–"),
    ]
)

# %%
sharpes = sharpe_table(returns, how)
run.save_table("sharpe", sharpes)
estimate = found.result.metrics["sharpe"]
above = "all" if (sharpes["sharpe_lo"] > 0).all() else "not all"
render.interval_bars(
    sharpe_bars(sharpes),
    metric="sharpe",
    null_label="cash",
    x_label="Sharpe, annual, in sample",
    title=f"Sharpe {shown('sharpe', estimate)}: {above} {100 * level:g} % intervals lie above cash",
    subtitle=f"Seven ways to say how sure it is, {resamples:,} resamples; none knows of the search",
)

# %% [markdown]
# ## How sure is the Sharpe?
#
# The four bootstraps draw the days again in stretches; the three errors come from formulas. Where
# they agree, the method does not matter. The autocorrelation of returns also changes the annual
# figure itself: the last row of the list below allows for it (Lo 2002).

# %%
draws = bootstrap_metric(
    returns,
    "sharpe",
    periods_per_year=found.year,
    resamples=resamples,
    block_length=block_length or None,
    seed=seed,
)
kept = draws[np.isfinite(draws)]
render.histogram(
    kept,
    metric="sharpe",
    x_label="Sharpe of a history drawn again",
    y_label="share of histories, %",
    marks=[
        render.Mark(0.0, "cash"),
        render.Mark(found.hold.metrics["sharpe"], "hold"),
        render.Mark(estimate, "as it happened", strong=True),
    ],
    tail="below",
    title=f"In {100 * float((kept <= 0).mean()):.1f} % of the histories it is no better than cash",
    subtitle=f"{len(kept):,} histories, drawn from its own days in stretches; dark: below cash",
)

# %%
render.table(
    sharpes.set_axis(["method", "sharpe", "sharpe, from", "sharpe, to", "allows for"], axis=1),
    caption=f"{100 * level:g} % intervals of the Sharpe",
)

# %%
lags = 5
psr = probabilistic_sharpe(returns, periods_per_year=found.year)
psr_hold = probabilistic_sharpe(
    returns, benchmark=found.hold.metrics["sharpe"], periods_per_year=found.year
)
record = minimum_track_record_length(returns, periods_per_year=found.year, level=0.95)
tries = max(found.assessment.tries, 1.0)
least = minimum_backtest_length(tries, estimate) if estimate > 0 else float("nan")
rows = [
    ("Chance that the true Sharpe is above 0 (PSR)", shown("psr", psr)),
    ("Chance that it is above hold's of these years (PSR)", shown("psr", psr_hold)),
    (
        "Track record needed to be 95 % sure of the first",
        f"{record / found.year:.1f} years; there are {years:.1f}"
        if np.isfinite(record)
        else "none is long enough for a Sharpe that is not above 0",
    ),
    (
        "Years below which luck alone brings such a Sharpe",
        f"{least:.1f}, for {tries:.1f} independent tries; there are {years:.1f}"
        if np.isfinite(least)
        else "not known for a Sharpe that is not above 0",
    ),
    (
        f"Annual Sharpe that allows for {lags} autocorrelations",
        shown("sharpe", annualised_sharpe(returns, periods_per_year=found.year, lags=lags)),
    ),
]
render.key_values(rows)

# %% [markdown]
# ## Other numbers of the trial

# %%
measured = metrics_table(returns, held, how)
run.save_table("metrics", measured)
names = ["metric", "this trial", f"{100 * level:g} % interval", "hold", "its interval"]
render.table(
    measured.set_axis(names, axis=1),
    caption="In sample, after costs; a dash where too many histories leave it undefined",
    fold=20,
)

# %% [markdown]
# ## Against holding
#
# Both share most of their luck, so the difference is surer than either number. Jobson, Korkie and
# Memmel's test takes returns as independent and normal; Ledoit and Wolf's does not.

# %%
difference = difference_table(returns, held, how)
run.save_table("difference", difference)
render.interval_bars(
    [
        render.IntervalRow(
            row["method"],
            "in_sample",
            row["sharpe_diff_lo"],
            row["sharpe_diff"],
            row["sharpe_diff_hi"],
        )
        for row in difference.to_dict("records")
    ],
    x_label="Sharpe minus hold, annual, in sample",
    title="Is the difference to holding more than chance?",
    subtitle="; ".join(
        f"{row['method']}: p {shown('p_value', row['p_value'])}"
        for row in difference.to_dict("records")
        if np.isfinite(row["p_value"])
    ),
) if len(difference) else render.note("It is the same as holding.")

# %% [markdown]
# ## How much is luck?
#
# Whoever tries many things finds something. Both dials ask whether this is that.

# %%
render.dials(luck_dials(found))

# %%
render.key_values(effort_rows(found))

# %%
everything = np.concatenate([field.frame["sharpe"].to_numpy() for field in found.assessment.fields])
render.histogram(
    everything[np.isfinite(everything)],
    metric="sharpe",
    x_label="Sharpe of a trial, in sample",
    y_label="share of trials, %",
    marks=[
        render.Mark(found.deflated.expected_maximum, "best by luck"),
        render.Mark(estimate, "this trial", strong=True),
    ],
    tail="above",
    title="Where the trial stands among all that was tried on these bars",
    subtitle=f"{found.assessment.trials:,} trials; dark: better than luck's best on average",
)

# %%
clusters = clusters_table(found)
run.save_table("clusters", clusters)
render.table(
    clusters.rename(columns={"trials": "n_trials", "own": " "}).round(6),
    caption=f"Groups of trials whose returns correlate above 0.5 on average: {len(clusters)}",
)

# %% [markdown]
# ## All trials together
#
# Tests that draw the days again for all trials at once, so that no count of independent tries is
# needed. Where there are too many trials, a sample is tested that is spread evenly over them, this
# one among them; a p-value does not know of the others, and would be larger with them.

# %%
tested = contests_table(contests)
run.save_table("contests", tested)
render.table(
    tested.round(6),
    caption=(
        f"Sharpe of {contests.n_searched:,} and mean return of {contests.n_sampled} of "
        f"{contests.n_trials:,} trials, {test_resamples:,} resamples; yes: p-value up to "
        f"{1 - level:.2f}"
    ),
)

# %%
render.note(contests_words(contests))

# %% [markdown]
# ## What else could have happened
#
# The same trades in another order end where they ended, by another way. Days drawn again in
# stretches end elsewhere, too. Neither knows of a market that is not in the data.

# %%
fan_figure(
    found.result,
    again,
    title="Days drawn again: what an account like this could have become",
    subtitle=f"Growth of 1, {again.paths:,} histories, stretches of {again.block_length:.0f} bars",
)

# %%
figure = drawdown_figure(
    found.result,
    again,
    title="How deep it could have fallen",
    subtitle=f"Largest drawdown of {again.paths:,} histories; dark: deeper than what happened",
)
figure if figure is not None else render.note("All histories fell alike.")

# %%
orders = shuffled(found.result, paths=paths, seed=seed)
fan_figure(
    found.result,
    orders,
    title=f"The same {orders.steps} trades in other orders",
    subtitle=f"Growth of 1 over {orders.paths:,} orders; drawdowns within a trade are not seen",
) if orders else render.note("Fewer than two trades: there is no other order.")

# %%
figure = orders and drawdown_figure(
    found.result,
    orders,
    title="How lucky was the order of the trades?",
    subtitle=f"Largest drawdown of {orders.paths:,} orders, trade by trade; dark: deeper",
)
if figure is None:
    figure = render.note("No order of these trades falls deeper, trade by trade, than another.")
figure

# %%
depths = paths_table({"days drawn again": again, **({"trades shuffled": orders} if orders else {})})
run.save_table("paths", depths)
deeper = float((again.max_drawdown < observed_drawdown(found.result, again)).mean())
render.table(
    depths.drop(columns=["n_paths", "n_steps"]).round(6),
    caption=(
        f"Drawdown and ruin (share of {again.paths:,} paths that were at ×0.5 of the start or "
        f"below); {100 * deeper:.0f} % of the histories fell deeper than this one"
    ),
)

# %% [markdown]
# ## Choosing on the past only
#
# Among all trials on these bars: on all days so far (anchored), or on the last years (rolling),
# with an embargo, every switch paid for. This is what somebody could have earned who did not know
# which trial would turn out best.

# %%
run.save_table("walks", pd.DataFrame(walks_rows(walks, {})))
walks_figure(
    walks,
    title="Chosen anew every period, on the past only",
    subtitle=f"Growth of 1 after costs, {embargo_bars} bars of embargo; ▲ anchored choices",
) if walks else render.note(walks_words(walks))

# %%
render.note(walks_words(walks))

# %% [markdown]
# ## Other terms
#
# Costs, fills and the first day are assumptions. A result that hangs on one of them is none.

# %%
run.save_table("costs", stress.costs.reset_index())
costs_line(
    stress,
    title=f"Costs: {break_even_words(stress)}",
    subtitle="Sharpe in sample at other costs a side, fees and slippage together",
)

# %%
delays = delays_table(stress)
run.save_table("delays", delays)
render.table(delays.round(6), caption="Fills that come later than agreed, in sample")

# %%
ahead, starts = stress.ahead
starts_line(
    stress,
    title=f"Ahead of hold from {ahead} of {starts} first days",
    subtitle=f"Sharpe of accounts that open {start_months} months apart, to the same end",
)

# %% [markdown]
# ## What this means
#
# Computed from the numbers above, by the thresholds that the sweep began with. `not known` is an
# answer: these years do not say.

# %%
run.save_table(
    "answers",
    pd.DataFrame([(a.question, a.word, a.sentence) for a in answers]).set_axis(
        ["question", "answer", "why"], axis=1
    ),
)
render.key_values(closing)

# %%
render.parameters_here()
