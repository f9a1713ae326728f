"""Many small cases in one test: to collect thousands of tests takes longer than to run them."""

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import signature
from typing import Any

import pytest

_LONGEST = 160


def every_case(
    names: str | tuple[str, ...], cases: Iterable[Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """One test that goes through all cases to the end, and names each one that fails.

    Written like `pytest.mark.parametrize`, for checks that leave nothing behind: all cases share
    the fixtures of the test.

    Args:
        names: of the arguments that a case fills.
        cases: at least one; a value each, or of several names a tuple of as many values.
    """
    several = isinstance(names, tuple)
    filled = names if isinstance(names, tuple) else (names,)
    known = [tuple(case) if several else (case,) for case in cases]
    if not known:
        raise ValueError(f"a test of every {', '.join(filled)} needs at least one case")

    def decorate(check: Callable[..., None]) -> Callable[..., None]:
        @wraps(check)
        def test(**fixtures: Any) -> None:
            failures = []
            for case in known:
                try:
                    check(**fixtures, **dict(zip(filled, case, strict=True)))
                except (Exception, pytest.fail.Exception) as error:
                    failures.append((case, error))
            if failures:
                told = [f"- {_short(case)}: {_said(error)}" for case, error in failures]
                heading = f"{len(failures)} of {len(known)} cases fail:"
                raise AssertionError("\n".join([heading, *told])) from failures[0][1]

        asked = signature(check)
        rest = [parameter for name, parameter in asked.parameters.items() if name not in filled]
        vars(test)["__signature__"] = asked.replace(parameters=rest)
        return test

    return decorate


def _short(case: tuple[Any, ...]) -> str:
    shown = ", ".join(map(repr, case))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", "\n  ")
