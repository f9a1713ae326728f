"""Which parameter values a notebook really ran with, and what each of them means."""

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from peaklib.errors import NotebookError
from peaklib.render.html import Fragment, escape

if TYPE_CHECKING:
    from nbformat import NotebookNode

DEFAULTS_TAG: Final = "parameters"
INJECTED_TAG: Final = "injected-parameters"


@dataclass(frozen=True)
class Parameter:
    """One parameter of an executed notebook.

    Args:
        name: Python name.
        value: the value used, as Python writes it.
        comment: unit and meaning, from the comment behind the default.
        default: the default, as Python writes it; empty where the notebook has none.
        given: whoever ran the notebook passed a value, even if it equals the default.
    """

    name: str
    value: str
    comment: str
    default: str
    given: bool

    @property
    def is_changed(self) -> bool:
        """True if the value used is not the default."""
        return not _same(self.value, self.default)

    @property
    def source(self) -> str:
        """Where the value came from: `given` by the run, or the notebook's `default`."""
        return "given" if self.given else "default"


@dataclass(frozen=True, repr=False)
class ParameterTable(Fragment):
    """The parameters actually used, as a table; changed ones are bold."""

    rows: tuple[Parameter, ...]

    def html(self) -> str:
        """A table that is readable without JavaScript."""
        body = "\n".join(
            f"<tr{' class=peak-changed' if row.is_changed else ''}>"
            f"<td><code>{escape(row.name)}</code></td><td><code>{escape(row.value)}</code></td>"
            f"<td>{escape(row.comment)}</td><td><code>{escape(row.default)}</code></td>"
            f"<td>{row.source}</td></tr>"
            for row in self.rows
        )
        heads = "".join(
            f"<th scope=col>{name}</th>"
            for name in ("name", "value", "unit and meaning", "default", "source")
        )
        return (
            '<div class="peak-table peak-parameters"><table><caption>Parameters actually used'
            f"</caption><thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table></div>"
        )

    def __repr__(self) -> str:
        return "\n".join(
            f"{'*' if row.is_changed else ' '} {row.name} = {row.value}  # {row.comment}".rstrip(
                " #"
            )
            for row in self.rows
        )


def parameters_used(notebook: "NotebookNode") -> tuple[Parameter, ...]:
    """Read the parameters that an executed notebook ran with.

    Defaults and comments come from the cell tagged `parameters`, values from the cell that
    papermill injected, or from papermill's metadata where no such cell exists.

    Args:
        notebook: an nbformat 4 notebook.

    Returns:
        Changed parameters first, otherwise in the order of the parameters cell; parameters
        without a default come last of their group. Empty for a notebook without any.

    Raises:
        NotebookError: a parameters cell is not Python that can be parsed.
    """
    defaults = _assignments(notebook, DEFAULTS_TAG)
    given = _given(notebook)
    names = list(dict.fromkeys([*defaults, *given]))
    rows = [
        Parameter(
            name=name,
            value=given.get(name) or defaults[name][0],
            comment=defaults.get(name, ("", ""))[1],
            default=defaults.get(name, ("", ""))[0],
            given=name in given,
        )
        for name in names
    ]
    return tuple(sorted(rows, key=lambda row: not row.is_changed))


def _same(one: str, other: str) -> bool:
    """True for equal values in different spellings: 5 and 5.0, but not 1 and True."""
    if one == other:
        return True
    try:
        left, right = ast.literal_eval(one), ast.literal_eval(other)
    except (ValueError, SyntaxError):
        return False
    numbers = all(type(value) in (int, float) for value in (left, right))
    return bool(left == right) and (numbers or type(left) is type(right))


def _given(notebook: "NotebookNode") -> dict[str, str]:
    injected = _assignments(notebook, INJECTED_TAG)
    if injected:
        return {name: value for name, (value, _) in injected.items()}
    recorded: Mapping[str, object] = notebook.metadata.get("papermill", {}).get("parameters", {})
    return {name: repr(value) for name, value in recorded.items()}


def _assignments(notebook: "NotebookNode", tag: str) -> dict[str, tuple[str, str]]:
    """Value and comment by name, from all cells with a tag."""
    found: dict[str, tuple[str, str]] = {}
    for cell in notebook.cells:
        if tag in cell.metadata.get("tags", []):
            found.update(_parse(cell.source, tag))
    return found


def _parse(source: str, tag: str) -> dict[str, tuple[str, str]]:
    try:
        tree = ast.parse(source)
        comments = _comments(source)
    except (SyntaxError, tokenize.TokenError) as error:
        raise NotebookError(
            f"the cell tagged {tag!r} is not plain Python: {error}; "
            "keep one assignment per parameter there"
        ) from error
    return {
        name: (_canonical(value), comments.get(last, "")) for name, value, last in _targets(tree)
    }


def _targets(tree: ast.Module) -> Iterator[tuple[str, ast.expr, int]]:
    for node in tree.body:
        last = node.end_lineno or node.lineno
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value, last
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value, last


def _canonical(value: ast.expr) -> str:
    """One spelling per value, so that `5_000` and `5000` are not taken for a change."""
    try:
        return repr(ast.literal_eval(value))
    except ValueError:
        return ast.unparse(value)


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }
