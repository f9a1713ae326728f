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
# # Report of a sweep
#
# **Question**  What did the sweep find, how often was it tried, and how much of it is luck?
#
# **Reads**  the runs of the sweep `sweep_run`   **Writes**  the run in `run_dir`: tables `gates`,
# `facts`, `choices`, `ranking`, `summary`, `trials`; `peak sweep` renders the page
#
# **Answer**  the first screen

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
sweep_run: str = ""  # id of the sweep's own run; empty: a preview of `config`, computed here
as_of: int = 0  # lines of the ledger that are looked at; 0: all
config: str = "configs/sweeps/quick.toml"  # what a preview computes

# %%
import pandas as pd

from peaklib import evidence, render
from peaklib.sweep import (
    cell_intervals,
    cite,
    correlations,
    data_sets,
    data_table,
    flat_opens,
    heatmap_of,
    limits_of,
    preview,
    ranking,
    read_results,
    searched,
    slice_rows,
    summary,
    with_drawdown,
)
from peaklib.sweep.figures import Extras
from peaklib.sweep.review import (
    choices_table,
    costs_figure,
    definitions_of,
    dials_of,
    edge_of,
    evidence_figure,
    facts_links,
    facts_table,
    gates_of,
    gates_title,
    headline_of,
    logits_figure,
    overfitting_figure,
    review,
    sensitivity_table,
    sentences_of,
    stability_figure,
    stability_of,
    tear_sheet,
    verdict_of,
    walked_figure,
)
from peaklib.sweep.risk_chapter import chapter_table

run = evidence.attach(run_dir)
results = read_results(sweep_run) if sweep_run else preview(config)
found = review(results, as_of=as_of or None)
best = found.best
cite(run, results, best)
metrics = results.config.report.heatmaps
limits = limits_of(results, metrics)
used, hold = best.cell.conventions, best.cell.hold
costs = used["terms"]
under = f" under {results.scenario} costs" if results.scenario else ""

# %%
gates = gates_of(found)
render.first_screen(
    provenance=[
        (results.name, f"{results.n_trials:,} trials in {len(results.cells)} cells"),
        ("run", results.run_id or "preview, not recorded"),
        ("root", results.root[:12] or "–"),
        *(
            [("at", results.record["end"][:16].replace("T", " ") + " UTC")]
            if results.record
            else []
        ),
        (
            "code",
            (results.record["code"]["commit"] or results.record["code"]["peaklib_sha256"])[:12]
            + (" + changes" if results.record["code"]["dirty"] else "")
            if results.record
            else "working tree",
        ),
        ("data", data_sets(results)),
        ("fill", f"{costs['fill']}, lag {costs['lag']}"),
        ("costs", f"{costs['fees_bps']:g} + {costs['slippage_bps']:g} bp a side"),
    ],
    question=results.config.question,
    verdict=verdict_of(found),
    headline=headline_of(found),
    sentences=sentences_of(found),
    facts=gates,
    facts_title=gates_title(found),
)

# %%
run.save_table(
    "verdict",
    pd.DataFrame([{"verdict": verdict_of(found).word, "headline": headline_of(found)}]),
)
run.save_table(
    "gates",
    pd.DataFrame(
        [(gate.name, gate.sign, gate.value, gate.rule) for gate in gates],
        columns=["gate", "state", "found", "rule"],
    ),
)
evidence_figure(
    found,
    metrics[:1],
    limits=limits,
    title=f"Neighbours of the best trial: {best.cell.trials.attrs['strategy']} on {found.where}",
    subtitle=(
        "Sharpe minus hold in sample, after costs; point at a cell for its interval. Right: the "
        "best trial where it was chosen, and the same way of choosing on unseen years. "
        + edge_of(found)
    ),
)

# %%
facts = facts_table(found)
run.save_table("facts", facts)
render.table(facts, caption="What else to ask", links=facts_links(facts))

# %% [markdown]
# ## On unseen years
#
# One account, which at the start of each period takes up what was best on all days before. Both
# curves start at 1 where the first choice was made.

# %%
figure = walked_figure(
    found,
    title="What following the choices would have earned",
    subtitle="Growth of 1 after costs, on days that no choice had seen; point at ▲ for the choice",
)
figure if figure is not None else render.note("Too few years to walk forward.")

# %%
choices = choices_table(found)
run.save_table("choices", choices)
render.table(choices, caption="What was chosen when, and what it then did", fold=12)

# %% [markdown]
# ## How much is luck

# %%
render.dials(dials_of(found))

# %%
overfitting_figure(
    found,
    title="Does what was best in one half of the days stay good in the other?",
    subtitle="Each point: one way to halve the days, and the trial that was best in the first half",
)

# %%
logits_figure(
    found,
    title="Where the choice of one half stands in the other half",
    subtitle="Share of splits; left of the line, the choice is no better than the middle",
)

# %% [markdown]
# ## How stable it is

# %%
stability_figure(
    found,
    title="The best trial of all years, half-year by half-year",
    subtitle="Share of the strategy's trials that it beats by Sharpe; around 0.5 it is one of many",
)

# %%
ranks = stability_of(found).ranks.reset_index()
run.save_table("ranks", ranks)
costs_figure(
    found,
    title="What costs leave of the best trial",
    subtitle="Sharpe in sample at other costs; the line is hold",
)

# %%
sensitivity = sensitivity_table(found)
run.save_table("sensitivity", sensitivity)
render.table(sensitivity, caption="The best trial with later fills and later starts, in sample")

# %% [markdown]
# ## How much it can lose
#
# The risk chapter of the best trial: value at risk and how often it was passed, stress, sources.

# %%
chapter = chapter_table(results, best, as_of=as_of or None)
render.table(chapter[0], caption="Risk chapter", links=chapter[1]) if chapter else render.note(
    f"There is none yet; peak risk report {results.name} makes it, and the next report links it."
)

# %% [markdown]
# ## What was searched

# %%
run.save_table("searched", searched(results))
render.table(searched(results), caption="Strategies, their grids and how often they were tried")

# %% [markdown]
# ## Ranking
#
# The highest Sharpe ratios, in sample, under the first cost scenario; costs are an assumption and
# never the reason to win, so other scenarios stand beside it. A trial is addressed as `RUN:N`. All
# tables of this page lie beside it as CSV and JSON.

# %%
n_base = sum(len(cell.trials) for cell in results.base)
best_rows = ranking(results, results.config.report.top)
run.save_table("ranking", best_rows)
render.table(best_rows, caption=f"Best {len(best_rows)} of {n_base:,} trials{under}")

# %%
cells_table = summary(results)
run.save_table("summary", cells_table)
run.save_table("trials", results.all_trials())
render.table(cells_table, caption="All cells: trials, share above hold, Sharpe in sample", fold=40)

# %%
failed = pd.DataFrame(
    [(failure.label, failure.error, failure.run_id) for failure in results.failures],
    columns=["cell", "error", "run"],
)
render.table(failed, caption="Failed cells") if len(failed) else render.note("No cell failed.")

# %% [markdown]
# ## All heatmaps
#
# Each strategy and data set under the first cost scenario, in sample. A colour means the same
# number in every figure; the best trial of each cell is outlined, and every cell has an interval.

# %%
from IPython.display import display

for cell in results.base:
    top = cell.trials.iloc[int(cell.trials["sharpe"].fillna(-float("inf")).to_numpy().argmax())]
    ends = cell_intervals(
        cell,
        ["sharpe"],
        slice_rows(cell, top),
        benchmark=results.config.benchmark,
        rule=found.thresholds.intervals,
        seed=results.config.seed,
    )
    figure = heatmap_of(
        cell,
        with_drawdown(metrics),
        limits=limits,
        extras=Extras(ends=ends, level=found.thresholds.intervals.level),
        title=" · ".join(cell.label.values()),
        subtitle=(
            f"In sample, {len(cell.trials)} trials, after costs; hold has Sharpe "
            f"{cell.hold['sharpe']:.2f}, CAGR {render.format_metric('cagr', cell.hold['cagr'])}, "
            f"drawdown {render.format_metric('max_dd', cell.hold['max_dd'])}"
        ),
    )
    if figure is not None:
        display(figure)

# %% [markdown]
# ## What moves what
#
# Blue: a larger value of the parameter goes with a larger metric. Max drawdown is negative, so blue
# means a smaller loss there.

# %%
correlations(
    results.base,
    title="Rank correlation of parameters and metrics",
    subtitle="Spearman, over the trials of each cell under the first cost scenario, in sample",
)

# %% [markdown]
# ## Tear sheet of the best trial
#
# By QuantStats, in sample. Its numbers follow its own conventions and carry no intervals.

# %%
sheet = tear_sheet(found) if sweep_run else None
render.attachment("QuantStats tear sheet", sheet) if sheet else render.note(
    "Attached to the page of a recorded sweep only."
)

# %% [markdown]
# ## Method and assumptions

# %%
render.table(data_table(results), caption="Data")

# %%
from peaklib.backtest import Terms

terms = {
    " · ".join(cell.label.get(n, "") for n in ("costs",)) or "all": Terms(
        **cell.conventions["terms"]
    )
    for cell in results.cells
}
opens = flat_opens(results)
render.key_values(
    [
        *((f"Terms: {name}", text.describe()) for name, text in terms.items()),
        ("Account", "starts with 1, all-in up to the target, equity marked at each close"),
        ("Open position at the end", "marked at the last close, not sold"),
        (
            "Evaluation days",
            f"{used['n_bars']:,} bars from {used['start']} on, the same for all trials; the "
            f"{used['warmup']} before them only warm up indicators",
        ),
        ("Annualisation", f"{used['bars_per_year']:g} bars a year, risk-free rate 0 %, ddof 1"),
        ("Benchmark", f"{results.config.benchmark}, same bars, same costs"),
        *([("Opens", opens)] if opens else []),
        ("Instrument", "an index level cannot be bought, and its dividends are not in the prices")
        if best.cell.data["kind"] == "index"
        else ("Instrument", best.cell.data["kind"]),
    ]
)

# %% [markdown]
# ## Verify and run again
#
# Three commands from the root of a checkout, each answers in its last lines.

# %%
own = results.run_id or "RUN"
commit = results.record["code"]["commit"] if results.record else None
render.commands(
    [
        (
            "check this page, the sweep and all its runs against the ledger",
            f".venv/bin/peak evidence verify reports/{results.name}.html",
        ),
        ("run every cell again and compare the results", f".venv/bin/peak repro {own}"),
        ("count the trials ever made, also outside of this sweep", ".venv/bin/peak runs trials"),
    ]
)

# %%
render.key_values(
    [
        ("Run of the sweep", own),
        ("Root hash of the sweep", results.root or "a preview has none"),
        (
            "Code",
            f"peaklib sources {results.record['code']['peaklib_sha256']}"
            + (f", commit {commit}" if commit else ", outside of git")
            if results.record
            else "working tree",
        ),
        ("The sweep", results.command),
        (
            "Without peaklib",
            f"cd runs/{own} && sha256sum --strict -c SHA256SUMS && sha256sum SHA256SUMS",
        ),
    ]
)

# %%
render.table(
    pd.DataFrame(
        {
            "cell": [" · ".join(c.label.values()) for c in results.cells],
            "run": [c.run_id or "preview" for c in results.cells],
            "root hash": [c.root or "–" for c in results.cells],
        }
    ),
    caption="Runs behind this page; the root hash is the SHA-256 of the run's SHA256SUMS",
    fold=40,
)

# %% [markdown]
# ## What the words mean

# %%
render.definitions(definitions_of(found))
