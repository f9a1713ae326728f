"""What an operator watches: counts of model calls for Prometheus, and one log line a call.

Counts are kept here, and Prometheus' library reads them when somebody asks, so that a call loads
and waits for nothing. A label takes no value that was not known when the process started: whatever
else comes is counted under `other`, and no text of a caller can grow the memory of a server.
`docs/observability/METRICS_CONTRACT.md` lists both, and a test holds it to what stands here.
"""

import json
import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import prod
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric as Family

OTHER: Final = "other"
"""Value of a label for everything that was not known beforehand."""

OF_CALL: Final = ("layer", "role", "provider", "model_id")
VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "layer": ("L0", "L1", "L2", "L3", "L4"),
    "role": ("primary", "critic"),
    "outcome": (
        *("ok", "denied", "budget", "timeout", "rate_limited", "quota", "outage"),
        *("client_error", "auth", "gone", "drift", "format", "disabled"),
    ),
    "direction": ("input", "output"),
    "kind": ("policy", "drift", "auth", "gone", "client_error"),
}
"""Values of labels, besides `other`; provider and model_id come in pairs, from the matrix."""

BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
"""Upper bounds of the histogram in seconds: from a small model to deep research."""


@dataclass(frozen=True)
class Metric:
    """One metric of the contract.

    Args:
        name: as Prometheus shows it.
        kind: `counter` or `histogram`.
        labels: names, in order.
        meaning: in one sentence.
    """

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str

    def most_series(self, services: int) -> int:
        """The most series that it can ever have in one process.

        Args:
            services: number of pairs of provider and model in the matrix.

        Returns:
            One for each combination of values, `other` included, which only `direction` has not;
            of a histogram as many as it has buckets, the last without a bound, sum and count.
        """
        sizes = {label: len(values) + (label != "direction") for label, values in VALUES.items()}
        of_labels = prod(sizes[label] for label in self.labels if label in sizes)
        of_services = services + 1 if "provider" in self.labels else 1
        return of_labels * of_services * (len(BUCKETS) + 3 if self.kind == "histogram" else 1)


CALLS: Final = Metric(
    "llm_calls_total",
    "counter",
    OF_CALL,
    "Routed calls, by the row asked last",
)
ATTEMPTS: Final = Metric(
    "llm_attempts_total",
    "counter",
    (*OF_CALL, "outcome"),
    "Requests that were sent, by how they ended",
)
SECONDS: Final = Metric(
    "llm_attempt_seconds",
    "histogram",
    ("layer", "provider", "model_id"),
    "Seconds from sending a request to its end, whatever end that was",
)
COST: Final = Metric(
    "llm_cost_micro_eur_total",
    "counter",
    OF_CALL,
    "Cost as settled, in millionths of a euro",
)
TOKENS: Final = Metric(
    "llm_tokens_total",
    "counter",
    (*OF_CALL, "direction"),
    "Tokens as settled, read (input) and written (output)",
)
ALERTS: Final = Metric(
    "llm_alerts_total",
    "counter",
    ("kind",),
    "Events that a person should look at; starts at 0",
)
METRICS: Final = (CALLS, ATTEMPTS, SECONDS, COST, TOKENS, ALERTS)
"""Everything that is exposed."""

_Labels = tuple[str, ...]


@dataclass
class _Durations:
    """Counts by bucket, the last one for what is longer than all bounds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def buckets(self) -> list[tuple[str, float]]:
        """Bounds with the number of durations up to them."""
        counted, pairs = 0, []
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), self.counts, strict=True):
            counted += count
            pairs.append((bound, float(counted)))
        return pairs


class CallMetrics:
    """Counts of the calls of one process, or of one router; there is no global state.

    Safe over threads. Each method takes the values of labels as they come.

    Args:
        services: pairs of provider and model id that have labels of their own.
    """

    def __init__(self, services: Collection[tuple[str, str]]) -> None:
        self._services = frozenset(services)
        self._lock = Lock()
        self._counts: dict[Metric, Counter[_Labels]] = {
            metric: Counter() for metric in METRICS if metric.kind == "counter"
        }
        self._counts[ALERTS].update({(kind,): 0 for kind in VALUES["kind"]})
        self._durations: dict[_Labels, _Durations] = {}

    def call(self, layer: str, role: str, provider: str, model_id: str) -> None:
        """Count a routed call, however it ended.

        Args:
            layer: that asked.
            role: that was asked for.
            provider: of the row that was asked last; anything else if there was none.
            model_id: of that row.
        """
        labels = self._of_call(layer, role, provider, model_id)
        with self._lock:
            self._counts[CALLS][labels] += 1

    def attempt(
        self,
        layer: str,
        role: str,
        provider: str,
        model_id: str,
        *,
        outcome: str,
        seconds: float,
        cost: int,
        input_tokens: int,
        output_tokens: int,
    ) -> None:
        """Count one request and what it used.

        Args:
            layer: that asked.
            role: that was asked for.
            provider: that the request went to.
            model_id: that it named.
            outcome: how it ended.
            seconds: how long it took, on a clock that never goes back.
            cost: as settled, micro-EUR.
            input_tokens: as settled.
            output_tokens: as settled.

        Raises:
            ValueError: a count is negative; nothing was counted.
        """
        if min(seconds, cost, input_tokens, output_tokens) < 0:
            raise ValueError("time, cost and tokens of an attempt only add up: none is negative")
        labels = self._of_call(layer, role, provider, model_id)
        with self._lock:
            self._counts[ATTEMPTS][*labels, _known("outcome", outcome)] += 1
            self._counts[COST][labels] += cost
            self._counts[TOKENS][*labels, "input"] += input_tokens
            self._counts[TOKENS][*labels, "output"] += output_tokens
            durations = self._durations.setdefault((labels[0], *labels[2:]), _Durations())
            durations.counts[bisect_left(BUCKETS, seconds)] += 1
            durations.total += seconds

    def alert(self, kind: str) -> None:
        """Count an event that a person should look at.

        Args:
            kind: one of `VALUES["kind"]`.
        """
        with self._lock:
            self._counts[ALERTS][_known("kind", kind),] += 1

    def text(self) -> bytes:
        """All counts in the text format of Prometheus, sorted."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry())

    def registry(self) -> "CollectorRegistry":
        """A registry that reads these counts whenever it is asked, for a server of metrics."""
        from prometheus_client import CollectorRegistry

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return registry

    def collect(self) -> Iterator["Family"]:
        """The counts as families of Prometheus' library, which calls this."""
        from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily

        with self._lock:
            counts = {metric: sorted(counter.items()) for metric, counter in self._counts.items()}
            durations = [
                (labels, entry.buckets(), entry.total)
                for labels, entry in sorted(self._durations.items())
            ]
        for metric in METRICS:
            if metric.kind == "counter":
                counted = CounterMetricFamily(metric.name, metric.meaning, labels=metric.labels)
                for labels, count in counts[metric]:
                    counted.add_metric(labels, count)
                yield counted
            else:
                timed = HistogramMetricFamily(metric.name, metric.meaning, labels=metric.labels)
                for labels, buckets, total in durations:
                    timed.add_metric(labels, buckets, total)
                yield timed

    def _of_call(self, layer: str, role: str, provider: str, model_id: str) -> _Labels:
        service = (provider, model_id)
        if service not in self._services:
            service = (OTHER, OTHER)
        return (_known("layer", layer), _known("role", role), *service)


def _known(label: str, value: str) -> str:
    return value if value in VALUES[label] else OTHER


# ---- log lines -----------------------------------------------------------------------------------

CALL_FIELDS: Final = (
    *("event", "level", "time", "run_id", "call_id", "layer", "role", "row", "provider"),
    *("model_id", "request_hash", "prompt_version", "outcome"),
)
"""Fields that every line of a call has; the rest may grow."""


class CallLog(Protocol):
    """A logger of structlog, as far as it is used: fields by name, `bind` for what stays."""

    def bind(self, **fields: Any) -> "CallLog":
        """The same log with fields that every further line has."""
        ...

    def info(self, event: str, **fields: Any) -> Any:
        """Write a line."""
        ...

    def warning(self, event: str, **fields: Any) -> Any:
        """Write a line that a person should look at."""
        ...


def call_log(path: Path, *, clock: Callable[[], datetime], redact: Callable[[str], str]) -> CallLog:
    """A logger of structlog that appends one line of JSON for each event to a file.

    A line is one write to the end of the file, so that threads and processes may share it. Keys
    are sorted; `time` is in UTC. No setting of structlog for the whole process is read or changed.

    Args:
        path: of the file; it is made with its first line, its folder has to exist.
        clock: of `time`.
        redact: replaces secrets in a text; asked for every value before it becomes JSON.

    Raises:
        OSError: by the logger: a line could not be written, or not as a whole.
    """
    from structlog import BoundLogger, wrap_logger

    def line(_logger: Any, level: str, event: Mapping[str, Any]) -> str:
        stamp = {"level": level, "time": clock().astimezone(UTC).isoformat()}
        plain = {name: _plain(value, redact) for name, value in event.items()} | stamp
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)

    log: CallLog = wrap_logger(
        _Lines(path),
        processors=[line],
        wrapper_class=BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=True,
    )
    return log


class _Lines:
    """The end of a file, where lines go."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def info(self, line: str) -> None:
        raw = line.encode("ascii") + b"\n"
        # Opened anew for each line: the file may be rotated, and a fork shares nothing.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        file = os.open(self._path, flags, 0o644)
        try:
            written = os.write(file, raw)
        finally:
            os.close(file)
        if written != len(raw):
            raise OSError(f"{self._path}: only {written} of {len(raw)} bytes of a line were kept")

    warning = error = info


def _plain(value: Any, redact: Callable[[str], str]) -> Any:
    """What JSON can say of a value, without secrets."""
    if isinstance(value, Mapping):
        return {redact(str(key)): _plain(entry, redact) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(entry, redact) for entry in value]
    if isinstance(value, bytes):
        return redact(value.decode("utf-8", "backslashreplace"))
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    safe = redact(text)
    is_number = type(value) is int or (type(value) is float and value - value == 0)
    return value if is_number and safe == text else safe
