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
# # One cell of a sweep
#
# **Question**  How does one strategy do on one data set, over a grid of its parameters?
#
# **Reads**  `dataset`, a name that `peaklib.data.load` knows
#
# **Writes**  the run in `run_dir`: table `trials`, metrics of the best trial and of the benchmark
#
# **Answer**  in the last cell

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
strategy: str = "sma_crossover"  # see `peak strategies list`
dataset: str = "sp500"  # see `peak data list`
period: str = ""  # part of the data, as in 2001-01-01/2010-12-31; empty: all of it
grid: dict = {"fast": [10, 20, 50], "slow": [100, 150, 200]}  # axis to its values
where: str = "fast < slow"  # condition between axes; empty: none
fill: str = "next_open"  # or "close": filled at the price that decides (optimistic)
lag: int = 1  # bars from decision to fill
costs: dict = {"fees_bps": 5.0, "slippage_bps": 5.0}  # a side; names as in backtest.Terms
benchmark: str = "buy_and_hold"  # strategy to compare with
warmup: int = 0  # bars that indicators see and nothing is measured on; a sweep sets its longest
split: str = ""  # date on which out of sample begins, for the columns is_ and oos_; empty: none
seed: int = 7  # nothing here is random; kept for the record

# %%
import pandas as pd

from peaklib import evidence, render
from peaklib.sweep import evaluate_cell, heatmap_of

run = evidence.attach(run_dir)
cell = evaluate_cell(
    run,
    dataset=dataset,
    strategy=strategy,
    grid=grid,
    where=where,
    fill=fill,
    lag=lag,
    costs=costs,
    benchmark=benchmark,
    period=period,
    warmup=warmup,
    split=split,
)
trials, hold = cell.trials, cell.hold

# %% [markdown]
# ## Result

# %%
figure = heatmap_of(
    cell,
    ["sharpe", "cagr", "max_dd"],
    title=f"{strategy} on {dataset}, {len(trials)} trials",
    subtitle=f"After costs, in sample, compared with {benchmark}",
)
if figure is not None:
    run.save_figure("heatmap", figure)
figure

# %%
best = trials.sort_values("sharpe", ascending=False, kind="stable")
shown = [*cell.params, "sharpe", "ret", "max_dd", "n_trades"]
render.table(
    best[shown].head(10).reset_index(drop=True),
    caption=f"Best of {len(trials)} trials by Sharpe ({trials.attrs['trials']}), in sample",
)

# %% [markdown]
# ## Data check

# %%
quality = cell.data["quality"]
opens = quality["open_equals_previous_close"]
render.table(
    pd.DataFrame(
        {
            "check": ["first bar", "last bar", "bars", "opens equal to the previous close"],
            "found": [
                cell.conventions["start"],
                cell.conventions["end"],
                f"{cell.conventions['n_bars']:,}",
                "–" if opens is None else f"{opens:.0%}",
            ],
        }
    ),
    caption=f"{dataset}: {cell.data['source']}",
)

# %% [markdown]
# ## Limits
#
# Every number here is in sample, and the best of many trials flatters itself. Opens of old index
# data often repeat the previous close, so that "filled at the next open" is partly a fiction.

# %%
above = int((trials["sharpe"] > hold["sharpe"]).sum())
print(
    f"{above} of {len(trials)} trials have a Sharpe above {benchmark} ({hold['sharpe']:.2f}); "
    f"the best has {best['sharpe'].iloc[0]:.2f}. In sample only: this is no verdict."
)
