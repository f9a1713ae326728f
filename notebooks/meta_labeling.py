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
# # From bars to a meta-labeled strategy
#
# **Question**  Does a model that sizes the bets of a simple rule improve on the rule, out of sample
# and after costs?
#
# **Reads**  `dataset`, a name that `peaklib.data.load` knows
#
# **Writes**  the run in `run_dir`: its trials, the bets, the features and their cache keys, metrics
#
# **Answer**  in the last cell

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
dataset: str = "sp500"  # see `peak data list`
primary: str = "momentum"  # the rule whose bets are sized; see `peak strategies list`
model: str = "forest"  # or "boosting"
profit_taking: float = 1.0  # upper barrier, in deviations of the price over the holding period
stop_loss: float = 1.0  # lower barrier, in the same unit
max_holding: int = 20  # vertical barrier, bars
cusum: float = 2.0  # a bet a move of so many daily deviations; 0: a bet a signal of the rule
d: float = 0.4  # order of the fractionally differenced log close, a feature
train_bars: int = 1250  # the first bar that is predicted
grid: dict = {}  # more trials: axis to its values; what is not an axis is as above
where: str = ""  # condition between axes; empty: none
fill: str = "next_open"  # or "close": filled at the price that decides (optimistic)
benchmark: str = "buy_and_hold"  # what the rule and the model are held against besides
costs: dict = {"fees_bps": 5.0, "slippage_bps": 5.0}  # a side; names as in backtest.Terms
seed: int = 7  # of the model and of the bootstrap

# %%
import numpy as np
import pandas as pd

from peaklib import evidence, render
from peaklib.backtest import Terms, run_backtest, run_grid
from peaklib.data import load
from peaklib.errors import DataError
from peaklib.evidence import Axes
from peaklib.features import Bars
from peaklib.features.places import project_cache, project_registry
from peaklib.labeling import (
    PurgedKFold,
    concurrency,
    mean_decrease_accuracy,
    mean_decrease_impurity,
    single_feature_importance,
)
from peaklib.meta import SETTINGS, Settings, make_model, study
from peaklib.strategies import get

# What may be wrong is found before anything is computed.
rule = get(f"meta_{model}({primary})")
point = {
    "profit_taking": profit_taking,
    "stop_loss": stop_loss,
    "max_holding": max_holding,
    "cusum": cusum,
    "d": d,
    "train_bars": train_bars,
    "seed": seed,
}
params = rule.resolve(point)
axes = {name: [rule.check(name, value) for value in values] for name, values in grid.items()}
axes = {**{name: [params[name]] for name in point}, **axes}
Axes(axes, where or None)
terms = {"fill": fill, **costs}
agreed = Terms(**terms)

run = evidence.attach(run_dir)
data = load(dataset)
run.use(data)
bars = Bars.of(data)
per_year = np.sqrt(bars.bars_per_year)
if fill == "next_open":
    bars.column("open")
if len(bars) <= train_bars:
    raise DataError(
        f"{dataset} has {len(bars)} bars and the first one that is predicted is {train_bars}; "
        "lower train_bars, or take longer data"
    )

# %% [markdown]
# ## Trials
#
# Every point of the grid is a trial, and counted before anything is shown. A trial's own columns
# are over all bars, flat until the model predicts; `oos_sharpe` is over the bars from then on. The
# model is out of sample there; whoever picks the best of the points picks in sample.

# %%
start = bars.index[train_bars]
trials = run.log_trials(
    run_grid(
        rule, data, axes, where=where or None, windows={"oos": (start, bars.index[-1])}, **terms
    )
)
n_trials = len(trials)
here = {name: params[name] for name in axes}
if not (trials[list(here)] == list(here.values())).all(axis="columns").any():
    # The point that is looked at below is a trial as well.
    alone = run_grid(rule, data, {name: [value] for name, value in here.items()}, **terms)
    run.log_trials(alone, "point")
    n_trials += 1
n, total, squares = (trials[f"oos_{name}"] for name in ("n", "sum", "sumsq"))
deviation = np.sqrt((squares - total**2 / n) / (n - 1))
trials["oos_sharpe"] = (total / n / deviation.where(deviation > 0) * per_year).fillna(0.0)
hold = run_backtest(benchmark, data, **terms).metrics
run.log_metrics({f"hold_{name}": value for name, value in hold.items()})
run.log_metrics({"n_trials": n_trials})
varied = [name for name in axes if len(axes[name]) > 1]
best = trials.sort_values("oos_sharpe", ascending=False, kind="stable").reset_index(drop=True)
shown = [*(varied or ["profit_taking", "stop_loss", "max_holding"]), "oos_sharpe", "n_trades"]
render.table(
    best[shown].head(10).round(6),
    caption=f"{len(trials)} trial{'s' if len(trials) > 1 else ''} ({trials.attrs['trials']})",
)

# %%
recorded = bool(run_dir)
settings = Settings(**{name: params[name] for name in SETTINGS})
position = get(primary).targets(bars)
done = study(
    bars,
    position,
    settings,
    model,
    cache=project_cache() if recorded else None,
    registry=project_registry() if recorded else None,
)
done.record(run)
bets = done.table()
judged = bets[done.judged]
outcomes = judged["made_money"].value_counts()
if len(judged) < 50 or outcomes.min() < 10 or len(outcomes) < 2:
    counts = ", ".join(f"{count} with outcome {name}" for name, count in outcomes.items())
    raise DataError(
        f"{len(judged)} of {len(bets)} bets of {primary} on {dataset} were judged and are over "
        f"({counts or 'none'}); to say anything it takes 50, and ten of each outcome: lower "
        f"train_bars ({train_bars} of {len(bars)} bars are for training only), make events of "
        f"smaller moves (cusum above 0, now {cusum:g}), or take another rule or longer data"
    )

# %% [markdown]
# ## Result
#
# All three begin on the first day that the model predicts, with nothing but what was known then:
# it is fitted again every 250 bars on the bets that were over.

# %%
later = data.between(start)
targets = {"meta": done.target, primary: position, "hold": get(benchmark).targets(bars)}
results = {
    name: run_backtest(target[train_bars:], later, **terms) for name, target in targets.items()
}
sharpes = {name: result.metrics["sharpe"] for name, result in results.items()}
figure = render.equity_and_drawdown(
    {name: result.curve for name, result in results.items()},
    periods=[render.Period("out_of_sample", later.frame.index[0], later.frame.index[-1])],
    log=True,
    title=(
        f"Sharpe {sharpes['meta']:.2f} with bets sized by a {model}, {sharpes[primary]:.2f} for "
        f"{primary} as it is"
    ),
    subtitle=(
        f"{dataset}, growth of 1, {agreed.describe()}; the model is out of sample, the rule's "
        "parameters are not"
    ),
)
run.save_figure("equity", figure)
figure

# %%
shown = ["sharpe", "cagr", "vol", "max_dd", "exposure", "turnover", "n_trades"]
comparison = pd.DataFrame(
    [{"": name, **{key: result.metrics[key] for key in shown}} for name, result in results.items()]
)
run.save_table("comparison", comparison.rename(columns={"": "account"}))
render.table(comparison, caption=f"{dataset} from {start:%Y-%m-%d}, after costs")

# %% [markdown]
# Small bets make small returns: the comparison that counts is the Sharpe ratio. Its difference gets
# an interval from a paired stationary bootstrap (Politis and Romano 1994): both accounts are drawn
# on the same days, in blocks of 20 bars on average, 1,000 times.

# %%
from arch.bootstrap import StationaryBootstrap

pair = np.column_stack([results["meta"].returns, results[primary].returns])


def sharpe_difference(returns: np.ndarray) -> float:
    deviation = returns.std(axis=0, ddof=1)
    ratio = np.divide(returns.mean(axis=0), deviation, np.zeros(2), where=deviation > 0)
    return float((ratio[0] - ratio[1]) * per_year)


difference = sharpe_difference(pair)
bootstrap = StationaryBootstrap(20, pair, seed=np.random.default_rng(seed))
draws = bootstrap.apply(sharpe_difference, 1000)
low, high = np.quantile(draws, [0.05, 0.95])
run.log_metrics({"sharpe_diff": difference, "sharpe_diff_lo": low, "sharpe_diff_hi": high})
run.log_metrics({f"oos_sharpe_{name}": value for name, value in sharpes.items()})
render.key_values(
    [
        ("Sharpe of meta minus primary", f"{difference:+.2f}".replace("-", "−")),
        ("90 % interval", f"{low:+.2f} to {high:+.2f}".replace("-", "−")),
    ]
)

# %% [markdown]
# ## Data check

# %%
quality = data.quality().to_frame()
render.table(quality, caption=f"{data.name}, {data.meta.source}")

# %% [markdown]
# ## Bets and labels
#
# A bet is decided on a bar on which the price has moved by `cusum` daily deviations since the last
# such bar, while the rule has a side. It ends at the first close beyond a barrier, or after
# `max_holding` bars. Its meta-label is 1 if the rule's side made money.

# %%
known = bets[done.examples.known]
weights = done.examples.weights(np.flatnonzero(done.judged))
counts = (
    known.groupby(["barrier", "made_money"], observed=True)
    .agg(bets=("return", "size"), mean_return=("return", "mean"), bars=("bars_held", "mean"))
    .round({"mean_return": 6, "bars": 3})
    .reset_index()
)
spans = done.examples.spans
alive = concurrency(spans)
run.save_table("bets", bets.drop(columns="barrier").assign(barrier=bets["barrier"].astype(str)))
render.table(
    counts,
    caption=(
        f"{len(bets)} bets, {len(judged)} of them judged out of sample; up to {alive.max()} live "
        f"at once, so each has {done.examples.uniqueness.mean():.0%} of its days to itself"
    ),
)

# %% [markdown]
# ## Does the model know anything?
#
# Out of sample: what it said of each bet before the bet was over.

# %%
from sklearn.metrics import log_loss, precision_score, recall_score, roc_auc_score

won = judged["made_money"].to_numpy() == 1
said = judged["probability"].to_numpy()
base = float(won.mean())
# What knowing nothing but the past share of winners would have said.
past = [known.loc[known["exit_bar"] < bar, "made_money"].mean() for bar in judged["bar"]]
skill = {
    "oos_precision": float(precision_score(won, said > 0.5, zero_division=0.0)),
    "oos_recall": float(recall_score(won, said > 0.5, zero_division=0.0)),
    "oos_base_rate": base,
    "oos_auc": float(roc_auc_score(won, said)) if 0 < base < 1 else None,
    "oos_log_loss": float(log_loss(won, said, labels=[False, True])),
    "oos_log_loss_base": float(log_loss(won, past, labels=[False, True])),
}
run.log_metrics({name: None if value is None else round(value, 9) for name, value in skill.items()})
render.key_values(
    [
        ("Precision: of the bets above 1/2, made money", f"{skill['oos_precision']:.1%}"),
        ("Recall: of those that made money, above 1/2", f"{skill['oos_recall']:.1%}"),
        ("All bets of the rule that made money", f"{base:.1%}"),
        ("Area under the ROC curve; 0.5 is guessing", f"{skill['oos_auc'] or np.nan:.3f}"),
        ("Log loss of the model", f"{skill['oos_log_loss']:.4f}"),
        ("Log loss of the past share of winners", f"{skill['oos_log_loss_base']:.4f}"),
    ]
)

# %%
import plotly.graph_objects as go
from statsmodels.stats.proportion import proportion_confint

edges = np.quantile(said, np.linspace(0, 1, 6))
group = np.clip(np.searchsorted(edges, said, side="right") - 1, 0, 4)
bins = pd.DataFrame({"said": said, "made": won, "own": weights, "group": group}).groupby("group")
calibration = bins.agg(
    said=("said", "mean"), made=("made", "mean"), bets=("made", "size"), own=("own", "sum")
)
# Bets share their days: each fifth tells as much as the sum of their uniqueness.
reach = proportion_confint(
    calibration["made"] * calibration["own"], calibration["own"], alpha=0.1, method="wilson"
)
calibration["made_lo"], calibration["made_hi"] = (side.clip(0, 1) for side in reach)
run.save_table("calibration", calibration.reset_index())
made = calibration["made"]
figure = go.Figure(
    [
        go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot"}, name="as said"),
        go.Scatter(
            x=calibration["said"].round(6).tolist(),
            y=made.round(6).tolist(),
            error_y={
                "type": "data",
                "array": (calibration["made_hi"] - made).round(6).tolist(),
                "arrayminus": (made - calibration["made_lo"]).round(6).tolist(),
            },
            mode="markers",
            name="bets",
        ),
    ]
)
span = [min(0.2, calibration["said"].min() - 0.02), max(0.8, calibration["said"].max() + 0.02)]
figure.update_layout(
    xaxis={"title": "probability that the model gave", "range": [round(x, 3) for x in span]},
    yaxis={"title": "share that made money", "range": [0, 1]},
    showlegend=False,
    height=340,
)
render.give_title(
    figure,
    "Calibration: on the line, a probability means what it says",
    "Fifths of the judged bets, out of sample; bars are 90 % Wilson intervals, for as many bets as "
    "the fifth has uniqueness",
)
run.save_figure("calibration", figure)
figure

# %% [markdown]
# ## Cross-validation must be purged
#
# Bets overlap. A fold that is tested while its neighbours are trained on sees part of its own
# answer; purging removes the neighbours, an embargo of 20 bars the echo. Shuffled folds are here to
# show how much they flatter.

# %%
from sklearn.model_selection import KFold, cross_val_score

X, y = done.features[done.judged], judged["made_money"]
folds = PurgedKFold(5, spans=done.examples.live[done.judged], embargo=20)
scores = {
    name: cross_val_score(
        make_model(model, settings),
        X,
        y,
        cv=cv,
        scoring="neg_log_loss",
        params={"sample_weight": weights},
    )
    for name, cv in {
        "purged": folds,
        "shuffled": KFold(5, shuffle=True, random_state=seed),
    }.items()
}
guess = -log_loss(y, np.full(len(y), y.mean()))
table = pd.DataFrame(
    [
        {"folds": name, "log_loss": -score.mean(), "worst_fold": -score.min()}
        for name, score in scores.items()
    ]
    + [{"folds": "none: the share of winners", "log_loss": -guess, "worst_fold": np.nan}]
)
render.table(table.round(6), caption="Log loss over the judged bets; lower is better")

# %% [markdown]
# ## Importance
#
# Three views: what the forest splits on (MDI, in sample, divides between substitutes), what hurts
# when shuffled (MDA, purged folds), and what a feature does alone (SFI, purged folds).

# %%
features = list(X)
fresh = make_model(model, settings)
accuracy = mean_decrease_accuracy(fresh, X, y, folds, seed=seed, sample_weight=weights)
alone = single_feature_importance(fresh, X, y, folds, sample_weight=weights)
importance = pd.DataFrame({"mda": accuracy["mean"], "mda_std": accuracy["std"]})
if model == "forest":
    fitted = fresh.fit(X, y, sample_weight=weights)
    importance["mdi"] = mean_decrease_impurity(fitted, features)["mean"]
importance["sfi_log_loss"] = -alone["mean"]
importance = importance.rename_axis("feature").sort_values("mda", ascending=False, kind="stable")
run.save_table("importance", importance.reset_index())
helpful = int((importance["mda"] > importance["mda_std"]).sum())
render.table(
    importance.round(6).reset_index(),
    caption=(
        f"{helpful} of {len(importance)} features hurt by more than one deviation over the folds "
        f"when they are shuffled; guessing has a log loss of {-guess:.4f}"
    ),
)

# %% [markdown]
# ## Features behind it
#
# What the model has seen; a recorded run lists it with what was learned at each refit and the
# digests that decide each value.

# %%
used = [entry for each in done.used[:2] for entry in each.pipeline.describe()]
render.table(
    pd.DataFrame(
        [(entry["label"], len(entry["columns"]), entry["warm_up"]) for entry in used],
        columns=["feature", "columns", "warm-up"],
    ),
    caption=(
        f"{len(features)} columns for the model, the side of the bet among them; "
        f"{len(done.used) - 1} fits"
    ),
)

# %% [markdown]
# ## Limits
#
# - The rule, the features and the default barriers were chosen by people who know these years.
# - Labels are measured from the deciding close; the account enters as the fill says.
# - An index level or a rate cannot be bought.
# - One index, one rule, fewer independent bets than bets: the interval above is wide for a reason.
# - What a bet risks is the same for all; only its size follows the model.

# %%
sure = "The interval excludes zero" if low > 0 or high < 0 else "The interval includes zero"
knows = skill["oos_log_loss"] < skill["oos_log_loss_base"]
if low > 0 and knows:
    verdict = "Meta-labeling helped on these data"
elif high < 0 or (difference <= 0 and not knows):
    verdict = "Meta-labeling did not help on these data"
else:
    verdict = "I don't know whether meta-labeling helps on these data"
print(
    f"{verdict}. Sharpe from {start:%Y-%m-%d}, after costs: {sharpes['meta']:.2f} with the model, "
    f"{sharpes[primary]:.2f} for {primary} alone, {sharpes['hold']:.2f} for holding. The "
    f"difference to {primary} is {difference:+.2f}, 90 % [{low:+.2f}, {high:+.2f}]. {sure}. "
    f"The model is {'better' if knows else 'no better'} than the past share of winners by log "
    f"loss, and {n_trials} trial{'s were' if n_trials > 1 else ' was'} made here."
)
