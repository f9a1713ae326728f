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
# # Heatmaps of a sweep
#
# **Question**  Where on each grid is the result good, how sure is each cell, and would the same
# parameters have been chosen again?
#
# **Reads**  the runs of the sweep `sweep_run`
#
# **Writes**  the run in `run_dir`: tables `peaks`, `windows`, `walks`; `peak sweeps page heatmaps`
# renders the page
#
# **Answer**  one sentence under each section, computed

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
sweep_run: str = ""  # id of the sweep's own run; empty: a preview of `config`, computed here
as_of: int = 0  # lines of the ledger that were there; nothing here depends on later ones
config: str = "configs/sweeps/quick.toml"  # what a preview computes
first_metric: str = "sharpe"  # of the first heatmap
second_metric: str = "cagr"  # of the second; the third is always the largest drawdown
x: str = ""  # parameter from left to right; empty, or where a strategy lacks it: its first
y: str = ""  # parameter from bottom to top; likewise
most_cells: int = 5000  # a heatmap of more cells has no intervals
train_years: int = 3  # that a rolling choice looks back
embargo_bars: int = 0  # between the bars that choose and those that judge
seed: int = 7  # of all draws

# %%
import pandas as pd
from IPython.display import display

from peaklib import evidence, render
from peaklib.strategies import get
from peaklib.sweep import (
    best_of,
    cite,
    correlations,
    data_sets,
    limits_of,
    preview,
    read_results,
    with_drawdown,
)
from peaklib.sweep.review.examination import thresholds_of
from peaklib.sweep.stories import (
    best_figure,
    check_asked,
    grounds_of,
    map_ends,
    map_of,
    maps_words,
    peaks_table,
    peaks_words,
    ranks_figure,
    walks_figure,
    walks_of,
    walks_rows,
    walks_words,
    windows_of,
    windows_table,
    windows_words,
    with_axes,
)

run = evidence.attach(run_dir)
results = read_results(sweep_run) if sweep_run else preview(config)
check_asked(results, [first_metric, second_metric], [x, y])
best = best_of(results)
cite(run, results, best)
thresholds = thresholds_of(results)
grounds = grounds_of(results, thresholds, embargo_bars=embargo_bars)
metrics = with_drawdown([first_metric, second_metric])
limits = limits_of(results, metrics)
under = f"under {results.scenario} costs" if results.scenario else "after costs"
render.key_values(
    [
        ("Question of the sweep", results.config.question),
        ("Sweep", f"{results.name}, {results.n_trials:,} trials in {len(results.cells)} cells"),
        ("Run", results.run_id or "preview, not recorded"),
        ("Data", data_sets(results)),
        ("Costs", f"the maps are {under}; choices are never made by costs"),
    ]
)

# %% [markdown]
# ## The grids
#
# Each strategy on each data set, in sample. A colour means the same number in every figure, blue is
# better than holding and orange worse. Point at a cell: where its interval holds 0, the cell cannot
# be told from holding. The best trial is outlined, and the line around it is its plateau. Each
# interval stands for itself: of 100 cells that are as good as holding, five look better on average
# by their interval alone, and the best of all was picked.

# %%
known = []
for ground in grounds:
    for cell in ground.cells:
        shown = with_axes(cell, x, y)
        ends = map_ends(results, shown, metrics, thresholds, most_cells=most_cells, seed=seed)
        known.append(ends)
        figure = map_of(
            shown,
            metrics,
            thresholds,
            ends=ends,
            limits=limits,
            title=" · ".join(cell.label.values()),
            subtitle=f"{len(cell.trials):,} trials, in sample, after costs",
        )
        if figure is not None:
            display(figure)

# %%
render.note(maps_words(known, thresholds.intervals.level))

# %% [markdown]
# ## Peak or plateau
#
# A lone peak is luck more often than a good trial among good ones. `peak` is the best trial,
# `plateau` the one whose neighbours are best (by the lower of its own Sharpe and their median). The
# last column puts both to the test: chosen on the first half of the days, measured on the second.

# %%
peaks = peaks_table(grounds)
run.save_table("peaks", peaks)
kept = f"keep {100 * thresholds.plateau.keep:g} %"
render.table(
    peaks.rename(
        columns={"neighbours_median": "sharpe, median around", "kept": "share, near as good"}
    ).round(6),
    caption=f"The best trial and the best neighbourhood; near as good: neighbours that {kept}",
    fold=20,
) if len(peaks) else render.note("No grid of this sweep has neighbours.")

# %%
render.note(peaks_words(peaks))

# %% [markdown]
# ## What moves what
#
# Blue: a larger value of the parameter goes with a larger metric. A row of near-white cells is a
# parameter that does not matter. Max drawdown is negative, so blue means a smaller loss there.

# %%
correlations(
    results.base,
    title="Rank correlation of parameters and metrics",
    subtitle="Spearman, over the trials of each cell under the first cost scenario, in sample",
)

# %% [markdown]
# ## Would the same parameters be best again?
#
# The best trial of each half-year, and of each year (which rolls on by half of one). A real effect
# has a best value that stays about where it is; noise jumps from one end of the axis to the other.

# %%
ground, field = next(
    (ground, field) for ground in grounds for cell, field in ground.parts() if cell is best.cell
)
windows = windows_of(ground, field)
name = " · ".join(best.cell.label.values())
for axis in best.cell.params[:2]:
    figure = best_figure(
        windows,
        axis,
        unit=get(best.cell.trials.attrs["strategy"]).parameters[axis].unit,
        title=f"Best {axis} in each half-year and year: {name}",
        subtitle="Of all trials of the cell with the best trial, by Sharpe in the window",
    )
    display(figure if figure is not None else render.note(f"No window has a best {axis}."))

# %%
figure = ranks_figure(
    windows,
    title=f"Does the ranking last? {name}",
    subtitle=(
        "Rank correlation of all trials' Sharpe with the next window that shares no day; at 0, "
        "one says nothing about the other"
    ),
)
figure if figure is not None else render.note("Too few windows for a rank correlation.")

# %%
stability = windows_table(grounds)
run.save_table("windows", stability)
render.table(
    stability.rename(columns={"moved": "share, moved", "in_top": "share, best overall in top"})
    .rename(columns={"rank_rho": "rho, next window"})
    .round(6),
    caption="Different best points, their way on the longest axis, and how the ranking lasts",
    fold=20,
) if len(stability) else render.note("Too few years to look at windows.")

# %%
render.note(windows_words(stability))

# %% [markdown]
# ## Choosing again and again
#
# For each strategy one account, which at the start of each period takes up what was best before:
# on all days so far (anchored), or on the last years only (rolling). An embargo lies between the
# days that choose and those that judge, and every switch is paid for. All curves start at 1 where
# the first choice is followed; these days were unseen by it.

# %%
rows = []
for ground in grounds:
    for cell, field in ground.parts():
        walks = walks_of(ground, [field], train_years=train_years, seed=seed)
        rows += walks_rows(walks, cell.label)
        what = " · ".join(cell.label.values())
        if walks is None:
            display(render.note(f"{what}: {walks_words(None)}"))
            continue
        display(
            walks_figure(
                walks,
                title=f"Chosen on the past only: {what}",
                subtitle=f"After costs, {embargo_bars} bars of embargo; ▲ anchored choices",
            )
        )
        display(render.note(f"**{what}**  {walks_words(walks)}"))

# %%
walked = pd.DataFrame(rows)
run.save_table("walks", walked)
render.table(
    walked.drop(columns=["hold_max_dd", "choices"]).round(6),
    caption="Sharpe on unseen days, its difference to hold with the ends of its interval",
    fold=20,
) if len(walked) else render.note("No strategy could be walked forward.")

# %% [markdown]
# ## Limits
#
# - The maps are in sample: their best cell was picked among all. The report of the sweep says what
#   is left of it, the page `robustness` asks further.
# - Intervals are by stationary bootstrap, one for each cell; no interval here knows of the search.
# - Half-years hold some 125 days: a Sharpe measured on so few is mostly noise, so is its ranking.

# %%
render.parameters_here()
