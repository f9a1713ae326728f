"""Words of trades: advice, orders, signals, against descriptions of markets."""

from typing import Final

from peaklib.llm.guard.rule import Rule, patterns

# `_START` is where an order may begin, `_IT` what it would be about.
_START: Final = (
    r"(?:^[\W\d_]{0,12}|[:;!?,]\s{1,3}|\b(?:please|then|now|so|therefore|simply|just|or|but|to win|"
    r"here|today|again|dip|dips|weakness|strength|rallies)[,:]? )"
)
_IT: Final = (
    r"(?:it|them|this|that|these|those|the|your|our|all|some|more|half|any|every|a|an|into|on|at|"
    r"now|"
    r"here|today|when|if|only|only|before|after|below|above|calls?|puts?|stocks?|shares?|equities|"
    r"bonds?|futures|options|volatility|etfs?|protection|gold|cash|index|spy|vix|sp500|nasdaq|"
    r"s&p|\d|[a-z]{1,5}\d{0,3}(?= (?:at|now|below|above|here)\b))"
)
_SIDE: Final = r"(?:long|short)"
_TRADE: Final = (
    rf"(?:buy(?:ing)?|sell(?:ing)?|purchas(?:e|ing)|short(?:ing)? {_IT}|go(?:ing)? {_SIDE}|"
    rf"stay(?:ing)? {_SIDE}|be(?:ing)? {_SIDE}|accumulat(?:e|ing)|tak(?:e|ing) profits?|"
    r"(?:over|under)weight(?:ing)?|enter(?:ing)? (?:at|now|here|long|short|the market|a|new|"
    r"positions?)|"
    r"exit(?:ing)? (?:at|now|here|long|short|the market|positions?|all)|"
    r"(?:add|adding) (?:to (?:\w{1,12} ){0,3}(?:exposure|positions?|longs|shorts|holdings?|"
    r"equities|stocks|bonds|gold)|exposure|risk|positions?|longs|shorts)|buy(?:ing)? the dip|"
    r"(?:reduc|increas|clos|rais|lower|cut|trim)(?:e|ing|ming|ting)? "
    r"(?:\w{1,12} ){0,3}(?:exposure|positions?|holdings?|allocations?|longs|shorts|equities|"
    r"stocks)|"
    r"hold(?:ing)? (?:\w{1,12} ){0,2}(?:positions?|shares|stocks?|cash|equities)|"
    r"hedg(?:e|ing) (?:your|the|with|equity|equities|long|short|positions?|exposure|portfolios?)|"
    rf"(?:tak|open|initiat|establish|build)(?:e|ing)? (?:\w{{1,12}} ){{0,3}}positions?|"
    r"rotat(?:e|ing) (?:into|out)|allocat(?:e|ing) (?:\w{1,12} ){0,3}to|leverag(?:e|ing)|lever up|"
    r"invest(?:ing)? (?:in|now|here|today)|lighten(?:ing)? up|go(?:ing)? flat|"
    r"position(?:ing)? (?:yourself|themselves|your)|scal(?:e|ing) (?:in|into|out)\b|dollar-cost)"
)
_ADVICE: Final = (
    r"(?:you|we|one|they|investors?|traders?|readers?|clients?|funds?|it|and|or|positions?) "
    r"(?:should|ought to|must|need to|had better|may want to|might want to|may wish to|could|can)|"
    r"should|ought to|recommend(?:s|ed|ing)?|advis(?:e|es|ed|able)|suggest(?:s|ed)?|propos(?:e|es)|"
    r"consider(?:ing)?|(?:it is |it's |now is the |good |right |best |high )time|better|best|"
    r"wise|prudent|"
    r"worth(?:while)?|favou?rs?|prefer|let us|let's|(?:i|we) would|opportunity|reason|try|"
    r"(?:makes|make) sense|tempting|sensible|attractive|advantageous|remember"
)
_NUMBER: Final = r"[$€£]?\s?[\d][\d.,]{0,12}"


_DISCLAIMERS: Final = patterns(
    r"\b(?:no|not|neither|nor|never|without|isn't|nothing)\b[^.!?]{0,60}?"
    r"\b(?:recommendations?|advice|offer|invitation|solicitation|suggestions?|signals?|calls?|"
    r"reasons?)"
    r"(?: \w{1,12}){0,3} to (?:buy|sell|trade|invest)(?:,? (?:or|nor|and|to|buy|sell|hold|trade))*"
    r"(?: \w{1,12}){0,3}",
    r"\b(?:no (?:one|reader|investor)|nobody) (?:should|must|can) (?:buy|sell|trade)"
    r"(?:,? (?:or|nor|and|buy|sell|hold|trade)\b)*",
    r"\b(?:rules|strategies|systems|that|which) (?:go|went|are|were) (?:long|short)\b",
    r"\bbuy[- ]and[- ]hold(?! (?:the|it|them|this|these|your|shares|stocks|spy)\b)",
    r"\b(?:buy|sell)[- ](?:side|in|offs?|out|outs|backs?)\b(?! (?:the|it|at|now)\b)",
    # A question left open is no answer to it.
    r"\bwhether (?:\w{1,12} ){0,3}?(?:to|should|ought to) (?:buy|sell|hold|go (?:long|short))\b",
    r"\b(?:rule|strategy|strategies|model|system|filter|account|signal|backtest|it|that|which)s?"
    r" (?:may |can |could |would |will |must |should |had to |has to |does not |did not |cannot )"
    r"(?:\w{1,12} ){0,2}(?:buy|sell|go (?:long|short)|be (?:long|short)|stay (?:long|short)|hold|"
    r"enter|"
    r"exit|open|close|take)\b",
    r"\b(?:rule|strategy|strategies|model|system|filter|account|backtest)s?(?: \w{1,12}){0,3} to "
    r"(?:buy|sell|go (?:long|short)|be (?:long|short)|enter|exit)\b",
)

TRADE: Final = (
    Rule(
        "trade.advice",
        "advises a trade; this text may describe markets, not say what to do",
        patterns(
            rf"{_START}(?:{_TRADE.replace('|leverag(?:e|ing)', '')})(?<!ing) ?(?:{_IT}\b|$|[.!,;])",
            rf"{_START}(?:buy|sell|short) (?:\w{{1,12}} ){{0,2}}{_IT}\b",
            rf"{_START}(?:reduce|trim|increase|cut|close|add to|add|exit|raise|lower|hold|hedge) "
            r"(?:\w{1,12} ){0,3}(?:exposure|positions?|holdings?|longs|shorts|portfolios?|"
            r"allocations?)\b",
            rf"{_START}(?:take|book|lock in|bank) (?:\w{{1,12}} ){{0,2}}(?:profits?|gains)\b",
            rf"{_START}(?:overweight|underweight|accumulate|avoid) (?!in\b|of\b)\w",
            rf"\b(?:{_ADVICE})[,:]? (?:\w{{1,12}}[,]? ){{0,4}}?{_TRADE}\b",
            rf"\b(?:do not|don't|never) (?:{_TRADE})\b",
            r"\b(?:buy|sell|fade|short) (?:the |this |any |every |into |on )+(?:dips?|rall(?:y|"
            r"ies)|"
            r"strength|weakness|breakouts?|spikes?|pullbacks?|bounces?)\b",
            r"\b(?:strong|conviction|outright|clear|table[- ]pounding) (?:buy|sell)\b",
            r"\b(?:rat(?:ed|ing)|verdict|recommendation|stance|view|call|"
            r"action)[*_\"']{0,3}(?: is| of|:|,)?[*_\"']{0,3} "
            r"(?:an? )?[\"'*]{0,3}(?:buy|sell|hold|accumulate|(?:over|under)weight|long|"
            r"short)\b(?!-)",
            r"\bbuying opportunit|\b(?:attractive|good|ideal|favou?rable|tempting) (?:entry|"
            r"exit)\b",
            rf"\b(?:we|i|you) (?:are|am|remain|stay|turn|go|would be) (?:\w{{1,12}} )?(?:{_SIDE}|"
            r"(?:over|under)weight|buyers?|sellers?)\b(?!-| of hope)",
            r"(?:^|[^\w])(?:over|under)weight (?:equities|stocks|bonds|cash|tech|technology|gold|"
            r"duration|credit|the)\b",
            r"\b(?:use|apply|add|take on|employ) (?:\w{1,12} ){0,2}leverage\b|\blever up\b",
            r"\bleverage (?:the|this|your|up|it|into)\b",
            r"\bgo (?:long|short)\b",
            # "rushed to sell" tells what happened, "a trigger to buy" what to do.
            r"\b(?!\w{1,12}ed |began |had |have |unable |able |chose |were |was |free )\w{1,12} "
            r"to (?:buy|sell)\b(?!-)",
            rf"{_START}(?:get|stay|remain|keep|be|move) (?:in|into|out of|invested in) "
            r"(?:cash|equities|stocks|bonds|the market|the index)\b",
            rf"{_START}(?:raise cash|put on (?:a |an |some )?"
            r"(?:long|short|hedge|trade|position)\w*)",
            r"\b(?:long|short|overweight|underweight|hedges?|exposure|equities|stocks|bonds)\b"
            r".{0,60} (?:looks?|is|are|seems?|remains?|appears?) (?:now |still |most |more )?"
            r"(?:attractive|warranted|advisable|compelling|recommended|favou?red|a bargain)\b",
            r"\bvalue in (?:being|buying|going|owning|holding|selling)\b",
            rf"{_START}(?:position (?:yourself|your)|scale (?:in|into|out)|dollar-cost|lighten up|"
            r"go flat)\b",
            rf"{_START}(?:enter|open|take|initiate|establish|build|exit|close|keep|cover) "
            r"(?:\w{1,12} ){0,3}positions?\b",
            rf"{_START}(?:exit|sell|buy|cover) (?:if|when|once|as soon)\b",
            rf"{_START}(?:allocate|invest) (?:about |some |at least |up to )?\d",
            rf"{_START}(?:{_SIDE}) [\w&]{{2,12}}(?: \d{{2,4}})?(?:,| and|\.|$)(?! run| term)",
            rf"\b(?:moment|trade|idea|move|play|course|step|plan|action|time) (?:is |would be |"
            rf"remains )?"
            rf"to (?:\w{{1,12}} ){{0,3}}{_TRADE}\b",
            r"\b(?:investors?|traders?|readers?|clients?|you) (?:are|is) (?:well )?advised to\b",
            r"^\W{0,6}(?:buying|selling|shorting|hedging|holding)\b.{0,60} (?:is|are|looks|seems|"
            r"remains)"
            r" (?:now |still )?(?:recommended|attractive|advisable|sensible|wise|warranted|"
            r"justified|"
            r"appropriate|prudent|worthwhile|a good|the right|best)\b",
            r"\b(?:recommended|suggested|advised|proposed) (?:\w{1,12} )?(?:allocations?|weights?|"
            r"weightings?|exposures?|positions?|trades?|hedges?|leverage|portfolio|stops?)\b",
            r"\b(?:is|are|remains?|looks like|became) (?:an? )(?:\w{1,12} )?(?:buy|sell|hold)\b"
            r"(?!-| signal)",
            r"\b(?:recommend|suggest|propose|advise|favou?r|prefer|like|consider)(?:s|ed|ing)? "
            r"(?:a |an |the |taking |opening |holding |new |modest |small ){0,3}(?:long|short|"
            r"overweight|"
            r"underweight)[- ](?:positions?|exposure|side|bias|stance)\b",
        ),
        _DISCLAIMERS,
    ),
    Rule(
        "trade.order",
        "names an order, a price to act at, or a size; no trades belong here",
        patterns(
            rf"\bstops? ?(?:orders? )?(?:is |goes |set |placed )?"
            rf"(?:at|below|above|under|near|around|to|:|=) ?{_NUMBER}",
            rf"\bstop[- ]?loss(?:es)? ?(?:orders? )?(?:is |goes |set |placed )?"
            rf"(?:at|below|above|under|near|around|to|:|=) ?(?:the |{_NUMBER})",
            r"\bstops?(?:[- ]loss(?:es)?)? (?:orders? )?(?:should|must|can|could|are|is|needs? to) "
            r"(?:be )?(?:placed|set|moved|put|kept|trailed)\b",
            rf"(?:^|[.;] )\W{{0,4}}(?:upside |downside |price )?targets?\W{{0,4}}[:=] ?{_NUMBER}",
            r"\b(?:place|set|put|use|keep|move|trail|"
            r"tighten) (?:\w{1,12} ){0,3}stops?(?:[- ]loss(?:es)?)?\b",
            r"\btake[- ]profits?\b ?(?:orders? |levels? |targets? )?(?:at|near|around|above|"
            r"below|is|:|=)",
            r"\b(?:target prices?|price targets?|upside targets?|downside targets?)\b ?"
            r"(?:of|is|at|are|near|:|=|to)",
            rf"\btargets?(?: of| at|ing|:| =)? ?{_NUMBER} ?(?:on the upside|usd|dollars|within|"
            rf"by year)",
            rf"\bposition siz(?:e|ing)\b ?(?:of|is|at|should|to|:|=) ?(?:{_NUMBER}|be|about|up|no)",
            r"\brisk(?:ing)? (?:no more than |at most |up to |about |only )?\d[\d.]{0,5} ?(?:%|"
            r"percent|r\b)"
            r"(?: \w{1,10}){0,3} (?:capital|account|equity|portfolio|per trade|trade)",
            r"\b\d[\d.]{0,5} ?(?:x|×|times|:1)[- ]leverage|\bleverage (?:of|at|to) ?\d",
            rf"\b(?:enter|entry|exit|entries|exits)(?: \w{{1,10}})? ?(?:at|near|around|below|"
            rf"above|:|=) "
            rf"?{_NUMBER}",
            r"\b(?:enter|entry|exit) (?:level|zone|price|target)s?\b ?(?:at|of|is|:|=|near|"
            r"between)",
            rf"\b(?:limit|market|buy|sell|stop) orders? (?:at|for|near|below|above) ?(?:the |"
            rf"{_NUMBER})",
            rf"\b(?:long|short|buy|sell) (?:[\w&]{{1,8}} ){{0,2}}(?:at|@) ?{_NUMBER}",
        ),
        _DISCLAIMERS[:2],
    ),
    Rule(
        "trade.signal",
        "calls something a signal to trade; signals belong behind the gate",
        patterns(
            r"\b(?:is|are|gives?|giving|generates?|generating|flash(?:es|ing)?|issues?|triggers?|"
            r"sends?|"
            r"remains?|constitutes?|new|current|fresh|active|today's) (?:(?:us|you|a|an|another|"
            r"the|strong|"
            r"clear|fresh|new|weak|early|valid|current) ){0,3}(?:buy|sell|entry|exit|long|short|"
            r"trading)"
            r" signals?\b",
            r"\b(?:trade|trading) (?:ideas?|setups?|recommendations?|calls?|alerts?|"
            r"tips?)\b(?! are not| is not)",
            r"\bsignal(?: today| now)?(?: is|:|=) ?[\"'*]{0,3}(?:buy|sell|long|short|enter|exit)\b",
        ),
        patterns(
            r"\b(?:no|not|never|nor|without|neither)\b(?: \w{1,12},?){0,5} (?:signals?|ideas?|"
            r"setups?|"
            r"recommendations?|calls?|tips?|alerts?)\b",
        ),
    ),
)
