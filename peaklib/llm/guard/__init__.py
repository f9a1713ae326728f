"""What a text of a model, or a source that goes to one, must not hold: trades, orders, keys, code.

Rules of four groups, each a list of patterns over one sentence at a time:

=============  =====================================================================
`trade`        advice, orders, signals: what a reader could execute
`injection`    sentences that give orders to the model that will read them
`secret`       forms that only keys have; the excerpt does not repeat them
`page`         links, HTML and scripts in prose that goes into a page
=============  =====================================================================

Rules read words and have no judgement. They are made for prose that describes markets in the
third person ("the rule goes long above its average"); they will miss advice in other words.
Every pattern looks at a bounded stretch of text, so time grows with the length of the text only.
"""

from peaklib.llm.guard.find import GROUPS, RULES, Finding, findings

__all__ = ["GROUPS", "RULES", "Finding", "findings"]
