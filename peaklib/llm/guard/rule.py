"""One rule of the guard: patterns that it forbids, and what excuses them."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Patterns with one name and one reason.

    Args:
        name: group and name, such as `trade.order`.
        reason: what the rule says.
        patterns: any of them is a finding.
        excuses: what they match is taken out of a sentence first.
    """

    name: str
    reason: str
    patterns: tuple[re.Pattern[str], ...]
    excuses: tuple[re.Pattern[str], ...] = ()

    def match(self, sentence: str) -> re.Match[str] | None:
        """The first place that the rule names, once what excuses it is taken out."""
        for excuse in self.excuses:
            sentence = excuse.sub(_blank, sentence)
        return next((found for p in self.patterns if (found := p.search(sentence))), None)


def patterns(*sources: str) -> tuple[re.Pattern[str], ...]:
    """Patterns that do not tell upper from lower case."""
    return tuple(re.compile(source, re.IGNORECASE) for source in sources)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
