"""The computed tables of docs/reference/metrics.md; run this file to print them."""

from collections.abc import Iterable, Sequence

from metric_edges import EDGES, answer, number
from metric_libraries import AGREEMENTS, DIFFERENCES, Call

from peaklib import metrics
from peaklib.backtest import BacktestResult, run_backtest
from peaklib.data import Dataset, load


def buy_and_hold(dataset: Dataset) -> BacktestResult:
    """Bought at the second open, without costs."""
    return run_backtest("buy_and_hold", dataset)


def crossover(dataset: Dataset) -> BacktestResult:
    """A strategy that is flat four days of ten and pays 10 basis points a side."""
    return run_backtest("sma_crossover", dataset, {"fast": 20, "slow": 50}, fees_bps=10)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def reference_values(hold: BacktestResult, traded: BacktestResult) -> str:
    """Every stored number, and the tail ratio, of both results."""
    rows = [
        [f"`{name}`", number(hold.metrics[name]), number(traded.metrics[name])]
        for name in metrics.METRIC_NAMES
    ]
    tails = [number(metrics.tail_ratio(result.returns)) for result in (hold, traded)]
    return table(["metric", "hold", "crossover"], [*rows, ["`tail_ratio`", *tails]])


def drawdown_dates(hold: BacktestResult, traded: BacktestResult) -> str:
    """Where the largest drawdown of both results lies."""
    rows = []
    for name, result in (("hold", hold), ("crossover", traded)):
        found, days = metrics.drawdown(result.returns), result.returns.index
        recovery = f"{days[found.recovery]:%Y-%m-%d}" if found.recovery >= 0 else "never"
        rows.append(
            [
                name,
                number(found.depth),
                f"{days[found.peak]:%Y-%m-%d}" if found.peak >= 0 else "the start",
                f"{days[found.trough]:%Y-%m-%d}",
                recovery,
            ]
        )
    return table(["result", "depth", "peak", "trough", "recovery"], rows)


def agreements() -> str:
    """Which calls give our number."""

    def calls(found: Sequence[Call]) -> str:
        return ", ".join(f"`{call.text}`" for call in found)

    rows = [[f"`{row.metric}`", row.options or "–", calls(row.calls)] for row in AGREEMENTS]
    return table(["metric", "our options", "the same number"], rows)


def differences(hold: BacktestResult, traded: BacktestResult) -> str:
    """Which calls do not, with both numbers."""
    rows = [
        [
            f"`{row.metric}`",
            f"`{row.call.text}`",
            row.what,
            *(
                number(value)
                for result in (hold, traded)
                for value in (row.ours(result), row.call(result.returns))
            ),
        ]
        for row in DIFFERENCES
    ]
    head = ["metric", "their call", "what differs", "hold, ours", "theirs"]
    return table([*head, "crossover, ours", "theirs"], rows)


def edges() -> str:
    """Their answer and ours on small series."""
    rows = [
        [
            f"`{row.metric}`",
            row.series,
            f"`{row.call.text}`",
            answer(row.call, row.given),
            answer(row.ours, row.given),
            row.why,
        ]
        for row in EDGES
    ]
    return table(["metric", "series r", "their call", "theirs", "ours", "their rule"], rows)


def main() -> None:
    """Print all tables in the order of the page."""
    sp500 = load("sp500")
    hold, traded = buy_and_hold(sp500), crossover(sp500)
    print(reference_values(hold, traded), drawdown_dates(hold, traded), sep="\n\n", end="\n\n")
    print(agreements(), differences(hold, traded), edges(), sep="\n\n")


if __name__ == "__main__":
    main()
