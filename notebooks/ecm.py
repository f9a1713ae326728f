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
# # Armstrong's wave, tested
#
# **Question**  Does Armstrong's Economic Confidence Model say anything about this series?
#
# **Reads**  `dataset`, a name that `peaklib.data.load` knows
#
# **Writes**  the run in `run_dir`: tables `phases` and `turns`, one trial, figures `price`,
# `accounts` and `phases`, and among the inputs the feature `ecm` with its cache key
#
# **Answer**  in the last cell

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
dataset: str = "sp500"  # see `peak data list`
rule: str = "armstrong"  # date of a decimal year in tables and figures; or "elapsed"
window_days: int = 30  # days before and after a turning point that are looked at, at most 365
n_phases: int = 500  # random phases that the model's own is compared with, at most 3140
down: float = 0.0  # position while the wave falls, -1 … 0
fees_bps: float = 5.0  # cost of traded notional a side, basis points
slippage_bps: float = 5.0  # what the price moves against the order, basis points
seed: int = 7  # draws the random phases

# %%
import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from peaklib import evidence, render
from peaklib.backtest import run_backtest, run_grid
from peaklib.data import load
from peaklib.features import FeaturePipeline, FeatureSpec
from peaklib.features.cycles import ANCHOR, HALF, RULES, locate, turning_points
from peaklib.features.places import project_cache, project_registry

WAVE_DAYS = 3141  # 8.6 years in whole days, the longest shift of the strategy

run = evidence.attach(run_dir)
data = load(dataset)
run.use(data)
close, index = data.frame["close"], data.frame.index
first, last = index[0], index[-1]
n_waves = (last - first) / pd.Timedelta(days=WAVE_DAYS)

# %% [markdown]
# The model has confidence move in waves of 8.6 years, with highs at 1989.95, 1998.55, 2007.15,
# 2015.75 and so on, and lows half-way between them. It is folklore: nothing but its author's word
# stands behind it. What can be asked is whether *these* dates do better than the same wave begun
# on any other day.
#
# ## Data check

# %%
render.table(
    data.quality().to_frame(),
    caption=f"{data.name}, {data.meta.source}: {n_waves:.1f} waves of 8.6 years",
)

# %% [markdown]
# ## Result: the dates on the price
#
# Solid lines are the model's highs, dotted ones its lows. From a dotted line to the next solid one
# the wave rises.

# %%
turns = pd.DataFrame(
    {name: turning_points(first.year, last.year, span=HALF, rule=name) for name in RULES}
)
number = locate(pd.DatetimeIndex(turns[rule]), HALF, rule).number
turns.insert(0, "decimal year", (ANCHOR + HALF * number) / 100)
turns.insert(1, "turn", np.where(number % 2, "low", "high"))
turns = turns[turns[rule].between(first, last)].reset_index(drop=True)

thin = close.iloc[:: math.ceil(len(close) / 1000)]
price = go.Figure(
    go.Scatter(
        x=[f"{stamp:%Y-%m-%d}" for stamp in thin.index],
        y=[float(f"{value:.6g}") for value in thin],
        mode="lines",
        line={"width": 1.3, "color": render.LIGHT.ink},
        hovertemplate="%{x}<br>%{y}<extra></extra>",
    )
)
for turn in turns.itertuples():
    high = turn.turn == "high"
    price.add_vline(
        x=f"{turns[rule][turn.Index]:%Y-%m-%d}",
        line={"color": render.LIGHT.muted, "width": 1.5, "dash": "solid" if high else "dot"},
    )
    price.add_annotation(
        x=f"{turns[rule][turn.Index]:%Y-%m-%d}",
        y=1,
        yref="paper",
        yanchor="bottom",
        text=f"{turn.turn} {turns['decimal year'][turn.Index]:.2f}",
        showarrow=False,
        font_size=12,
    )
ticks = np.outer(10.0 ** np.arange(-6, 9), [1, 1.5, 2, 3, 5, 7]).ravel().round(9)
ticks = ticks[(ticks >= close.min()) & (ticks <= close.max())]
price.update_yaxes(
    type="log",
    title_text="close, logarithmic",
    tickvals=ticks.tolist(),
    ticktext=[f"{tick:,g}" for tick in ticks],
)
price.update_layout(height=360)
n_highs = int((turns["turn"] == "high").sum())
render.give_title(
    price,
    f"{n_highs} highs and {len(turns) - n_highs} lows of the model fall into these data",
    f"{data.name}, {first:%Y-%m-%d} to {last:%Y-%m-%d}; dates by the rule {rule}",
)
run.save_figure("price", price)
price

# %% [markdown]
# ## Around the turning points
#
# `before` and `after` are the returns over the days up to a turning point and behind it. The price
# should fall behind a high and rise behind a low; `by chance` is the share of all bars behind
# which it moved at least as far that way. What a decimal year means as a date makes a day or two of
# difference.

# %%
reach = pd.Timedelta(days=window_days)


def growth(stamps, until):
    """Return in percent from the close at some stamps to that at others; NaN beyond the data."""
    inside = (stamps >= first) & (until <= last)
    start, stop = (close.to_numpy()[index.searchsorted(s, "right") - 1] for s in (stamps, until))
    return np.where(inside, 100 * (stop / start - 1), np.nan)


at = pd.DatetimeIndex(turns[rule])
turns["before"] = growth(at - reach, at)
turns["after"] = growth(at, at + reach)
sign = np.where(turns["turn"] == "low", 1, -1)
usual = growth(index, index + reach)
usual = usual[~np.isnan(usual)]
turns["by chance"] = [
    100 * (way * usual >= way * after).mean() if not np.isnan(after) else np.nan
    for way, after in zip(sign, turns["after"], strict=True)
]
run.save_table("turns", turns.assign(**{name: turns[name].astype("string") for name in RULES}))
measured = int(turns["after"].notna().sum())
as_said = int((sign * turns["after"] > 0).sum())
shown = turns.assign(
    **{name: turns[name].dt.strftime("%Y-%m-%d") for name in RULES},
    **{name: turns[name].round(6) for name in ("before", "after", "by chance")},
    **{"decimal year": [f"{year:.2f}" for year in turns["decimal year"]]},
)
render.table(
    shown,
    caption=f"{len(turns)} turning points, {window_days} days on each side: far too few to average",
    units=dict.fromkeys(("before", "after", "by chance"), "%"),
) if len(turns) else render.note("No turning point of the model falls into these data.")

# %% [markdown]
# The feature `ecm` marks the days around the highs. Their returns beside all others:

# %%
pipeline = FeaturePipeline(
    [FeatureSpec("ecm", params={"rule": rule, "window": window_days})],
    cache=project_cache() if run.recorded else None,
    registry=project_registry() if run.recorded else None,
)
turning = pipeline.fit_transform(data)["ecm_turning"].to_numpy()[1:] == 1
pipeline.record(run, data)
steps, a_year = np.diff(np.log(close.to_numpy())), data.meta.bars_per_year
groups = {f"within {window_days} days of a high": steps[turning], "all others": steps[~turning]}
render.table(
    pd.DataFrame(
        {
            "bars that are": list(groups),
            "n_bars": [len(part) for part in groups.values()],
            "log return a year": [
                round(100 * a_year * part.mean(), 6) if part.size else np.nan
                for part in groups.values()
            ],
            "vol": [
                round(part.std(ddof=1) * a_year**0.5, 6) if part.size > 1 else np.nan
                for part in groups.values()
            ],
        }
    ),
    caption=f"Log returns near {n_highs} highs and elsewhere; {a_year:g} bars a year",
    units={"log return a year": "%"},
)

# %% [markdown]
# ## As a strategy
#
# `ecm_cycle` is long while the wave rises, by default flat while it falls. For research only.

# %%
costs = {"fees_bps": fees_bps, "slippage_bps": slippage_bps}
model = run_backtest("ecm_cycle", data, {"down": down}, **costs)
hold = run_backtest("buy_and_hold", data, **costs)
if model.ruined:
    accounts = render.note("**ecm_cycle lost everything it had**: there is no curve to draw.")
else:
    final, held = model.equity.iloc[-1], hold.equity.iloc[-1]
    accounts = render.equity_and_drawdown(
        {"ecm_cycle": model.curve, "hold": hold.curve},
        periods=[render.Period("in_sample", first, last, "looked at")],
        log=True,
        title=f"ecm_cycle ends at ×{final:.2f}, hold at ×{held:.2f}",
        subtitle=f"Growth of 1 after {fees_bps:g} + {slippage_bps:g} bp a side, cash earns nothing",
    )
    run.save_figure("accounts", accounts)
accounts

# %% [markdown]
# ## Against random phases
#
# The same strategy with its whole calendar moved to earlier dates by a random number of days. If
# the model knows something, few of these arbitrary waves do as well. A phase that is never in the
# market has a Sharpe ratio of 0. The random phases say what chance does, nobody chooses among them:
# the published one is the only trial.

# %%
generator = np.random.default_rng(seed)
shifts = np.sort(generator.choice(np.arange(1, WAVE_DAYS), n_phases, replace=False))
grid = {"shift_days": [0, *shifts.tolist()], "down": [down]}
run.log_trials(run_grid("ecm_cycle", data, {"shift_days": [0], "down": [down]}, **costs))
trials = run_grid("ecm_cycle", data, grid, **costs)
run.save_table("phases", trials)
sharpe = trials["sharpe"].fillna(0.0)
own, others = float(sharpe.iloc[0]), sharpe.iloc[1:]
as_good = int((others >= own).sum())
p_value = (1 + as_good) / (1 + len(others))
hold_sharpe = float(np.nan_to_num(hold.metrics["sharpe"]))

# %%
phases = make_subplots(
    cols=2, shared_yaxes=True, column_widths=[0.72, 0.28], horizontal_spacing=0.02
)
phases.add_scatter(
    x=trials["shift_days"].iloc[1:].tolist(),
    y=[float(f"{value:.6g}") for value in others],
    mode="markers",
    marker={"size": 4, "color": render.LIGHT.muted},
    hovertemplate="%{x} days earlier<br>Sharpe %{y:.2f}<extra></extra>",
    row=1,
    col=1,
)
phases.add_scatter(
    x=[0],
    y=[float(f"{own:.6g}")],
    mode="markers",
    marker={"size": 11, "color": render.LIGHT.better},
    hovertemplate="the model<br>Sharpe %{y:.2f}<extra></extra>",
    row=1,
    col=1,
)
counts, edges = np.histogram(others.round(6), bins=24)
phases.add_bar(
    x=counts.tolist(),
    y=[float(f"{value:.6g}") for value in (edges[:-1] + edges[1:]) / 2],
    orientation="h",
    marker_color=render.LIGHT.hatch,
    hovertemplate="%{x} phases<extra></extra>",
    row=1,
    col=2,
)
lines = {
    "the model": (own, render.LIGHT.better, "solid"),
    "hold": (hold_sharpe, render.LIGHT.hold, "dash"),
}
for name, (level, colour, dash) in lines.items():
    phases.add_hline(y=float(f"{level:.6g}"), line={"color": colour, "dash": dash, "width": 1.7})
    phases.add_annotation(
        x=1,
        xref="paper",
        y=float(f"{level:.6g}"),
        text=f"{name} {render.format_metric('sharpe', level)}",
        showarrow=False,
        xanchor="left",
        xshift=6,
        font_color=colour,
    )
phases.update_xaxes(title_text="days by which the wave comes earlier", col=1)
phases.update_xaxes(title_text="phases", col=2)
phases.update_yaxes(title_text="Sharpe ratio", col=1)
phases.update_layout(height=380, bargap=0.1, margin_r=120)
render.give_title(
    phases,
    f"{as_good} of {len(others)} arbitrary phases do at least as well as the model's",
    f"Sharpe of ecm_cycle on {data.name} after costs, by phase",
)
run.save_figure("phases", phases)
phases

# %%
middle = trials.iloc[1:].fillna({"sharpe": 0.0}).quantile([0.05, 0.5, 0.95], numeric_only=True)
names = ["sharpe", "cagr", "vol", "max_dd", "exposure"]
render.table(
    pd.DataFrame(
        [
            {"account": "the model's phase", **{n: model.metrics[n] for n in names}},
            *(
                {"account": f"{word} of the phases", **{n: middle.loc[q, n] for n in names}}
                for q, word in ((0.05, "5 % quantile"), (0.5, "median"), (0.95, "95 % quantile"))
            ),
            {"account": "hold", **{n: hold.metrics[n] for n in names}},
        ]
    ).round(6),
    caption=f"The model, {len(others)} random phases (each column by itself) and hold",
)

# %% [markdown]
# ## Limits
#
# - A wave of 8.6 years turns a handful of times in any series of prices there is. Neighbouring
#   phases hold nearly the same days, so the phases above are few independent ones, and a small
#   share of better ones would prove nothing either. Two indices of one country are one sample.
# - Random phases answer whether the dates matter for this series, not whether the model was made
#   before the data. When its dates were first published was not checked.
# - A series that rose most of the time pays whoever is in the market: phases differ in how long
#   they are, and the Sharpe ratio allows for that in part only.
# - The strategy takes its dates by the rule `armstrong`. The other one moves them by a day or two.

# %%
run.log_metrics(
    {
        "sharpe": own,
        "hold_sharpe": hold_sharpe,
        "p_value": p_value,
        "n_phases": len(others),
        "n_turns": len(turns),
        "n_as_said": as_said,
        "n_waves": float(n_waves),
    }
)
unusual = p_value <= 0.05
print(
    f"On {data.name}, ecm_cycle has a Sharpe ratio of {own:.2f}, hold one of {hold_sharpe:.2f}. "
    f"Of {len(others)} arbitrary phases, {as_good} do at least as well (p = {p_value:.2f}): "
    + (
        "fewer than one in twenty. "
        if unusual
        else "that is not rare enough to set the published dates apart. "
    )
    + f"The price moved as the model says behind {as_said} of {measured} turning points. "
    f"With {n_waves:.1f} waves in the data "
    + ("even that proves nothing." if unusual else "nothing could be proved anyway.")
    + " Whether the model says anything remains unknown; this is no reason to use it."
)
