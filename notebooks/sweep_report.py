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
# **Question**  What did the sweep find, how often was it tried, and what may be believed?
#
# **Reads**  the runs of the sweep `sweep_run`   **Writes**  the run in `run_dir`: tables `ranking`,
# `summary`, `trials`; `peak sweep` renders the page
#
# **Answer**  the first screen

# %% tags=["parameters"]
run_dir: str = ""  # folder of the run; empty: look only, nothing is recorded
sweep_run: str = ""  # id of the sweep's own run; empty: a preview of `config`, computed here
config: str = "configs/sweeps/quick.toml"  # what a preview computes

# %%
import pandas as pd

from peaklib import evidence, render
from peaklib.sweep import (
    above_hold,
    best_of,
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
    replay,
    searched,
    summary,
)

run = evidence.attach(run_dir)
results = read_results(sweep_run) if sweep_run else preview(config)
best = best_of(results)
cite(run, results, best)
metrics = results.config.report.heatmaps
limits = limits_of(results, metrics)
used, hold = best.cell.conventions, best.cell.hold
on = " · ".join(value for name, value in best.cell.label.items() if name != "strategy")
costs = used["terms"]

# %%
n_above, n_base = above_hold(results)
under = f" under {results.scenario} costs" if results.scenario else ""
unusable = len(results.failures)
edge = ", ".join(f"{name} {best.params[name]:g}" for name in best.on_edge)
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
    verdict=render.Verdict.NO_VERDICT,
    headline=(f"In sample, {n_above:,} of {n_base:,} trials have a higher Sharpe than hold"),
    sentences=[
        f"The best of them, **{best.cell.trials.attrs['strategy']} {best.text}** on {on}, has a "
        f"Sharpe of **{best.metrics['sharpe']:.2f}** against {hold['sharpe']:.2f} for hold, and a "
        "largest drawdown of "
        f"{render.format_metric('max_dd', best.metrics['max_dd'])} against "
        f"{render.format_metric('max_dd', hold['max_dd'])}.",
        f"It was chosen{under} as the best of {n_base:,} trials on the very bars it is measured "
        "on, so its numbers flatter it.",
        "Nothing here was tested on unseen data.",
    ],
    facts=[
        render.Fact(
            "info",
            "Trials made",
            "all combinations that have a result" if sweep_run else "a preview: counted nowhere",
            f"{results.n_trials:,}",
        ),
        render.Fact("info", "Above hold", f"Sharpe, same bars{under}", f"{n_above / n_base:.0%}"),
        render.Fact(
            "info",
            "Best on the grid's edge",
            "the optimum may lie outside" if edge else "on axes of three or more values",
            edge or "no",
        ),
        render.Fact(
            "fail" if unusable else "info",
            "Cells without a result",
            "listed below; what they would have shown is unknown" if unusable else "all finished",
            str(unusable),
        ),
        render.Fact("info", "Out of sample", "not examined in this version", "–"),
    ],
    facts_title="Facts · no gates are set",
)

# %%
heatmap_of(
    best.cell,
    metrics,
    limits=limits,
    chosen=best.params,
    title=f"Neighbours of the best trial: {best.cell.trials.attrs['strategy']} on {on}",
    subtitle=(
        "In sample, after costs. Sharpe and CAGR as difference to hold; drawdown as it is (hold "
        f"{render.format_metric('max_dd', hold['max_dd'])}). The outlined cell was chosen here"
    ),
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
# ## Curve and drawdown of the best trial
#
# Computed again for this page from data and parameters, and equal to the recorded numbers. Circles
# mark the lowest point of each drawdown.

# %%
result, benchmark_result = replay(best, results.config.benchmark)
start, end = result.equity.index[0], result.equity.index[-1]
render.equity_and_drawdown(
    {
        best.cell.trials.attrs["strategy"]: result.curve,
        "hold": benchmark_result.curve,
    },
    periods=[render.Period("in_sample", start, end)],
    log=True,
    title=f"{best.cell.trials.attrs['strategy']} {best.text} against hold, on {on}",
    subtitle=f"Growth of 1 after costs, in sample; {len(result.trades)} round trips",
)

# %% [markdown]
# ## All heatmaps
#
# Each strategy and data set under the first cost scenario. A colour means the same number in every
# figure; the best trial of each cell is outlined.

# %%
from IPython.display import display

for cell in results.base:
    figure = heatmap_of(
        cell,
        metrics,
        limits=limits,
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
        ("Evaluation days", "all bars, also those before an indicator is ready (flat until then)"),
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
