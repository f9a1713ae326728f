"""Linear gauges: where a number between 0 and 1 lies, where it should lie, and one sentence.

They are HTML, not a figure: a reader without JavaScript or without colours sees the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from peaklib.errors import DataError
from peaklib.render.first_screen import SIGNS
from peaklib.render.formats import MISSING, format_metric
from peaklib.render.html import Fragment, escape, linked, rich

_STYLE: Final = "p_value"


@dataclass(frozen=True)
class Dial:
    """One gauge.

    Args:
        name: what is measured.
        value: in 0..1; NaN where it could not be computed.
        threshold: in 0..1; the value passes at the threshold or on the better side of it.
        better: which side is the better one.
        sentence: what the value means, in plain words; ``**words**`` are bold.
        link: where the name is defined, such as `#def-pbo`.
    """

    name: str
    value: float
    threshold: float
    better: Literal["higher", "lower"]
    sentence: str
    link: str = ""

    def __post_init__(self) -> None:
        where = f"dial {self.name!r}"
        if self.better not in ("higher", "lower"):
            raise DataError(f"{where}: better is {self.better!r}; it is 'higher' or 'lower'")
        if not 0 <= self.threshold <= 1:
            raise DataError(f"{where}: threshold is {self.threshold}, outside 0 to 1")
        if not (math.isnan(self.value) or 0 <= self.value <= 1):
            raise DataError(f"{where}: value is {self.value}, outside 0 to 1")

    @property
    def sign(self) -> Literal["pass", "fail", "open"]:
        """Which side of the threshold the value lies on; `open` without a value."""
        if math.isnan(self.value):
            return "open"
        is_higher = self.value > self.threshold
        passes = self.value == self.threshold or is_higher == (self.better == "higher")
        return "pass" if passes else "fail"

    @property
    def rule(self) -> str:
        """The threshold in signs: `≤ 0.20`."""
        return f"{'≥' if self.better == 'higher' else '≤'} {format_metric(_STYLE, self.threshold)}"


@dataclass(frozen=True, repr=False)
class Dials(Fragment):
    """See `dials`."""

    rows: tuple[Dial, ...]

    def html(self) -> str:
        """Each gauge with its name, value, rule and sentence."""
        return f'<div class="peak-dials">{"".join(_gauge(row) for row in self.rows)}</div>'

    def __repr__(self) -> str:
        return "\n".join(
            f"{SIGNS[row.sign]}  {row.name}: {_value(row)} ({row.rule}). {row.sentence}".replace(
                "**", ""
            )
            for row in self.rows
        )


def dials(rows: Sequence[Dial]) -> Dials:
    """Gauges from 0 to 1 side by side, each with its threshold and one sentence.

    Args:
        rows: one or more gauges.

    Raises:
        DataError: no gauges.
    """
    if not rows:
        raise DataError("dials: nothing to show; give at least one")
    return Dials(tuple(rows))


def _gauge(row: Dial) -> str:
    low, high = (row.threshold, 1.0) if row.better == "higher" else (0.0, row.threshold)
    marker = "" if math.isnan(row.value) else f'<b style="left:{_percent(row.value)}"></b>'
    words = f"{row.name}: {_value(row)}, {SIGNS[row.sign][2:]}; the rule is {row.rule}"
    return (
        f'<section class="peak-dial peak-{row.sign}"><h4>{linked(row.name, row.link)}</h4>'
        f"<p class=peak-reading><strong>{_value(row)}</strong> <span>{SIGNS[row.sign]}</span>"
        f"<small>needs {row.rule}</small></p>"
        f'<div class="peak-track" role="img" aria-label="{escape(words)}">'
        f'<i style="left:{_percent(low)};width:{_percent(high - low)}"></i>'
        f'<u style="left:{_percent(row.threshold)}"></u>{marker}</div>'
        f"<div class=peak-ends><span>0</span><span>1</span></div>"
        f"<p>{rich(row.sentence)}</p></section>"
    )


def _value(row: Dial) -> str:
    return MISSING if math.isnan(row.value) else format_metric(_STYLE, row.value)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"
