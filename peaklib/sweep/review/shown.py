"""Numbers as a report writes them."""

from peaklib.render.formats import format_range, format_value, style_of
from peaklib.robustness import Interval


def number(name: str, value: float) -> str:
    """A metric without its unit."""
    return format_value(value, style_of(name))


def span(found: Interval) -> str:
    """Both ends of an interval of a difference, signed."""
    return format_range("sharpe_diff", found.low, found.high)


def with_interval(name: str, found: Interval) -> str:
    """Estimate and ends."""
    return f"{number(name, found.estimate)} ({format_range(name, found.low, found.high)})"


def times(count: int) -> str:
    """How often, in words."""
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def percent(share: float) -> str:
    """A share as whole percent."""
    return f"{share * 100:.0f}\N{NO-BREAK SPACE}%"


def beside(value: float, threshold: float) -> str:
    """A number beside its threshold: with a third decimal where two would look equal."""
    text = number("dsr", value)
    same = text == number("dsr", threshold) and value != threshold
    return f"{value:.3f}" if same else text
