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
# # Does any way of weighing beat 1/N?
#
# **Question**  Walked forward and after costs, does a method of allocation beat equal weights?
#
# **Reads**  the panel `assets`
#
# **Writes**  the run in `run_dir`: tables `verdict`, `walked`, `differences`, `returns`, `weights`,
# `contributions`, `brinson`; `peak risk report RUN --account hrp` tells the risk of one of them
#
# **Answer**  computed, at the top

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
assets: str = "stocks20"  # a panel, by name or path
compared: list = []  # methods of allocation, by name; empty: all that need no views
covariance: str = "ledoit_wolf"  # sample, ewm or ledoit_wolf
train_bars: int = 504  # returns behind each decision
rebalance: int = 63  # bars between decisions
fees_bps: float = 5.0  # a side
slippage_bps: float = 5.0  # a side
shown_method: str = "hrp"  # the one whose weights and sources are drawn
seed: int = 7  # of the bootstrap
level: float = 0.9  # of all intervals together

# %%
import pandas as pd

from peaklib import evidence, render
from peaklib.data import load_panel
from peaklib.risk import (
    METHODS,
    AllocationSpec,
    attribute_drawdowns,
    brinson_fachler,
    constraints_table,
    estimate_covariance,
    profits_of_backtest,
    risk_shares,
    walk_forward_allocation,
)
from peaklib.robustness import paired_interval

run = evidence.attach(run_dir)
methods = compared or [name for name in METHODS if name not in ("equal_weight", "black_litterman")]
panel = load_panel(assets)
run.use(panel)
walked = walk_forward_allocation(
    panel,
    {name: AllocationSpec(method=name, covariance=covariance) for name in methods},
    train_bars=train_bars,
    rebalance=rebalance,
    fees_bps=fees_bps,
    slippage_bps=slippage_bps,
)
year = panel.meta.bars_per_year
# 1/N is what the others are held against, so it has the name of every benchmark.
returns = walked.returns.rename(columns={"equal_weight": "hold"})
returns = returns[[*methods, "hold"]]
# Several looks at one history: each interval is wider, so that all hold together.
each = 1 - (1 - level) / len(methods)
sure = {
    name: paired_interval(
        returns[name].to_numpy(),
        returns["hold"].to_numpy(),
        "sharpe",
        periods_per_year=year,
        level=each,
        seed=seed,
    )
    for name in methods
}

# %%
better = [name for name, found in sure.items() if found.low > 0]
worse = [name for name, found in sure.items() if found.high < 0]
best = max(sure, key=lambda name: sure[name].estimate)
top = sure[best]
verdict = (
    render.Verdict.SUPPORTED
    if better
    else render.Verdict.NOT_SUPPORTED
    if top.estimate <= 0
    else render.Verdict.INCONCLUSIVE
)
gap = render.format_metric("sharpe", abs(top.estimate))
headline = (
    f"{', '.join(better)}: Sharpe above 1/N beyond chance"
    if better
    else f"No method beats 1/N: the nearest, {best}, has a Sharpe {gap} below it"
    if top.estimate <= 0
    else f"{best} has a Sharpe {gap} above that of 1/N, which may be chance"
)
calm = walked.table["vol"].drop("equal_weight").idxmin()
sentences = [
    f"{len(methods)} methods decide every {rebalance} bars from the {train_bars} returns before; "
    f"all pay {fees_bps + slippage_bps:g} bp a side.",
    f"The calmest, {calm}, has a volatility of "
    f"{render.format_metric('vol', walked.table.loc[calm, 'vol'])} a year and fell by "
    f"{render.format_metric('max_dd', walked.table.loc[calm, 'max_dd'])}; 1/N "
    f"{render.format_metric('vol', walked.table.loc['equal_weight', 'vol'])} and "
    f"{render.format_metric('max_dd', walked.table.loc['equal_weight', 'max_dd'])}.",
    f"Beyond chance worse than 1/N: {', '.join(worse) or 'none'}.",
    *(f"Mind the {note}." for note in walked.notes if note.startswith("survivorship")),
]
facts = [
    render.Fact(
        "pass" if found.low > 0 else "fail" if found.high < 0 else "open",
        name,
        f"Sharpe minus 1/N, {100 * each:g} % interval above 0",
        f"{render.format_metric('sharpe', found.low)} to "
        f"{render.format_metric('sharpe', found.high)}",
    )
    for name, found in list(sure.items())[:5]
]
render.first_screen(
    provenance=[
        ("panel", f"{panel.name} {panel.digest[:8]}, {panel.n_assets} assets"),
        ("days", f"{returns.index[0]:%Y-%m-%d} to {returns.index[-1]:%Y-%m-%d}"),
        ("covariance", covariance),
        ("fills", walked.results["equal_weight"].conventions.terms.describe()),
    ],
    question="Walked forward and after costs, does a method of allocation beat equal weights?",
    verdict=verdict,
    headline=headline,
    sentences=sentences,
    facts=facts,
    facts_title=f"Each against 1/N; all hold together with {100 * level:g} %",
)

# %%
run.log_metrics({"bars_per_year": year, "sharpe_diff": top.estimate})
run.save_table("verdict", pd.DataFrame([{"verdict": verdict.word, "headline": headline}]))
run.save_table("returns", returns.rename_axis("time").reset_index())
render.interval_bars(
    [
        render.IntervalRow(name, "out_of_sample", found.low, found.estimate, found.high)
        for name, found in sure.items()
    ],
    x_label="Sharpe minus that of 1/N, annual",
    null_label="same as 1/N",
    title=headline,
    subtitle=f"{100 * each:g} % intervals by stationary bootstrap of the pairs, after costs; no "
    "decision saw the days that judge it",
)

# %% [markdown]
# ## What each method did

# %%
table = walked.table.reset_index()
run.save_table("walked", table)
run.save_table(
    "differences",
    pd.DataFrame(
        [(name, f.estimate, f.low, f.high, f.level) for name, f in sure.items()],
        columns=["method", "sharpe_diff", "sharpe_diff_lo", "sharpe_diff_hi", "level"],
    ),
)
render.table(table.round(9), caption="After costs; " + "; ".join(note for note in walked.notes[:2]))

# %%
start = returns.index[0] - (returns.index[1:] - returns.index[:-1]).min()
drawn = ["hold", *dict.fromkeys([shown_method, calm, best])]
wealth = (1 + returns[drawn]).cumprod()
opening = pd.DataFrame(1.0, index=pd.DatetimeIndex([start]), columns=drawn)
curves = pd.concat([opening, wealth])
render.equity_and_drawdown(
    {name: curves[name] for name in drawn},
    log=True,
    title="Growth of 1",
    subtitle="After costs, logarithmic; hold is 1/N, brought back to equal weights as often",
)

# %%
render.weights_over_time(
    walked.targets[shown_method].iloc[train_bars:],
    title=f"{shown_method}: what it holds",
    subtitle=f"Weights decided every {rebalance} bars; the largest by name",
)

# %% [markdown]
# ## Where the risk of one of them lies
#
# Its last weights, the volatility that each adds (Euler), and the assets that its difference to
# 1/N came from (Brinson and Fachler, over the last decisions, linked by Carino).

# %%
target = walked.targets[shown_method]
last = target.iloc[-1]
held = last[last != 0].sort_values(ascending=False)
past = panel.close[held.index].iloc[-train_bars - 1 :].pct_change(fill_method=None).iloc[1:]
risk = pd.Series(risk_shares(held, estimate_covariance(past, covariance)), index=held.index)
run.save_table(
    "contributions",
    pd.DataFrame({"asset": held.index, "share": held.to_numpy(), "share, of risk": risk}),
)
render.risk_against_weight(
    held,
    risk,
    title=f"{shown_method}: what each asset weighs, and what it adds to the risk",
    subtitle="Share of the wealth (hollow) and of the variance (solid) at the last decision",
)

# %%
decisions = target.index[train_bars + 1 :: rebalance][-5:]
moves = panel.close.loc[decisions].pct_change(fill_method=None).iloc[1:]
own = target.loc[decisions].iloc[:-1].set_axis(moves.index)
equal = walked.targets["equal_weight"].loc[decisions].iloc[:-1].set_axis(moves.index)
effects = brinson_fachler(own, moves, equal, moves).linked("carino")
ordered = effects.segments.reindex(
    effects.segments["total"].abs().sort_values(ascending=False, kind="stable").index
)
run.save_table("brinson", ordered.rename_axis("asset").reset_index())
render.effect_bars(
    ordered[["total"]].head(8).rename(columns={"total": "allocation"}),
    title=f"{shown_method} against 1/N, the last four decisions: "
    f"{100 * effects.active_return:+.1f} points",
    subtitle="By asset, before costs; within one asset nothing is selected, so all of it is weight",
)

# %%
profits = profits_of_backtest(walked.results[shown_method], panel)
falls = attribute_drawdowns(profits, count=5)
names = falls.contributions.iloc[0].sort_values().head(6).index
depths = falls.drawdowns[["peak", "trough", "recovery", "depth"]].rename(
    columns={"depth": "max_dd"}
)
render.table(
    depths.join(falls.contributions[names].round(9).add_prefix("share, ")).reset_index(),
    caption="Its deepest falls, and the six assets that lost most in the first; shares of the "
    "wealth at the peak",
)

# %% [markdown]
# ## What may be asked of which method
#
# `always`: the method obeys by construction. `no`: asking for it is an error. Black-Litterman needs
# views, which no data give; it is left out of the walk.

# %%
admitted = constraints_table().add_suffix(" limit").reset_index()
render.table(admitted, caption="Constraints that a method admits")

# %% [markdown]
# ## Limits
#
# - The panel holds the winners of today. That lifts every account here, 1/N among them, and no
#   difference is free of it.
# - One history of one country. An interval knows the days that were, not those that were not.
# - Adjusted closes: dividends are in them as if reinvested at once, without tax.

# %%
render.parameters_here()
