"""A strategy: a named, versioned function from bars to a target position."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import StrategyError
from peaklib.features import Bars
from peaklib.features.parameters import Number, Parameter, read_numbers

Floats = NDArray[np.float64]
Target = Callable[..., Floats]
WarmUp = Callable[..., int]


@dataclass(frozen=True, repr=False)
class Strategy:
    """Rule with a name, a version and described parameters.

    Args:
        name: unique among all that is installed.
        version: raise it whenever the same bars and parameters give another target.
        function: `(bars, **params) -> (n,) target position in [-1, 1]`, each decided at
            the close of its bar and from rows up to it.
        parameters: by name, in the order of the signature.
        warm_up: `(**params) -> bars` at the start whose target is always 0.
        summary: first line of the function's docstring.
        inner: the strategy that this one stands around, if it is a wrapper.
        research_only: it is here to be examined, and may never be promoted.
    """

    name: str
    version: str
    function: Target
    parameters: Mapping[str, Parameter]
    warm_up: WarmUp
    summary: str = field(compare=False)
    inner: "Strategy | None" = None
    research_only: bool = False

    def __repr__(self) -> str:
        defaults = ", ".join(f"{name}={p.default!r}" for name, p in self.parameters.items())
        return f"Strategy({self.name!r}, version {self.version!r}: {defaults or 'no parameters'})"

    def parameter(self, name: str) -> Parameter:
        """One parameter.

        Raises:
            StrategyError: there is none of that name; lists what there is.
        """
        if name not in self.parameters:
            allowed = ", ".join(self.parameters) or "none"
            raise StrategyError(
                f"strategy {self.name!r} has no parameter {name!r}; it has: {allowed}"
            )
        return self.parameters[name]

    def check(self, name: str, value: object) -> Number:
        """One value of a parameter in its type.

        Raises:
            StrategyError: unknown name, wrong type or out of range.
        """
        try:
            return self.parameter(name).check(value)
        except ValueError as error:
            raise StrategyError(f"strategy {self.name!r}: {error}") from None

    def resolve(self, params: Mapping[str, object] | None = None) -> dict[str, Number]:
        """All parameters with defaults filled in, checked.

        Raises:
            StrategyError: unknown name, wrong type or out of range.
        """
        given = {name: self.check(name, value) for name, value in (params or {}).items()}
        return {name: given.get(name, p.default) for name, p in self.parameters.items()}

    def warm_up_bars(self, params: Mapping[str, object] | None = None) -> int:
        """Bars at the start whose target is 0 with these parameters."""
        return int(self.warm_up(**self.resolve(params)))

    def targets(self, bars: Bars, params: Mapping[str, object] | None = None) -> Floats:
        """Target position at the close of each bar, (n,) in [-1, 1].

        Raises:
            StrategyError: a parameter is wrong, or the function returned something that
                is no position.
        """
        target = self.function(bars, **self.resolve(params))
        return check_target(target, len(bars), self.name)

    def code_digest(self) -> str:
        """SHA-256 of the sources that the function leads to (first 16 hex digits).

        That is its module and every one behind it, or for a function of a notebook's cell its
        source and what it reads. Libraries count in `libraries`. A wrapper's digest covers the
        strategy inside as well. `unknown` where the function has no source.
        """
        own = self._source_digest()
        return own if self.inner is None else f"{own}+{self.inner.code_digest()}"

    def libraries(self) -> dict[str, str]:
        """Versions of the distributions behind the function and the strategy inside, by name."""
        inside = {} if self.inner is None else self.inner.libraries()
        return inside | _code_of(self.function)[1]

    def _source_digest(self) -> str:
        from peaklib.features.code import code_digest

        text = self._source()
        if text is None:
            return "unknown"
        sources, _ = _code_of(self.function)
        # The text besides: a file that changed while the process ran may have no digest there.
        return code_digest({**sources, "": sha256(text.encode()).hexdigest()})[:16]

    def _source(self) -> str | None:
        # A notebook's cells are no module with a source, but its functions have one.
        for target in (inspect.getmodule(self.function), self.function):
            with suppress(OSError, TypeError):
                if target is not None:
                    return inspect.getsource(target)
        return None


def _code_of(function: Target) -> tuple[dict[str, str], dict[str, str]]:
    """Digests of the sources behind a function, and versions of the libraries."""
    # Late: it looks at the process, which costs more than the rest of this module.
    from peaklib.features.code import UNKNOWN, code_of

    sources: dict[str, str] = {}
    libraries: dict[str, str] = {}
    for name, found in code_of(function).items():
        is_digest = found == UNKNOWN or len(found) == 64
        (sources if is_digest else libraries)[name] = found
    return sources, libraries


def check_target(target: object, n_bars: int, strategy: str) -> Floats:
    """The target as a contiguous float64 array.

    Raises:
        StrategyError: wrong shape, NaN, or outside [-1, 1]; names the bar.
    """
    array = np.ascontiguousarray(target, dtype=np.float64)
    if array.shape != (n_bars,):
        raise StrategyError(
            f"strategy {strategy!r} returned shape {array.shape}, expected ({n_bars},): "
            "one target position for each bar"
        )
    bad = np.flatnonzero(~((array >= -1.0) & (array <= 1.0)))
    if bad.size:
        raise StrategyError(
            f"strategy {strategy!r}: target at bar {bad[0]} is {array[bad[0]]}; a target is a "
            "share of equity from -1 to 1, and 0 while the rule warms up"
        )
    return array


def parameters_of(function: Target, strategy: str) -> Mapping[str, Parameter]:
    """The parameters of a strategy's function, all but the bars.

    Raises:
        StrategyError: one is not written as a parameter.
    """
    try:
        return read_numbers(function, n_inputs=1)
    except ValueError as error:
        raise StrategyError(f"strategy {strategy!r}: {error}") from None


def strategy(
    name: str, version: str, *, warm_up: WarmUp, research_only: bool = False
) -> Callable[[Target], Strategy]:
    """Make a strategy of a function; see `Strategy` for what the arguments mean."""

    def decorate(function: Target) -> Strategy:
        summary = (inspect.getdoc(function) or "").partition("\n")[0]
        if not summary:
            raise StrategyError(f"strategy {name!r} has no docstring; say in one line what it does")
        parameters = parameters_of(function, name)
        return Strategy(
            name, version, function, parameters, warm_up, summary, research_only=research_only
        )

    return decorate
