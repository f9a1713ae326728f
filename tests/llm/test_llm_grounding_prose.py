"""Prose as a model writes it: right sentences pass, and each of the wrong ones is noticed."""

from llm.every_case import every_case

from peaklib.llm.grounding import Evidence, Fact, check_grounding

EVIDENCE = Evidence(
    [
        Fact("sp500.vol", 0.18312, "%", 1, "1999-2018", "S&P 500 volatility a year"),
        Fact("nq.vol", 0.25111, "%", 1, "1999-2018", "Nasdaq volatility a year"),
        Fact(
            "sp500.vol_now",
            0.2374,
            "%",
            1,
            "2018-12-31",
            "S&P 500 volatility over the last 21 days, a year",
        ),
        Fact("sp500.vol_rank", 0.87, "%", 0, "1999-2018", "share of days with lower volatility"),
        Fact("sp500.max_dd", -0.5678, "%", 1, "2007-10-09..2009-03-09", "largest drawdown"),
        Fact("sp500.dd_now", -0.1448, "%", 1, "2018-12-31", "drawdown today"),
        Fact("sp500.dd_peak", "2007-10-09", "date", None, "", "day of the peak"),
        Fact("sp500.dd_trough", "2009-03-09", "date", None, "", "day of the trough"),
        Fact("sp500.dd_days", 1259, "days", 0, "", "trading days from the trough to recovery"),
        Fact("sp500.ret.2008", -0.3849, "%", 1, "2008", "return of the S&P 500"),
        Fact("sp500.ret.2013", 0.2960, "%", 1, "2013", "return of the S&P 500"),
        Fact("nq.ret.2008", -0.4054, "%", 1, "2008", "return of the Nasdaq"),
        Fact("regime", "calm", "text", None, "2018-12-31", "regime now"),
        Fact("regime.days", 42, "days", 0, "2018-12-31", "days in this regime"),
        Fact("regime.n", 3, "count", 0, "", "number of regimes"),
        Fact(
            "breadth.200",
            0.35,
            "%",
            0,
            "2018-12-31",
            "share of 20 stocks above their 200-day average",
        ),
        Fact(
            "fwd21.calm.mean",
            0.0091,
            "%",
            1,
            "1999-2018",
            "mean return over the next 21 days, calm regime",
        ),
        Fact(
            "fwd21.calm.q10",
            -0.0312,
            "%",
            1,
            "1999-2018",
            "10 % quantile of the return over the next 21 days, calm regime",
        ),
        Fact(
            "fwd21.stress.mean",
            -0.0044,
            "%",
            1,
            "1999-2018",
            "mean return over the next 21 days, stress regime",
        ),
        Fact(
            "fwd21.calm.up",
            0.6312,
            "%",
            1,
            "1999-2018",
            "share of positive returns over the next 21 days, calm regime",
        ),
        Fact("fwd21.n", 239, "count", 0, "1999-2018", "independent windows of 21 days"),
        Fact("vix.close", 25.42, "", 2, "2018-12-31", "VIX close"),
        Fact("sp500.close", 2506.85, "", 2, "2018-12-31", "closing level"),
        Fact("ratio", 1.37, "x", 1, "", "Nasdaq volatility over that of the S&P 500"),
        Fact("sharpe", 0.23, "", 2, "1999-2018", "Sharpe ratio"),
        Fact("years", 19.97, "years", 1, "1999-2018", "length of the data"),
        Fact("es", 0.0281, "%", 2, "1999-2018", "expected shortfall a day, 5 % tail"),
        Fact("corr", -0.72, "", 2, "2014-2018", "correlation of VIX changes with returns"),
        Fact("pval", 0.0004, "", 4, "", "p-value"),
        Fact("diff", 0.068, "%", 1, "", "difference of the two volatilities"),
        Fact("ndays", 5031, "count", 0, "1999-2018", "number of days"),
    ]
)

RIGHT = [
    "## Summary",
    "The S&P 500 has been in a calm regime for 42 days [regime.days].",
    "Annualised volatility currently stands at 23.7 % [sp500.vol_now], compared with a "
    "long-run figure of 18.3 % [sp500.vol].",
    "Volatility has risen to 23.7 % [sp500.vol_now], which is higher than on 87 % of days "
    "[sp500.vol_rank] since 1999.",
    "Volatility fell from 25.1 % [nq.vol] to 18.3 % [sp500.vol].",
    "The index closed 2018 at 2,506.85 [sp500.close], 14.5 % [sp500.dd_now] below its peak.",
    "At year-end 2018 the index was 14.5 % [sp500.dd_now] under its high.",
    "The current drawdown is −14.5 % [sp500.dd_now].",
    "The current drawdown is 14.5 % [sp500.dd_now], well short of the 56.8 % "
    "[sp500.max_dd] seen in the financial crisis.",
    "The deepest drawdown, from 9 October 2007 [sp500.dd_peak] to 9 March 2009 "
    "[sp500.dd_trough], cost 56.8 % [sp500.max_dd].",
    "It then took 1,259 trading days [sp500.dd_days] to recover.",
    "In 2008, the S&P 500 returned −38.5 % [sp500.ret.2008] while the Nasdaq returned "
    "−40.5 % [nq.ret.2008].",
    "The S&P 500 lost 38.5 % [sp500.ret.2008] in 2008, and the Nasdaq 40.5 % [nq.ret.2008].",
    "In 2013 the index gained 29.6 % [sp500.ret.2013].",
    "2013 was strong (+29.6 % [sp500.ret.2013]), 2008 was not (−38.5 % [sp500.ret.2008]).",
    "Breadth is narrow: only 35 % [breadth.200] of the 20 stocks trade above their "
    "200-day average.",
    "Only 35 % of the 20 stocks are above their 200-day average [breadth.200].",
    "In the calm regime the mean return over the next 21 days was 0.9 % "
    "[fwd21.calm.mean], and 63.1 % [fwd21.calm.up] of windows were positive.",
    "The 10 % quantile over the next 21 days was −3.1 % [fwd21.calm.q10].",
    "Under stress the mean 21-day return was slightly negative, at −0.4 % [fwd21.stress.mean].",
    "These figures rest on 239 independent windows [fwd21.n].",
    "There are only 239 [fwd21.n] independent 21-day windows.",
    "The VIX closed at 25.42 [vix.close] on 31 December 2018.",
    "As of 31 December 2018, the VIX stood at 25.42 [vix.close].",
    "The Nasdaq was 1.4x [ratio] as volatile as the S&P 500.",
    "The Nasdaq's volatility was 1.4 times [ratio] that of the S&P 500.",
    "Over 1999–2018 the Sharpe ratio was 0.23 [sharpe].",
    "From 1999 to 2018, the Sharpe ratio was just 0.23 [sharpe].",
    "The sample covers 20.0 years [years], or 5,031 [ndays] observations.",
    "Expected shortfall is 2.81 % [es].",
    "VIX changes correlate negatively with returns (−0.72 [corr]).",
    "The p-value is 0.0004 [pval].",
    "The gap is 6.8 percentage points [diff].",
    "The gap between the two volatilities, 6.8 pp [diff], has persisted.",
    "The model distinguishes three regimes [regime.n].",
    "Of the 3 regimes [regime.n], the present one is calm [regime].",
    "The regime is calm [regime], as it has been for about 40 days [regime.days].",
    "Volatilities of 18.3 % and 25.1 % [sp500.vol, nq.vol] are not unusual.",
    "The S&P 500 and the Nasdaq had volatilities of 18.3 % and 25.1 %, respectively "
    "[sp500.vol, nq.vol].",
    "Both in 2008 and in 2013 moves were large: −38.5 % and +29.6 % [sp500.ret.2008, "
    "sp500.ret.2013].",
    "Volatility of roughly 18 % [sp500.vol] is typical.",
    "Losses reached 56.8 % [sp500.max_dd] at the worst point.",
    "The index dropped 56.8 % [sp500.max_dd] peak to trough.",
    "Peak to trough it shed some 56.8 percent [sp500.max_dd] of its value.",
    "**Drawdown:** −56.8 % [sp500.max_dd] (maximum), −14.5 % [sp500.dd_now] (current)",
    "| Measure | Value |",
    "|---|---|",
    "| Volatility | 18.3 % [sp500.vol] |",
    "| Max. drawdown | −56.8 % [sp500.max_dd] |",
    "What would change this view: a close above the 200-day average by most of the 20 "
    "stocks [breadth.200].",
    "With a Sharpe ratio of 0.23 [sharpe] over twenty years [years], risk was poorly paid.",
    "The average gain over the next 21 days was 0.9 % [fwd21.calm.mean].",
    "The S&P 500's volatility, at 18.3 % [sp500.vol], is lower than the Nasdaq's 25.1 % [nq.vol].",
    "That leaves the index 14.5 % off its high [sp500.dd_now].",
    "The index sits 14.5 % below its high [sp500.dd_now] and the VIX at 25.4 [vix.close].",
    "Since the start of 1999 volatility has averaged 18.3 % [sp500.vol].",
    "The correlation between the VIX and returns in 2014–2018 was −0.72 [corr].",
    "The index stood at about 2,507 points [sp500.close].",
]
WRONG = [
    "Volatility has risen to 27.3 % [sp500.vol_now].",
    "Volatility is higher than on 78 % of days [sp500.vol_rank].",
    "The index closed at 2,056.85 [sp500.close].",
    "The index closed at 2,506.58 [sp500.close].",
    "The index is 14.5 % [sp500.dd_now] above its low.",
    "The index gained 14.5 % [sp500.dd_now].",
    "In 2008, the S&P 500 returned 38.5 % [sp500.ret.2008].",
    "In 2013 the index lost 29.6 % [sp500.ret.2013].",
    "In 2009, the S&P 500 returned −38.5 % [sp500.ret.2008].",
    "In 2008 the Nasdaq returned −38.5 % [nq.ret.2008].",
    "The mean return over the next 63 days was 0.9 % [fwd21.calm.mean].",
    "The 5 % quantile over the next 21 days was −3.1 % [fwd21.calm.q10].",
    "It took 1,259 calendar days [sp500.dd_days].",
    "It took 1,295 days [sp500.dd_days].",
    "It took 12.59 thousand days [sp500.dd_days].",
    "It took 1,259 months [sp500.dd_days].",
    "The drawdown lasted from 9 October 2007 [sp500.dd_peak] to 9 March 2008 [sp500.dd_trough].",
    "From 10 September 2007 [sp500.dd_peak] on.",
    "Breadth is 53 % [breadth.200].",
    "Breadth is 35 % [breadth.200] of the 30 stocks.",
    "Breadth is 35 % [breadth.200] above the 50-day average.",
    "There are four regimes [regime.n].",
    "There are 293 [fwd21.n] independent windows.",
    "Correlation is 0.72 [corr].",
    "The p-value is 0.004 [pval].",
    "Nasdaq is 1.7x [ratio] as volatile.",
    "Nasdaq is twice [ratio] as volatile.",
    "The gap is 0.68 percentage points [diff].",
    "Volatility is 18.3 percentage points [sp500.vol].",
    "Daily volatility is 18.3 % [sp500.vol].",
    "Volatility was 18.3 % [sp500.vol] from 2000 to 2018.",
    "Volatility was 18.3 % [sp500.vol] in the 1990s.",
    "The Sharpe ratio is 0.32 [sharpe].",
    "The Sharpe ratio is 0.2 [sharpe].",
    "Volatility was 20 % [sp500.vol].",
    "Volatility was about 20 % [sp500.vol].",
    "Volatility was 18 %.",
    "More than 40 % of stocks [breadth.200].",
    "The sample covers 25 years [years].",
    "Expected shortfall is 28.1 % [es].",
    "Expected shortfall is 0.281 % [es].",
    "On the worst 1 % of days, the average loss was 2.81 % [es].",
    "About 2,500 points [sp500.close].",
    "About 2.5 million points [sp500.close].",
    "Half of the stocks [breadth.200].",
    "One third of the stocks [breadth.200].",
    "The regime is one of five [regime].",
    "Volatilities of 25.1 % and 18.3 % [sp500.vol, nq.vol].",
    "It fell by a quarter [sp500.dd_now].",
    "It doubled [ratio].",
    "The index lost 38.5 % [sp500.ret.2013].",
    "The VIX closed at 25.42 % [vix.close].",
    "The VIX closed at 24.25 [vix.close] in 2018.",
    "The VIX closed at 25.42 [vix.close] in 2017.",
    "Tomorrow it will be 3 % higher.",
    "The mean return over the next 21 days was 9.1 % [fwd21.calm.mean].",
    "The mean return over the next 21 days was +0.4 % [fwd21.stress.mean].",
    "The stress mean was 0.4 % [fwd21.stress.mean].",
    "The stress mean return was -0.4 % [fwd21.stress.means].",
    "The regime has lasted 24 days [regime.days].",
    "The regime has lasted 42 weeks [regime.days].",
    "The regime has lasted 42 [regime.days].",
    "The index is at 2506.9 thousand [sp500.close].",
    "Volatility is 18.3 [sp500.vol].",
    "The S&P 600 had volatility of 18.3 % [sp500.vol].",
]
DERIVED = [
    ("The index lost more than half [sp500.max_dd] of its value.", "wrong_value"),
    ("Nearly two decades of data underlie these numbers.", "uncited"),
    ("One window in ten lost 3.1 % [fwd21.calm.q10].", "wrong_value"),
    ("Volatility was 5.4 points [sp500.vol_now] above its mean.", "wrong_unit"),
]


@every_case("text", RIGHT)
def test_a_right_sentence_is_grounded(text: str) -> None:
    assert check_grounding(text, EVIDENCE).unsupported == ()


@every_case("text", WRONG)
def test_a_wrong_sentence_is_not_grounded(text: str) -> None:
    assert not check_grounding(text, EVIDENCE).grounded


@every_case(("text", "status"), DERIVED)
def test_what_a_model_works_out_by_itself_is_not_grounded(text: str, status: str) -> None:
    """True or not: the run has not computed it."""
    assert [c.status for c in check_grounding(text, EVIDENCE).unsupported] == [status]


def test_the_sentences_are_grounded_together_as_they_are_one_by_one() -> None:
    grounding = check_grounding("\n\n".join(RIGHT), EVIDENCE)
    assert grounding.unsupported == ()
    assert len(grounding.claims) > 80


def test_one_wrong_number_among_many_is_found_at_its_place() -> None:
    text = "\n".join([*RIGHT[:30], "Its volatility was 18.4 % [sp500.vol].", *RIGHT[30:]])
    (claim,) = check_grounding(text, EVIDENCE).unsupported
    assert text[claim.start : claim.end] == claim.number == "18.4 %"
    assert claim.text == "Its volatility was 18.4 % [sp500.vol]."
    assert (claim.key, claim.status) == ("sp500.vol", "wrong_rounding")
