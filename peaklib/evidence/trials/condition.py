"""Conditions between parameters, such as `fast < slow and slow - fast >= 10`.

The text is parsed into a tree of a few known kinds of nodes and walked over arrays; it
is never evaluated as code.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from peaklib.errors import ConfigError

_COMPARE: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_ALLOWED: Final = "names of parameters, numbers, + - *, < <= > >= == !=, and, or, not, parentheses"
_LONGEST: Final = 1_000
# Beyond this, whole numbers are no longer exact as floating-point numbers.
_LARGEST: Final = 2**53


@dataclass(frozen=True)
class Condition:
    """A parsed condition.

    Args:
        text: as written.
        names: parameters that it may speak of.

    Raises:
        ConfigError: it cannot be read, or uses something else than `names` and a few signs.
    """

    text: str
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        self._check_truth(self._tree())

    def holds(self, values: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
        """Where the condition is true.

        Args:
            values: each parameter's values, all of shape (n,).

        Returns:
            (n,) of truth values.
        """
        numbers = {name: np.asarray(column, dtype=np.float64) for name, column in values.items()}
        size = next(iter(numbers.values())).size
        return np.broadcast_to(np.asarray(_truth(self._tree(), numbers), dtype=np.bool_), (size,))

    def _tree(self) -> ast.expr:
        if len(self.text) > _LONGEST:
            self._refuse(f"is longer than {_LONGEST} characters")
        try:
            return ast.parse(self.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            self._refuse(f"cannot be read ({getattr(error, 'msg', None) or 'too deep'})")

    def _refuse(self, what: str) -> NoReturn:
        text = self.text if len(self.text) <= 80 else f"{self.text[:77]}..."
        raise ConfigError(
            "where",
            [f"{text!r} {what}; allowed: {_ALLOWED}; parameters: {', '.join(self.names)}"],
        )

    def _check_truth(self, node: ast.expr) -> None:
        """Make sure that a node is true or false."""
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others):
                strange = [type(op).__name__ for op in ops if type(op) not in _COMPARE]
                if strange:
                    self._refuse(f"compares by {strange[0]!r}")
                for side in [left, *others]:
                    self._check_number(side)
            case ast.BoolOp(values=parts):
                for part in parts:
                    self._check_truth(part)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self._check_truth(operand)
            case _:
                self._refuse(f"holds {ast.unparse(node)!r}, which is no comparison")

    def _check_number(self, node: ast.expr) -> None:
        """Make sure that a node is a number."""
        match node:
            case ast.Name(id=name):
                if name not in self.names:
                    self._refuse(f"speaks of {name!r}, which is no parameter of this grid")
            case ast.Constant(value=value):
                if not _is_usual(value):
                    self._refuse(f"holds {str(value)[:40]!r}, which is no number of a usual size")
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                self._check_number(left)
                self._check_number(right)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                self._check_number(operand)
            case _:
                self._refuse(f"holds {ast.unparse(node)!r}, which is no number")


def _is_usual(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= _LARGEST


def _truth(node: ast.expr, values: Mapping[str, NDArray[Any]]) -> Any:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_number(side, values) for side in [left, *others]]
            links = zip(ops, sides[:-1], sides[1:], strict=True)
            return reduce(np.logical_and, [_COMPARE[type(op)](a, b) for op, a, b in links])
        case ast.BoolOp(op=op, values=parts):
            join = np.logical_and if isinstance(op, ast.And) else np.logical_or
            return reduce(join, [_truth(part, values) for part in parts])
        case ast.UnaryOp(operand=operand):
            return np.logical_not(_truth(operand, values))
    raise TypeError(f"unchecked node {type(node).__name__}")


def _number(node: ast.expr, values: Mapping[str, NDArray[Any]]) -> Any:
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.BinOp(left=left, op=op, right=right):
            return _ARITHMETIC[type(op)](_number(left, values), _number(right, values))
        case ast.UnaryOp(operand=operand):
            return -_number(operand, values)
    raise TypeError(f"unchecked node {type(node).__name__}")
