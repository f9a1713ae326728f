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
# # A gallery of features
#
# **Question**  What do the features look like, and how much memory does a stationary price keep?
#
# **Reads**  `dataset`, a name that `peaklib.data.load` knows
#
# **Writes**  the run in `run_dir`: tables `columns`, `orders`, `doubles`, figures `gallery`,
# `memory`, `alike`, and among the inputs the list of features with their cache keys
#
# **Answer**  in the last cell

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
dataset: str = "sp500"  # see `peak data list`
train_share: float = 0.6  # first part of the bars, on which everything is learned
significance: float = 0.05  # largest p-value that counts as stationary
step: float = 0.05  # distance between the orders of differencing that are tried
threshold: float = 1e-4  # a window of differencing ends before the first smaller weight
alike: float = 0.9  # rank correlation, up or down, from which one column doubles another
seed: int = 7  # nothing here is random; kept for the record

# %%
from itertools import pairwise
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from peaklib import evidence, render
from peaklib.data import load
from peaklib.features import FeaturePipeline, FeatureSpec, installed, stationarity_by_d
from peaklib.features.fracdiff import adf
from peaklib.features.places import project_cache, project_registry

run = evidence.attach(run_dir)
data = load(dataset)
run.use(data)
bars = data.frame
n_train = int(train_share * len(bars))
train, first_unseen = bars.iloc[:n_train], bars.index[n_train]

# %% [markdown]
# ## Data check
#
# A feature is no better than the bars below it.

# %%
render.table(data.quality().to_frame(), caption=f"{data.name}, {data.meta.source}")

# %% [markdown]
# ## Result: the gallery
#
# Every built-in feature that finds its columns in these data. What a feature learns (a scale, a
# regime, an order of differencing) it learns on the first part alone. One lane a column, in
# deviations of the training part from its mean there, cut at 3. A lane in orange and bold moved
# away: its mean over the later bars lies more than one such deviation off. A line goes through the
# lowest and the highest value of each of 180 equal stretches of time.

# %%
order = {"threshold": threshold}
search = {**order, "significance": significance, "step": step}
chosen = {"fractional_difference": order, "stationary_difference": search}
there = {*bars.columns, "time"}
specs = [
    FeatureSpec(name, found.version, chosen.get(name, {}))
    for name, found in installed().items()
    if found.function.__module__.startswith("peaklib.") and there.issuperset(found.inputs)
]
pipeline = FeaturePipeline(
    specs,
    cache=project_cache() if run.recorded else None,
    registry=project_registry() if run.recorded else None,
)
table = pipeline.fit(train).transform(data)
pipeline.record(run, data)

seen, unseen = table.iloc[:n_train], table.iloc[n_train:]
columns = pd.DataFrame(
    {
        "warm_up": table.isna().sum(),
        "train_mean": seen.mean(),
        "train_std": seen.std(ddof=0),
        "later_mean": unseen.mean(),
        "later_std": unseen.std(ddof=0),
    }
).rename_axis("column")
noise = columns["train_mean"].abs() < 1e-9 * columns["train_std"]
columns.loc[noise, "train_mean"] = 0.0
varies = columns["train_std"] > 1e-12 * columns["train_mean"].abs()
scale = columns["train_std"].where(varies)
columns["shift"] = (columns["later_mean"] - columns["train_mean"]) / scale
columns["spread"] = columns["later_std"] / scale
run.save_table("columns", columns.reset_index())
lanes = [name for name in table if varies[name]]
moved = columns["shift"].abs() > 1

# %%
PLACES = 180  # stretches of time, of which a lane keeps both extremes in the order they came
places = pd.date_range(bars.index[0], bars.index[-1], periods=PLACES + 1)
edges = [*bars.index.searchsorted(places[:-1]), len(bars)]


def thinned(values):
    """Two values for each place, None where it holds none."""
    points = []
    for start, stop in pairwise(edges):
        part = values[start:stop][~np.isnan(values[start:stop])]
        ends = sorted((part.argmin(), part.argmax())) if part.size else []
        points += part[ends].tolist() or [None, None]
    return points


scores = ((table - columns["train_mean"]) / scale).clip(-3, 3)
days = [f"{stamp:%Y-%m-%d}" for stamp in (bars.index[0], bars.index[-1])]
gallery = go.Figure()
# The frame of dates; the lanes below start at its left end and go on in equal steps.
gallery.add_scatter(x=days, y=[-1, -1], mode="lines", line_width=0, hoverinfo="skip")
for lane, name in enumerate(lanes):
    offset = [None if z is None else round(z / 7 - lane, 3) for z in thinned(scores[name].values)]
    gallery.add_scatter(
        x0=days[0],
        dx=round((bars.index[-1] - bars.index[0]) / pd.Timedelta("1ms") / (2 * PLACES)),
        y=offset,
        mode="lines",
        connectgaps=True,
        line={"width": 0.8, "color": render.LIGHT.worse if moved[name] else render.LIGHT.ink},
        name=name,
        hovertemplate=f"{name}<extra></extra>",
    )
names = [f"<b>{name}</b>" if moved[name] else name for name in lanes]
gallery.update_yaxes(
    tickvals=[-lane for lane in range(len(lanes))],
    ticktext=names,
    range=[-len(lanes) + 0.4, 0.6],
    tickfont_size=12,
    ticklabelstandoff=6,
)
gallery.update_layout(height=24 * len(lanes) + 80, margin={"l": 210, "t": 8, "b": 36})
render.split(gallery, first_unseen.tz_localize(None), notes=("learned here", "later bars"))
render.give_title(
    gallery,
    f"{int(moved.sum())} of {len(lanes)} columns moved away from where they were learned",
    f"{data.name}, {len(specs)} features; each lane in deviations of its training part, ±3",
)
run.save_figure("gallery", gallery)
gallery

# %% [markdown]
# The same as numbers, those that moved most first. `warm_up` counts the bars at the start without
# a value, `shift` is the change of the mean in training deviations, `spread` the later deviation
# as a multiple of the one in training.

# %%
listed = columns.sort_values("shift", key=abs, ascending=False, kind="stable").reset_index()
render.table(
    pd.DataFrame(
        {
            "column": listed["column"],
            "warm_up": listed["warm_up"],
            **{
                f"{part}, mean ± deviation": [
                    f"{mean:.3g} ± {std:.3g}"
                    for mean, std in zip(listed[f"{part}_mean"], listed[f"{part}_std"], strict=True)
                ]
                for part in ("train", "later")
            },
            "shift": listed["shift"].round(6),
            "spread": listed["spread"].round(6),
        }
    ),
    caption=f"{len(columns)} columns; training is {days[0]} to {train.index[-1]:%Y-%m-%d}",
    units={"warm_up": "bars"},
)

# %%
still = [name for name in table if not varies[name]]
render.note(
    f"Not drawn, as they do not vary on the training bars: {', '.join(still)}."
    if still
    else "All columns vary on the training bars."
)

# %% [markdown]
# ## Stationarity against memory
#
# The log price remembers and wanders; its returns (order 1) stay put and have forgotten. An order
# in between gives up as little memory as the test asks for. Both panels are of the training bars:
# the correlation with the log price itself, and the p-value of the augmented Dickey–Fuller test,
# whose null hypothesis is that the series wanders.

# %%
learned = pipeline.states_["stationary_difference"]
d = learned["d"]
log_price = np.log(bars["close"].to_numpy())
tried = [round(k * step, 10) for k in range(int(1 / step + 1e-9) + 1)]
orders = stationarity_by_d(log_price[:n_train], sorted({*tried, d, 1.0}), threshold)
run.save_table("orders", orders)
at_d = orders.loc[orders["d"] == d].iloc[0]
at_one = orders.loc[orders["d"] == 1.0].iloc[0]

FLOOR = 1e-6  # p-values below are drawn here
memory = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.1)
lines = {"correlation": orders["correlation"], "p-value": orders["p_value"].clip(lower=FLOOR)}
for row, (name, values) in enumerate(lines.items(), start=1):
    memory.add_scatter(
        x=orders["d"].tolist(),
        y=[float(f"{value:.6g}") for value in values],
        mode="lines+markers",
        line={"width": 1.7, "color": render.LIGHT.ink},
        marker_size=5,
        hovertemplate=f"d %{{x}}<br>{name} %{{y:.3g}}<extra></extra>",
        row=row,
        col=1,
    )
    memory.add_vline(x=d, line={"color": render.LIGHT.better, "width": 1.5}, row=row, col=1)
memory.add_hline(y=significance, line={"color": render.LIGHT.hold, "dash": "dot"}, row=2, col=1)
memory.add_annotation(
    x=d, y=0, text=f"d = {d:g}", showarrow=False, xanchor="left", xshift=6, row=1, col=1
)
memory.add_annotation(
    x=1, y=np.log10(significance).round(6), text=f"{significance:g}", showarrow=False, row=2, col=1
)
memory.layout.annotations[-1].update(yanchor="bottom", font_color=render.LIGHT.muted)
memory.update_yaxes(title_text="correlation", range=[-0.05, 1.05], row=1, col=1)
memory.update_yaxes(
    title_text="p-value",
    type="log",
    tickvals=[1, 0.01, 0.0001, FLOOR],
    ticktext=["1", "0.01", "0.0001", f"≤ {FLOOR:g}"],
    row=2,
    col=1,
)
memory.update_xaxes(title_text="order of differencing d", row=2, col=1)
memory.update_layout(height=420, margin_l=84)
passed = bool(learned["passed"])
render.give_title(
    memory,
    f"d = {d:g} passes and keeps a correlation of {at_d['correlation']:.2f}"
    if passed
    else f"No order up to {d:g} passes the test",
    f"Log price of {data.name}, training bars; {len(orders)} orders, weights ≥ {threshold:g}",
)
run.save_figure("memory", memory)
memory

# %% [markdown]
# An order that was searched on some bars may fail on others. The same order on the later bars,
# its window reaching back into the training part as it would in use:

# %%
price_later, difference = log_price[n_train:], unseen["stationary_difference"].to_numpy()
later = {"p_value": adf(difference)[1], "correlation": np.corrcoef(difference, price_later)[0, 1]}
holds = later["p_value"] <= significance
render.table(
    pd.DataFrame(
        {
            "bars": ["training", "training", "later"],
            "d": [f"{d:g}", "1", f"{d:g}"],
            "p_value": [at_d["p_value"], at_one["p_value"], later["p_value"]],
            "rho": [at_d["correlation"], at_one["correlation"], later["correlation"]],
            "window": [
                f"{bars_before + 1:,} bars"
                for bars_before in (
                    int(columns["warm_up"]["stationary_difference"]),
                    1,
                    int(columns["warm_up"]["stationary_difference"]),
                )
            ],
        }
    ),
    caption="p-value of the test, and rho: correlation with the log price over the same bars",
)

# %% [markdown]
# ## Which columns say the same
#
# Rank correlations on the training bars. Going through the alphabet, a column is kept unless it
# runs (up or down) with one that is kept already; drawn are the doubles and what they double.

# %%
rho = seen[lanes].corr(method="spearman")
kept, doubles = [], []
for name in lanes:
    twin = rho.loc[name, kept].abs().idxmax() if kept else None
    if twin is not None and abs(rho.loc[name, twin]) >= alike:
        doubles.append((name, twin, round(rho.loc[name, twin], 6)))
    else:
        kept.append(name)
doubled = pd.DataFrame(doubles, columns=["column", "runs with", "rho"])
run.save_table("doubles", doubled)
title = f"{len(doubles)} of {len(lanes)} columns nearly repeat another one"
subtitle = f"Spearman, training bars of {data.name}; a double has at least {alike:g}, up or down"
families = [name for twin in kept for name in (twin, *doubled.query("`runs with` == @twin").column)]
drawn = [name for name in families if name in {*doubled["column"], *doubled["runs with"]}]
if drawn:
    figure = render.draw_correlations(
        rho.loc[drawn, drawn].round(6), title=title, subtitle=subtitle
    )
    run.save_figure("alike", figure)
figure if drawn else render.note(title)

# %%
render.table(doubled, caption=title, fold=6)

# %% [markdown]
# ## What the cache knows
#
# A pipeline with a cache finds what it computed before, and says why where it does not. Here in a
# folder that is thrown away: the rows, the parameters and what was learned each have a say.

# %%
changed = bars.copy()
changed.iloc[-1, changed.columns.get_loc("close")] *= 1.0001
small = ["log_return", "rsi", "volatility_regime"]
slower = ["log_return", FeatureSpec("rsi", params={"window": 15}), "volatility_regime"]
calls = [
    ("first call", small, train, bars),
    ("the same again", small, train, bars),
    ("last close changed", small, train, changed),
    ("rsi over 15 bars", slower, train, bars),
    ("learned on fewer bars", small, train.iloc[: n_train // 2], bars),
]
with TemporaryDirectory() as folder:
    told = []
    for call, wanted, learn_from, rows in calls:
        cached = FeaturePipeline(wanted, cache=folder)
        cached.fit(learn_from).transform(rows)
        told.append(cached.explain().reset_index().assign(call=call))
explained = pd.concat(told, ignore_index=True)[["call", "label", "result", "why"]]
render.table(explained, caption="`pipeline.explain()` after each call", fold=len(explained))

# %% [markdown]
# ## Limits
#
# - That a column looks lively says nothing about whether it predicts anything. No return was
#   forecast here, so nothing here is evidence for or against any feature.
# - The order is the first of several that passed, so its p-value flatters it. The test has one
#   lag and a constant, sees a break in the mean as a unit root, and orders differ in the bars
#   that their windows leave.
# - A series that keeps its correlation with the price keeps its trend too: memory is not
#   information about the next bar.
# - Default parameters throughout. Other windows give other doubles.

# %%
run.log_metrics(
    {
        "n_features": len(specs),
        "n_columns": table.shape[1],
        "n_moved": int(moved.sum()),
        "n_doubles": len(doubles),
        "d": d,
        "d_passed": int(passed),
        "is_p_value": float(at_d["p_value"]),
        "is_correlation": float(at_d["correlation"]),
        "oos_p_value": float(later["p_value"]),
        "oos_correlation": float(later["correlation"]),
    }
)
hits = int((explained["result"] == "hit").sum())
print(
    (
        f"On {data.name}, d = {d:g} is the first order whose difference of the log price passes "
        f"(p = {at_d['p_value']:.2g}); it keeps a correlation of {at_d['correlation']:.2f} with "
        f"the price, returns keep {at_one['correlation']:.2f}. "
        if passed
        else f"On {data.name}, no order up to {d:g} passes at {significance:g} on the training "
        f"bars (p = {at_d['p_value']:.2g}). "
    )
    + f"On the later bars its p-value is {later['p_value']:.2g}: "
    + ("it holds there. " if holds else "it does not hold there. ")
    + f"{len(specs)} features make {table.shape[1]} columns; {int(moved.sum())} of them moved by "
    f"more than a deviation and {len(doubles)} nearly repeat another. "
    "Whether any of them predicts anything was not asked here."
)
