"""Whether work takes as long as a text is long, told on a busy machine too."""

import time
from collections.abc import Callable

_ATTEMPTS = 3
# Eight times the text in eight times the time; quadratic work takes 64 times.
_MOST = 16
# So many seconds are no trouble, whatever a text of an eighth takes.
_NO_TROUBLE = 0.5


def grows_with_length_only(work: Callable[[str], object], text_of: Callable[[int], str]) -> bool:
    """Whether eight parts of a text take about eight times as long as one.

    Time is that of this process on the processor, and the least of three measurements.

    Args:
        work: reads a text.
        text_of: a text of so many parts.
    """
    one, eight = text_of(1), text_of(8)
    short = min(_seconds(work, one) for _ in range(_ATTEMPTS))
    bound = max(_NO_TROUBLE, _MOST * short)
    return any(_seconds(work, eight) < bound for _ in range(_ATTEMPTS))


def _seconds(work: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    work(text)
    return time.process_time() - started
