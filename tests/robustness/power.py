"""How often the rules of `configs/robustness.toml` find an edge, against how large it is.

    .venv/bin/python tests/robustness/power.py --simulate 100    adds series that power.json lacks
    .venv/bin/python tests/robustness/power.py --write           writes tables and curve of the page

`power.json` keeps the numbers that verdicts depend on, series by series: other thresholds are
judged without simulating again. What it was computed by is said in it.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from verdicts import (
    BARS,
    EDGE,
    ROOT,
    THRESHOLDS,
    Measured,
    examine,
    judged,
    measured_of,
    searched,
    true_sharpes,
)

from peaklib.render import Line, line_chart
from peaklib.render.marks import Mark
from peaklib.robustness import Thresholds

KEPT = Path(__file__).with_name("power.json")
PAGE = ROOT / "docs" / "explanation" / "verdicts.md"
PICTURE = ROOT / "docs" / "images" / "power.png"
DRIFTS = (0, 8, 10, 12, 14, 16, 18, 20, 25, 30)  # basis points a bar
CHOICES = ((0.60, 0.50), (0.80, 0.60), (0.80, 0.50), (0.90, 0.50), (0.95, 0.60), (0.95, 0.50))
WORDS = ("SUPPORTED", "INCONCLUSIVE", "NOT_SUPPORTED")
BEGIN, END = "<!-- power: begin -->\n", "<!-- power: end -->\n"


def rules_used(thresholds: Thresholds = THRESHOLDS) -> dict[str, Any]:
    """Thresholds that decide which numbers are measured, without those that judge them."""
    table = thresholds.model_dump()
    for part in table.values():
        for name in ("pass_at", "fail_below", "fail_above", "cell_resamples"):
            part.pop(name, None)
    table.pop("holdout")
    return table


def read() -> dict[str, Any]:
    """What was kept; nothing at first."""
    if KEPT.is_file():
        return json.loads(KEPT.read_text("utf-8"))
    return {
        "bars": BARS,
        "trials": searched()["n_trials"],
        "measured_by": rules_used(),
        "columns": Measured.columns(),
        "true_sharpe": {},
        "series": {},
    }


def write(kept: Mapping[str, Any]) -> None:
    """Keep it, one series a line."""
    heads = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in kept.items() if k != "series"]
    parts = []
    for drift in sorted(kept["series"], key=int):
        rows = ",\n".join(json.dumps(row) for row in kept["series"][drift])
        parts.append(f'"{drift}": [\n{rows}\n]')
    body = ",\n".join([*heads, '"series": {\n' + ",\n".join(parts) + "\n}"])
    KEPT.write_text(f"{{\n{body}\n}}\n", encoding="utf-8", newline="\n")


def measured(kept: Mapping[str, Any], drift: int) -> list[Measured]:
    """The series of one drift."""
    return [
        Measured(**dict(zip(kept["columns"], row, strict=True)))
        for row in kept["series"][str(drift)]
    ]


def simulate(seeds: int, drifts: Iterable[int] = DRIFTS) -> None:
    """Measure the series up to so many seeds that are not kept yet."""
    kept = read()
    for drift in drifts:
        if str(drift) not in kept["true_sharpe"]:
            table, best = true_sharpes(drift)
            row = table.loc[best]
            kept["true_sharpe"][str(drift)] = {k: round(float(row[k]), 4) for k in table}
        rows = kept["series"].setdefault(str(drift), [])
        for seed in range(len(rows), seeds):
            rows.append(measured_of(examine(drift, seed), seed).row())
        write(kept)
        print(drift, kept["true_sharpe"][str(drift)], Counter(verdicts(kept, drift)), flush=True)


def verdicts(kept: Mapping[str, Any], drift: int, thresholds: Thresholds = THRESHOLDS) -> list[str]:
    """What becomes of the series of one drift."""
    return [judged(found, thresholds).verdict for found in measured(kept, drift)]


def curve(kept: Mapping[str, Any], thresholds: Thresholds = THRESHOLDS) -> pd.DataFrame:
    """One row a drift: true Sharpe, series, their verdicts, and 90 % bars of each count.

    The bars are Clopper and Pearson's: exact for a count of independent series.
    """
    from scipy.stats import binomtest

    rows = []
    for drift in DRIFTS:
        counted = Counter(verdicts(kept, drift, thresholds))
        n = counted.total()
        row: dict[str, Any] = {
            "drift": drift,
            "sharpe": kept["true_sharpe"][str(drift)]["sharpe"],
            "n": n,
        }
        for word in WORDS:
            ends = binomtest(counted[word], n).proportion_ci(0.90)
            row |= {word: counted[word], f"{word}_low": ends.low, f"{word}_high": ends.high}
        rows.append(row)
    return pd.DataFrame(rows)


def table_of(found: pd.DataFrame) -> str:
    """The curve as a table of Markdown."""
    head = "edge a day | true Sharpe | series | SUPPORTED | 90 % bar | INCONCLUSIVE | NOT SUPPORTED"
    lines = [f"| {head} |", "|---:|---:|---:|---:|:---:|---:|---:|"]
    for row in found.to_dict("records"):
        bar = f"{row['SUPPORTED_low']:.0%} – {row['SUPPORTED_high']:.0%}"
        shares = [f"{row[word] / row['n']:.0%}" for word in WORDS]
        cells = [f"{row['drift']} bp", f"{row['sharpe']:.2f}", str(row["n"]), shares[0], bar]
        lines.append(f"| {' | '.join([*cells, *shares[1:]])} |")
    return "\n".join(lines) + "\n"


def gates_table_of(kept: Mapping[str, Any], thresholds: Thresholds = THRESHOLDS) -> str:
    """What each gate alone says of series without an edge and with the modest one."""
    names = {
        "out_of_sample": "Beats hold on unseen years",
        "deflated_sharpe": "Better than luck",
        "overfitting": "The choice carries over",
        "plateau": "A plateau, not a peak",
    }
    lines = [
        "| gate alone | passes, no edge | passes at 0.8 | says no, no edge | says no at 0.8 |",
        "|---|---:|---:|---:|---:|",
    ]
    for key, name in names.items():
        gates = {
            drift: [judged(one, thresholds).gate(key) for one in measured(kept, drift)]
            for drift in (0, EDGE)
        }
        passed = [_share([gate.state == "pass" for gate in gates[d]]) for d in gates]
        decided = [_share([gate.decisive for gate in gates[d]]) for d in gates]
        lines.append(f"| {' | '.join([name, *passed, *decided])} |")
    return "\n".join(lines) + "\n"


def choices_table_of(kept: Mapping[str, Any], thresholds: Thresholds = THRESHOLDS) -> str:
    """How many series would be supported under other thresholds of the two mild gates."""
    shown = (0, 14, EDGE)
    heads = [
        f"of {kept['true_sharpe'][str(d)]['sharpe']:.2f}" if d else "without an edge" for d in shown
    ]
    lines = [
        f"| deflated Sharpe ≥ | PBO ≤ | supported {' | '.join(heads)} |",
        f"|---:|---:|{'---:|' * len(shown)}",
    ]
    now = (thresholds.deflated_sharpe.pass_at, thresholds.overfitting.pass_at)
    for dsr, pbo in sorted({now, *CHOICES}):
        table = thresholds.model_dump()
        table["deflated_sharpe"]["pass_at"], table["overfitting"]["pass_at"] = dsr, pbo
        other = Thresholds.model_validate(table)
        shares = [_share([word == WORDS[0] for word in verdicts(kept, d, other)]) for d in shown]
        cells = [f"{dsr:.2f}", f"{pbo:.2f}", *shares]
        if (dsr, pbo) == now:
            cells = [f"**{cell}**" for cell in cells]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def tables_of(kept: Mapping[str, Any]) -> str:
    """All that the page shows of the counts."""
    parts = (table_of(curve(kept)), gates_table_of(kept), choices_table_of(kept))
    return "\n".join(parts)


def _share(found: list[bool]) -> str:
    return f"{sum(found) / len(found):.0%}"


def draw(found: pd.DataFrame) -> None:
    """The curve as a picture, by the browser that the tests use."""
    sys.path.insert(0, str(ROOT / "tests"))
    from browser import open_page

    names = dict(zip(WORDS, ("SUPPORTED", "INCONCLUSIVE", "NOT SUPPORTED"), strict=True))
    lines = [
        Line(
            name,
            found["sharpe"].tolist(),
            (found[word] / found["n"]).tolist(),
            found[f"{word}_low"].tolist(),
            found[f"{word}_high"].tolist(),
        )
        for word, name in names.items()
    ]
    by_drift = found.set_index("drift")
    none, at_edge = by_drift.loc[0], by_drift.loc[EDGE]
    figure = line_chart(
        lines,
        x_label="true annual Sharpe of the best trial, after costs",
        y_label="share of series, %",
        y_metric="share",
        y_range=(0.0, 1.0),
        marks=[Mark(at_edge["sharpe"], "the edge to be found")],
        title=(
            f"{at_edge['SUPPORTED'] / at_edge['n']:.0%} of edges of {at_edge['sharpe']:.1f} are "
            f"supported, and {none['SUPPORTED'] / none['n']:.0%} of series without an edge"
        ),
        subtitle=(
            f"verdicts on the best of {searched()['n_trials']:,} trials over 20 years of days; "
            "bars: 90 % binomial"
        ),
    )
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "power.html"
        figure.write_html(page, include_plotlyjs=True, full_html=True)
        with open_page(page, size=(1000, 420)) as opened:
            opened.page.wait_for_selector(".main-svg")
            PICTURE.parent.mkdir(exist_ok=True)
            opened.page.locator(".plotly-graph-div").screenshot(path=PICTURE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulate", type=int, default=0, metavar="SEEDS")
    parser.add_argument("--drifts", type=int, nargs="+", choices=DRIFTS, default=DRIFTS)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if given.simulate:
        simulate(given.simulate, given.drifts)
    kept = read()
    shown = tables_of(kept)
    print(shown)
    if given.write:
        page = PAGE.read_text("utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n{shown}\n{END}{after}", "utf-8")
        draw(curve(kept))


if __name__ == "__main__":
    main()
