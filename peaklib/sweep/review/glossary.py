"""The words of a report, explained for a reviewer without a statistics course."""

from collections.abc import Iterator

from peaklib.sweep.review.examination import Review
from peaklib.sweep.review.shown import percent

Entry = tuple[str, str, str]


def definitions_of(found: Review) -> list[Entry]:
    """Key, term and meaning of every word that the report links."""
    return [*_verdict(found), *_measures(found), *_search(), *_gates(found)]


def _verdict(found: Review) -> Iterator[Entry]:
    yield (
        "verdict",
        "The verdict",
        "**SUPPORTED**: every gate passes. **NOT SUPPORTED**: one gate fails so clearly that it "
        "answers the question alone, or all of them fail. **INCONCLUSIVE**: neither. **INVALID**: "
        "the evidence does not verify. A holdout that nobody has opened holds nothing up.",
    )
    yield (
        "trial",
        "Trial",
        "One combination of strategy, parameters, data, days and costs. The more of them are "
        "tried, the better the best one looks, skill or not.",
    )
    yield (
        "family",
        "Trials ever made",
        "All trials of the same strategies on the same instruments that the ledger knows, from "
        "whatever sweep, failed and deleted runs included.",
    )


def _measures(found: Review) -> Iterator[Entry]:
    level = found.thresholds.intervals.level
    yield (
        "sharpe",
        "Sharpe",
        "Mean return over its deviation, a year. 0 is what cash earns; over 20 years, a rule "
        "without skill easily shows 0.3 by chance.",
    )
    yield (
        "interval",
        f"{percent(level)} interval",
        "Where the true number probably lies: the history is drawn again "
        f"{found.thresholds.intervals.resamples:,} times in stretches of days, and "
        f"{percent(level)} of the results lie inside (stationary bootstrap, Politis and Romano "
        "1994).",
    )
    yield (
        "matched",
        "Same exposure, no timing",
        "Holding as large a share as the rule had on average, all the time. What a timing rule "
        "earns beyond it is timing.",
    )
    yield (
        "break-even",
        "Costs at which it dies",
        "Fees and slippage a side at which the best trial is no better than holding.",
    )


def _search() -> Iterator[Entry]:
    yield (
        "effective-trials",
        "Independent tries",
        "Neighbours in a grid make nearly the same trades, so a thousand trials may be worth ten "
        "independent ones: as many as would have the same best Sharpe by luck, given how the "
        "trials' returns move together.",
    )
    yield (
        "reality-check",
        "Best of all, tested (reality check)",
        "All trials are shifted until none beats hold, and the history is drawn again and again: "
        "how often does the best of them still look as good as it did? (White 2000, here with "
        "Sharpe ratios.)",
    )
    yield (
        "haircut",
        "Haircut Sharpe",
        "What is left of a Sharpe when its p-value is multiplied by the number of tries (Harvey "
        "and Liu 2015).",
    )
    yield (
        "track-record",
        "Track record needed",
        "Years until a Sharpe like the one on unseen days is above 0 with 95 % confidence "
        "(Bailey and López de Prado 2012).",
    )
    yield (
        "backtest-length",
        "Years that luck needs",
        "With fewer years than this, that many tries are expected to show such a Sharpe without "
        "any skill (Bailey, Borwein, López de Prado and Zhu 2014).",
    )


def _gates(found: Review) -> Iterator[Entry]:
    rule = found.thresholds
    yield (
        "walk-forward",
        "Walk-forward",
        f"From year {rule.out_of_sample.first_years + 1} on, the parameters are chosen again every "
        f"{rule.out_of_sample.months} months, each time by the highest Sharpe of all days before, "
        "among all strategies on this data set. One account trades the choices on days that none "
        "of them has seen, and pays for switching.",
    )
    yield (
        "deflated-sharpe",
        "Deflated Sharpe",
        "The probability that the true Sharpe is above the best that luck brings in so many tries. "
        f"The gate asks for {rule.deflated_sharpe.pass_at:.2f}; below "
        f"{rule.deflated_sharpe.fail_below:.2f}, luck is the better explanation (Bailey and López "
        "de Prado 2014).",
    )
    yield (
        "pbo",
        "PBO, probability of backtest overfitting",
        f"The days are cut into {rule.overfitting.blocks} blocks. In every way to take half of "
        "them, the best trial is chosen and looked up in the other half; PBO is the share of ways "
        "in which it is no better than the middle there. 0.5 is a coin (Bailey, Borwein, López de "
        "Prado and Zhu 2017).",
    )
    yield (
        "plateau",
        "Plateau",
        "A real effect does not vanish when a parameter moves by one step. A lone peak is a "
        "coincidence of this history.",
    )
    yield (
        "holdout",
        "Holdout",
        "The last years, which no run of the sweep could read. They can be opened for one trial, "
        "and the ledger counts every time that somebody looks.",
    )
