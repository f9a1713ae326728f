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
# # Market outlook
#
# **Question**  What state is this market in, how usual is that, and what came after such days?
#
# **Reads**  `datasets` (the first one is the market, the others stand beside it) and `panel`
#
# **Writes**  the run in `run_dir`: tables `days`, `spells`, `falls`, `breadth`, `assets`, `rates`,
# `correlations`, `outcomes` and `facts`, the figures, and what was asked of a model and answered
#
# **Answer**  computed: in short at the top, in full at the end. No trades and no signals.

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
datasets: list = ["sp500", "nasdaq", "wti", "vix"]  # the market first; see `peak data list`
panel: str = "stocks20"  # assets whose breadth is measured; empty: none
as_of: str = ""  # last day that is known, as in 2008-09-12; empty: the last one of the market
horizons: list = [5, 21, 63]  # trading days that are looked ahead, increasing
window: int = 20  # trading days of the realised volatility
first_days: int = 504  # that the first rule of the regimes is learned on
refit_days: int = 252  # after which it is learned anew, from all days so far
second_refit_days: int = 756  # the same for the second rule, which takes longer
average_days: int = 200  # of the average that breadth is measured against
block_days: int = 63  # mean length of a resampled stretch, no shorter than the longest horizon
resamples: int = 1000  # of each interval
seed: int = 7  # of the resamples

# %%
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from peaklib import evidence, outlook, render
from peaklib.data import load, load_panel
from peaklib.llm import Session
from peaklib.llm.grounding import Evidence
from peaklib.llm.guard import findings as forbidden
from peaklib.robustness.bootstrap.resampling import resample_indices

LEVEL = 0.9  # of the intervals
SECTIONS = ("Summary", "Regime", "Risks", "What would change this view")  # of a model's text

run = evidence.attach(run_dir)
loaded = [load(name) for name in datasets]
stocks = load_panel(panel) if panel else None
run.use(*loaded, *([stocks] if stocks else []))
last_day = as_of or f"{loaded[0].frame.index[-1]:%Y-%m-%d}"
# A series that begins later has nothing to say about that day; the market itself has to.
begun = [each for each in loaded[1:] if f"{each.frame.index[0]:%Y-%m-%d}" <= last_day]
later = [each.name for each in loaded[1:] if each not in begun]
market, *beside = [each.between(None, last_day) for each in (loaded[0], *begun)]
markets = [market, *beside]
close, today = market.frame["close"], market.frame.index[-1]

# %%
# What the sections below show one by one; the answer comes first.
regime = outlook.regimes(market, window=window, first=first_days, refit=refit_days)
second = outlook.regimes(market, "markov", first=first_days, refit=second_refit_days)
now, history = outlook.regime_now(regime), outlook.regime_history(regime)
agreed = outlook.agreement(regime, second)
vol, vol_now = outlook.volatility(market, window), outlook.volatility_state(market, window)
falls, fall_now = outlook.drawdowns(market), outlook.drawdown_state(market)
breadth = outlook.breadth(stocks, today, average=average_days) if stocks else None
breadth_now = outlook.breadth_state(breadth) if stocks else None
days = outlook.forward_returns(market, regime, horizons)
length = float(max(block_days, *horizons))
draws = resample_indices(len(days), length, resamples=resamples, seed=seed)
after = outlook.outcomes(days, horizons, draws=draws, level=LEVEL)
chance = outlook.chance_of_largest(days, horizons, draws)
said = {
    "Regime": outlook.regime_words(now, history),
    "Volatility": outlook.volatility_words(vol_now),
    "Drawdown": outlook.drawdown_words(fall_now),
    "Breadth": outlook.breadth_words(breadth_now, average_days) if stocks else "not measured",
    "What came after": outlook.outcome_words(after, chance, now.name),
}
refused = forbidden("\n".join(said.values()), ["trade"])
render.key_values(
    [
        ("Market", f"**{market.name}** as of {today:%Y-%m-%d}"),
        *said.items(),
        ("No trades, no signals", "checked" if not refused else f"**{refused[0].reason}**"),
    ]
)

# %% [markdown]
# ## Data check
#
# Nothing after the day of the outlook is used. A series that ends earlier stands where it ended.
# `content` is the digest of the data as they were loaded.

# %%
pools = [
    (known.name, known.meta, known.frame.index, whole.digest)
    for known, whole in zip(markets, (loaded[0], *begun), strict=True)
]
if stocks:
    pools.append((stocks.name, stocks.meta, stocks.close.loc[:today].index, stocks.digest))
notes = {name: meta.notes[0] for name, meta, _, _ in pools if meta.notes}
late = f"; not yet begun: {', '.join(later)}" if later else ""
render.table(
    pd.DataFrame(
        [
            {
                "data set": name,
                "kind": meta.kind,
                "n_days": len(index),
                "first": index[0],
                "last": index[-1],
                "content": digest[:8],
                "to be known": notes.get(name, ""),
            }
            for name, meta, index, digest in pools
        ]
    ),
    caption=f"What is known on {today:%Y-%m-%d}{late}; oddities of {market.name} are at the end",
)

# %% [markdown]
# ## Regime
#
# Calm, middling or wild: terciles of the realised volatility, learned on the days before and anew
# every `refit_days`; no day is judged by later ones. Below it a second rule, a Markov model of two
# variances, filtered. Where the two disagree, the word depends on who defines it.


# %%
def thin(series, how="last", step=5):
    """Every fifth day as x and y for a figure, rounded; the last day is always there."""
    groups = np.arange(len(series))[::-1] // step
    part = series.groupby(groups, sort=False).agg(how)
    ends = series.index.to_series().groupby(groups, sort=False).last()
    return [f"{day:%Y-%m-%d}" for day in ends], [float(f"{value:.6g}") for value in part]


shades = [render.LIGHT.grid, render.LIGHT.hold, render.LIGHT.ink]
codes = {name: code for code, name in enumerate(outlook.REGIMES)}
picture = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.05, row_heights=[0.8, 0.2])
x, y = thin(close)
line = {"width": 1.3, "color": render.LIGHT.ink}
picture.add_scatter(x=x, y=y, mode="lines", line=line, row=1, col=1)
picture.data[-1].hovertemplate = "%{x}<br>%{y}<extra></extra>"
strips = {"Markov": second, "terciles": regime}
x, _ = thin(regime.map(codes))
picture.add_heatmap(
    x=x,
    y=list(strips),
    z=[[int(code) for code in thin(each.map(codes))[1]] for each in strips.values()],
    zmin=0,
    zmax=2,
    colorscale=[[place / 3, shade] for k, shade in enumerate(shades) for place in (k, k + 1)],
    showscale=False,
    hovertemplate="%{x}<br>%{y}: %{z}<extra></extra>",
    row=2,
    col=1,
)
picture.update_yaxes(type="log", title_text="close, logarithmic", row=1, col=1)
picture.update_yaxes(showgrid=False, row=2, col=1)
picture.update_layout(height=400, margin_l=84)
render.give_title(
    picture,
    f"{market.name} is {now.name}, since {now.since:%Y-%m-%d}",
    f"Close, and regimes by two rules: light calm, grey middling, dark wild; they agree on "
    f"{100 * agreed:.1f} % of days whether it is wild",
)
run.save_figure("regime", picture)
picture

# %%
render.table(
    history.rename(columns={"median_days": "median spell", "longest_days": "longest spell"}).round(
        6
    ),
    caption=said["Regime"],
    units={"median spell": "days", "longest spell": "days"},
)

# %%
found = outlook.spells(regime)
run.save_table("days", days.assign(second=second).reset_index())
run.save_table("spells", found)
render.table(
    found.tail(8).iloc[::-1].reset_index(drop=True),
    caption="The last spells, latest first; the one that is not over has lasted so far",
)

# %% [markdown]
# ## Volatility


# %%
def history_line(series, label, how="last", level=None, fill=None):
    """One series over time in percent, the value of the last day marked."""
    x, y = thin(100 * series, how)
    last = float(f"{100 * series.iloc[-1]:.6g}")
    line = {"width": 1.3, "color": render.LIGHT.ink}
    figure = go.Figure(go.Scatter(x=x, y=y, mode="lines", line=line))
    figure.update_traces(
        fill=fill, fillcolor=render.LIGHT.grid, hovertemplate="%{x}<br>%{y:.1f} %<extra></extra>"
    )
    if level is not None:
        dashed = {"color": render.LIGHT.muted, "width": 1.2, "dash": "dash"}
        figure.add_hline(y=float(f"{100 * level:.6g}"), line=dashed)
    figure.add_scatter(
        x=x[-1:],
        y=[last],
        mode="markers+text",
        text=[f"<b>{render.format_metric('share', series.iloc[-1])}</b>"],
        textposition="middle right",
        marker={"size": 9, "color": render.LIGHT.better},
        hoverinfo="skip",
        cliponaxis=False,
    )
    figure.update_xaxes(range=[x[0], x[-1]])
    figure.update_yaxes(title_text=label, ticksuffix=" %")
    figure.update_layout(height=280, margin={"l": 84, "r": 84})
    return figure


variability = history_line(vol, "volatility a year", level=vol_now.median)
render.give_title(
    variability,
    f"Volatility is {render.format_metric('vol', vol_now.now)}, no lower than on "
    f"{render.format_metric('share', vol_now.rank)} of the days",
    f"{market.name}, realised over {window} days, a year; dashed: the median of all days, "
    f"{render.format_metric('vol', vol_now.median)}",
)
run.save_figure("volatility", variability)
variability

# %%
render.note(said["Volatility"])

# %% [markdown]
# ## Drawdown

# %%
below = history_line(falls["depth"], "below the highest close", "min", fill="tozeroy")
render.give_title(
    below,
    f"{market.name} is {render.format_metric('share', -fall_now.depth)} below its highest close, "
    f"{fall_now.n_days:,} days after it"
    if fall_now.depth
    else f"{market.name} is at its highest close",
    f"From {close.index[0]:%Y-%m-%d} on; the highest close before that day is not known here",
)
run.save_figure("drawdown", below)
below

# %%
episodes = outlook.drawdown_episodes(market)
run.save_table("falls", episodes)
render.table(
    episodes.rename(columns={"depth": "return, depth"}),
    caption=f"Falls of 10 % and more, deepest first. {said['Drawdown']}",
    units={"days_down": "days", "days_back": "days"},
    fold=8,
)

# %% [markdown]
# ## Breadth
#
# How many of a panel's assets take part. A panel that was chosen with hindsight, as the built-in
# one was, holds survivors: a panel chosen on the day would have stood lower.

# %%
if stocks:
    run.save_table("breadth", breadth.reset_index())
    taking_part = history_line(breadth["above"], "share above", level=breadth_now.median)
    render.give_title(
        taking_part,
        f"{render.format_metric('share', breadth_now.above)} of {breadth_now.n_assets} assets are "
        f"above their {average_days}-day average",
        f"{stocks.name}; dashed: the median of all days, "
        f"{render.format_metric('share', breadth_now.median)}",
    )
    run.save_figure("breadth", taking_part)
taking_part if stocks else render.note("No panel was given.")

# %%
render.note(said["Breadth"])

# %% [markdown]
# ## Other markets
#
# Each on its own last day. `calmer` is the share of its days with no higher volatility.

# %%
assets, rates = outlook.compare_assets(markets, window), outlook.rates(markets)
related = outlook.correlations(market, beside)
for name, frame in (("assets", assets), ("rates", rates), ("correlations", related)):
    run.save_table(name, frame)
shown = {
    "ret_21": "ret, 21 days",
    "ret_252": "ret, 252 days",
    "vol_rank": "share, calmer",
    "drawdown": "return, from high",
}
render.table(
    assets.drop(columns="close").rename(columns=shown),
    caption="Prices and indices; volatility is realised, a year",
)

# %%
render.table(
    rates.rename(columns={"rank": "share, no higher", "change_21": "change, 21 days"}),
    caption="Rates, in their own unit",
) if len(rates) else render.note("No rate is among the data sets.")

# %%
render.table(
    related.set_axis(["asset", "rho, last 252", "rho, all", "n_moves"], axis=1).round(6),
    caption=f"Correlation of daily moves with those of {market.name}, on common days",
) if len(related) else render.note("No other data set was given.")

# %% [markdown]
# ## What came after
#
# Returns over the next days, by the regime that was known on the day. Windows overlap: `days
# (apart)` says how many days there are, and how many windows among them do not overlap. That
# second number, not the first, is about how much evidence there is.

# %%
run.save_table("outcomes", after)
looks = after[after["regime"] != outlook.ALL]
outside = int(((looks["lead_lo"] > 0) | (looks["lead_hi"] < 0)).sum())
leads = render.interval_bars(
    [
        render.IntervalRow(
            f"{row['regime']}, {row['horizon']} days ({row['n_apart']} apart)",
            None,
            row["lead_lo"],
            row["lead"],
            row["lead_hi"],
        )
        for row in looks.round(9).to_dict("records")
    ],
    metric="ret_diff",
    null_label="as after all days",
    x_label="mean return minus that after all days",
    title=f"{outside} of {len(looks)} intervals leave out zero; all together p = {chance:.2f}",
    subtitle=f"{100 * LEVEL:g} % intervals, {resamples:,} resamples, stretches of {length:g} days",
)
run.save_figure("outcomes", leads)
leads

# %%
render.table(
    pd.DataFrame(
        {
            "ahead": after["horizon"],
            "after": after["regime"],
            "days (apart)": [
                f"{n:,} ({apart:,})"
                for n, apart in zip(after["n_days"], after["n_apart"], strict=True)
            ],
            "ret, mean": after["mean"].round(6),
            "ret, median": after["median"].round(6),
            "10 to 90 %": [
                render.format_range("ret", low, high)
                for low, high in zip(after["low"], after["high"], strict=True)
            ],
            "share, above 0": after["positive"].round(6),
        }
    ),
    caption=said["What came after"],
    units={"ahead": "days"},
    fold=16,
)

# %%
facts = outlook.facts(
    outlook.Findings(
        data=market,
        regime=now,
        history=history,
        volatility=vol_now,
        drawdown=fall_now,
        outcomes=after,
        chance=chance,
        assets=assets,
        rates=rates,
        correlations=related,
        breadth=breadth_now,
        panel=panel,
        notes=notes,
        average=average_days,
    )
)
known = Evidence.from_rows(facts)
run.save_table("facts", pd.DataFrame(facts).astype({"value": "string"}))
render.table(
    pd.DataFrame(
        [
            {"key": fact.key, "is": fact.written, "period": fact.period, "of": fact.label}
            for fact in known.values()
        ]
    ),
    caption=f"{len(known)} facts, each under a key that a text can cite",
    fold=6,
)

# %% [markdown]
# ## What a model says about it
#
# Only where models are switched on. The model is given the facts above and nothing else. Every
# number of its text has to cite one of them and agree with it in value, sign, unit and rounding;
# what does not is struck out. A part that advises, or names a trade, is not shown.

# %%
desk = Session(run, layer="L2", prompt="l2_outlook")
written = desk.write(known, SECTIONS, f"{market.name} as of {today:%Y-%m-%d}")
desk.finish()
render.note(f"**{desk.status}**" + ("" if written else " What stands above is complete without."))


# %%
def passage(part):
    """One part of the model's text for the page, with what does not hold."""
    wrong = part.grounding.unsupported
    faults = [render.Fault(claim.start, claim.end, claim.reason) for claim in wrong]
    why = "; ".join(dict.fromkeys(finding.reason for finding in part.findings))
    return render.Passage(part.title, part.text, tuple(faults), f"not shown: {why}" if why else "")


render.prose(
    [passage(part) for part in written.sections], by=written.said.by, note=written.verdict
) if written else render.note("There is no text of a model.")

# %%
asked = desk.calls()
render.table(
    asked,
    caption=f"What was asked, and what it cost; `peak llm why {desk.run_id}` tells all of it",
) if len(asked) else render.note("Nothing was asked, and nothing was paid.")

# %%
if written:
    run.save_table(
        "prose", pd.DataFrame([{"section": p.title, "text": p.text} for p in written.sections])
    )

# %%
unsupported = pd.DataFrame(written.unsupported() if written else [])
if len(unsupported):
    run.save_table("unsupported", unsupported)
render.table(unsupported, caption="What does not hold in the text of the model") if len(
    unsupported
) else render.note("Nothing of a model had to be struck out.")

# %% [markdown]
# ## Limits
#
# - This describes the past. Nothing here is a forecast, a signal or a reason to trade.
# - Regimes are words for volatility. Where they say something about volatility that is no
#   finding: they are made of it.
# - Intervals from resampled days are a little too short, and a p-value a little too small, where
#   spells are few: `docs/how-to/write-an-outlook.md` says how often they miss.
# - One market, one history: what has not happened in these years is in none of these numbers.
# - Ranks and medians are over the days given. A series that begins later knows fewer bad years.

# %%
render.table(market.quality().to_frame(), caption=f"{market.name} up to {today:%Y-%m-%d}")

# %%
run.log_metrics(
    {
        "vol": round(vol_now.now, 9),
        "vol_rank": vol_now.rank,
        "max_dd": round(fall_now.worst, 9),
        "drawdown": round(fall_now.depth, 9),
        "dd_days": fall_now.n_days,
        "regime_days": now.n_days,
        "agreement": agreed,
        "breadth": breadth_now.above if stocks else None,
        "p_value": chance,
        "n_facts": len(facts),
        "n_forbidden": len(refused),
        "n_unsupported": len(unsupported),
    }
)
print(f"{market.name} as of {today:%Y-%m-%d}.", *said.values(), desk.status)

# %%
render.parameters_here()
