"""Faults of usage: what a reply says about its tokens."""

from collections.abc import Callable
from typing import Any, Final

from peaklib.llm.standin.exchange import Exchange
from peaklib.llm.standin.faults.change import Body, Changed, leave_out, put
from peaklib.llm.standin.faults.fault import Fault

GROUP: Final = "usage"
_ABSURD: Final = 10**12
_OVER: Final = 10


def _each(change: Callable[[int], Any]) -> Changed:
    """Another value for each count of tokens."""

    def all_of_them(body: Body, on: Exchange) -> None:
        usage = body["usage"]
        for name, value in usage.items():
            if isinstance(value, int):
                usage[name] = change(value)

    return Changed(all_of_them)


def _written(value: Callable[[Exchange], Any]) -> Changed:
    """Another count of written tokens."""

    def change(body: Body, on: Exchange) -> None:
        usage = body["usage"]
        name = "completion_tokens" if on.asked.api == "chat" else "output_tokens"
        usage["total_tokens"] += value(on) - usage[name]
        usage[name] = value(on)

    return Changed(change)


def _half(body: Body, on: Exchange) -> None:
    del body["usage"]["completion_tokens" if on.asked.api == "chat" else "output_tokens"]


def _odd_total(body: Body, on: Exchange) -> None:
    body["usage"]["total_tokens"] += 1_000


FAULTS: Final = (
    Fault("no-usage", "says nothing about tokens", leave_out("usage")),
    Fault("null-usage", "null for the usage", put("usage", None)),
    Fault("empty-usage", "a usage without any count", put("usage", {})),
    Fault("list-usage", "a list for the usage", put("usage", [1, 2, 3])),
    Fault("half-usage", "counts what it read, not what it wrote", Changed(_half)),
    Fault("negative-usage", "negative counts", _each(lambda count: -count - 1)),
    Fault("text-usage", "counts as text", _each(str)),
    Fault("float-usage", "counts with a fraction", _each(lambda count: count + 0.5)),
    Fault("bool-usage", "truth values for counts", _each(lambda count: True)),
    Fault("zero-usage", "counts of zero", _each(lambda count: 0)),
    Fault("absurd-usage", "a thousand billion tokens", _each(lambda count: _ABSURD)),
    Fault(
        "usage-over-cap",
        "more written tokens than were allowed",
        _written(lambda on: (on.asked.max_tokens or 0) + _OVER),
    ),
    Fault("total-usage", "a total that is not the sum", Changed(_odd_total)),
)
