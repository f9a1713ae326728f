"""Conditions between parameters, such as `fast < slow and slow - fast >= 10`.

The text is parsed into a tree of a few known kinds of nodes and walked over arrays; it
is never evaluated as code.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

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
_ALLOWED = "names of parameters, numbers, + - *, < <= > >= == !=, and, or, not, parentheses"


@dataclass(frozen=True)
class Condition:
    """A parsed condition.

    Args:
        text: as written.
        names: parameters that it may speak of.
    """

    text: str
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        try:
            tree = ast.parse(self.text.strip(), mode="eval")
        except SyntaxError as error:
            raise self._wrong(f"cannot be read ({error.msg})") from None
        if not isinstance(tree.body, ast.Compare | ast.BoolOp | ast.UnaryOp):
            raise self._wrong("is not a comparison")
        for node in ast.walk(tree):
            self._check(node)

    def _wrong(self, what: str) -> ConfigError:
        return ConfigError(
            "where",
            [f"{self.text!r} {what}; allowed: {_ALLOWED}; parameters: {', '.join(self.names)}"],
        )

    def _check(self, node: ast.AST) -> None:
        match node:
            case ast.Name(id=name) if name not in self.names:
                raise self._wrong(f"speaks of {name!r}, which is no parameter of this grid")
            case ast.Constant(value=value) if type(value) not in (int, float):
                raise self._wrong(f"holds {value!r}, which is no number")
            case ast.BinOp(op=op) if type(op) not in _ARITHMETIC:
                raise self._wrong(f"uses {type(op).__name__}")
            case ast.Compare(ops=ops) if any(type(op) not in _COMPARE for op in ops):
                raise self._wrong("uses a comparison that is not known")
            case ast.UnaryOp(op=op) if not isinstance(op, ast.Not | ast.USub):
                raise self._wrong(f"uses {type(op).__name__}")
            case (
                ast.Expression()
                | ast.Name()
                | ast.Constant()
                | ast.BinOp()
                | ast.Compare()
                | ast.BoolOp()
                | ast.UnaryOp()
                | ast.operator()
                | ast.cmpop()
                | ast.boolop()
                | ast.unaryop()
                | ast.expr_context()
            ):
                return
            case _:
                raise self._wrong(f"uses {type(node).__name__}")

    def holds(self, values: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
        """Where the condition is true.

        Args:
            values: each parameter's values, all of shape (n,).

        Returns:
            (n,) of truth values.
        """
        tree = ast.parse(self.text.strip(), mode="eval")
        result = _walk(tree.body, values)
        size = next(iter(values.values())).size
        return np.broadcast_to(np.asarray(result, dtype=np.bool_), (size,))


def _walk(node: ast.expr, values: Mapping[str, NDArray[Any]]) -> Any:
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=value):
            return value
        case ast.BinOp(left=left, op=op, right=right):
            return _ARITHMETIC[type(op)](_walk(left, values), _walk(right, values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return np.logical_not(_walk(operand, values))
        case ast.UnaryOp(operand=operand):
            return -_walk(operand, values)
        case ast.BoolOp(op=op, values=parts):
            join = np.logical_and if isinstance(op, ast.And) else np.logical_or
            return _fold(join, [_walk(part, values) for part in parts])
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_walk(side, values) for side in [left, *others]]
            links = zip(ops, sides[:-1], sides[1:], strict=True)
            return _fold(np.logical_and, [_COMPARE[type(op)](a, b) for op, a, b in links])
    raise TypeError(f"unchecked node {type(node).__name__}")  # pragma: no cover


def _fold(join: Callable[[Any, Any], Any], parts: Sequence[Any]) -> Any:
    result = parts[0]
    for part in parts[1:]:
        result = join(result, part)
    return result
