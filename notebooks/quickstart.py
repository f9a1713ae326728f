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
# # Ten minutes with peaklib
#
# **Question**  What does it take to get from real prices to an honest first look at a rule?
#
# **Reads**  `dataset`, which ships with a dependency: no network, no key   **Writes**  nothing
#
# **Answer**  in the last cell

# %% tags=["parameters"]
dataset: str = "sp500"  # see `peak data list`
fast: int = 20  # window of the fast average, bars
slow: int = 50  # window of the slow average, bars
fees_bps: float = 10.0  # cost of traded notional a side, basis points

# %% [markdown]
# ## Load
#
# A data set knows where it comes from and what is wrong with it.

# %%
from peaklib import render
from peaklib.backtest import run_backtest, run_grid
from peaklib.data import load

data = load(dataset)
data

# %%
render.table(data.quality().to_frame(), caption=f"{data.name}, {data.meta.source}")

# %% [markdown]
# ## One strategy
#
# A target decided at the close is filled at the next open. The result carries its conventions.

# %%
result = run_backtest("sma_crossover", data, {"fast": fast, "slow": slow}, fees_bps=fees_bps)
hold = run_backtest("buy_and_hold", data, fees_bps=fees_bps)
result

# %%
render.equity_and_drawdown(
    {
        f"sma {fast} / {slow}": result.curve,
        "hold": hold.curve,
    },
    periods=[render.Period("in_sample", data.frame.index[0], data.frame.index[-1], "looked at")],
    log=True,
    title=f"Moving averages {fast} and {slow} on {data.name}",
    subtitle="Growth of 1 after costs",
)

# %%
trades = result.trades[["entry_time", "exit_time", "side", "bars_held", "return"]]
render.table(trades.tail(5).reset_index(drop=True), caption="Last five round trips")

# %% [markdown]
# ## One grid
#
# Every combination is one trial. Outside a run nobody counts them: the label says so.

# %%
grid = {"fast": [5, 10, 20, 30, 50], "slow": [50, 100, 150, 200, 250]}
trials = run_grid("sma_crossover", data, grid, where="fast < slow", fees_bps=fees_bps)
best = trials.sort_values("sharpe", ascending=False, kind="stable")
render.table(
    best[["fast", "slow", "sharpe", "ret", "max_dd", "n_trades"]].head(5).reset_index(drop=True),
    caption=f"Best of {len(trials)} trials ({trials.attrs['trials']})",
)

# %% [markdown]
# ## One heatmap

# %%
sharpe = trials.pivot(index="slow", columns="fast", values="sharpe") - hold.metrics["sharpe"]
chosen = (int(best["fast"].iloc[0]), int(best["slow"].iloc[0]))
render.heatmap(
    [render.Panel(sharpe.round(6), "sharpe_diff", "Sharpe minus hold", "same as hold")],
    x_label="fast window, bars",
    y_label="slow window, bars",
    chosen=chosen,
    period=render.Period("in_sample", data.frame.index[0], data.frame.index[-1]),
    title="The best cell was chosen here, so it proves nothing yet",
    subtitle=f"In sample, {len(trials)} trials, after costs",
)

# %%
above = int((trials["sharpe"] > hold.metrics["sharpe"]).sum())
print(
    f"{above} of {len(trials)} pairs have a higher Sharpe than holding, in sample. Whether any of "
    "it survives unseen data is another question. To have trials counted, run `peak sweep`."
)
