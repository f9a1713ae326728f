"""One pass of features over one set of rows: each column found or computed once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peaklib.evidence.canonical import digest
from peaklib.features.cache import CacheKey, FeatureCache, Found
from peaklib.features.feature import State
from peaklib.features.graph import Node
from peaklib.features.missing import Column
from peaklib.features.rows import Rows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Origin:
    """Where a feature's columns came from.

    Args:
        result: `hit` (found in the cache) or `computed`.
        why: in words.
    """

    result: str
    why: str


@dataclass
class Evaluation:
    """Columns of features over rows.

    Args:
        rows: what they are computed from.
        states: what was learned, by label; `learn` adds to it.
        cache: where columns are kept; None computes all of them.
        origins: where each feature's columns came from, so far.
    """

    rows: Rows
    states: dict[str, State]
    cache: FeatureCache | None
    origins: dict[str, Origin] = field(default_factory=dict)
    _columns: dict[str, Floats] = field(default_factory=dict)

    def learn(self, nodes: Iterable[Node]) -> None:
        """Fit the nodes that learn, each after those that it reads."""
        for node in nodes:
            self.learn(node.parents)
            if node.feature.learn is not None and node.label not in self.states:
                self.states[node.label] = node.feature.fit(self._inputs(node), node.params)

    def columns(self, nodes: Iterable[Node]) -> dict[str, Floats]:
        """The columns of nodes by name, in the order of the nodes."""
        return {name: self._column(name, node) for node in nodes for name in node.columns}

    def key(self, node: Node) -> CacheKey:
        """What decides a node's values over these rows."""
        return key_of(node, self.rows, self.states)

    def _column(self, name: str, node: Node) -> Floats:
        if name not in self._columns:
            self._columns.update(self._made(node))
        return self._columns[name]

    def _made(self, node: Node) -> dict[str, Floats]:
        found = self._found(node)
        if found is None:
            parts = node.feature.compute(
                self._inputs(node), node.params, self.states.get(node.label)
            )
            for part in parts:
                part.flags.writeable = False  # as those of the cache are
            found = dict(zip(node.columns, parts, strict=True))
            if self.cache is not None:
                self.cache.put(self.key(node), _by_place(parts), node.code)
        return found

    def _found(self, node: Node) -> dict[str, Floats] | None:
        """Columns from the cache, if they are there; notes why not."""
        if self.cache is None:
            self.origins[node.label] = Origin("computed", "there is no cache")
            return None
        places = list(_by_place(node.columns))
        answer = self.cache.get(self.key(node), places, node.code)
        if isinstance(answer, Found):
            self.origins[node.label] = Origin("hit", "same rows, parameters, code and state")
            return dict(zip(node.columns, answer.columns, strict=True))
        self.origins[node.label] = Origin("computed", answer.why)
        return None

    def _inputs(self, node: Node) -> list[Column]:
        return [
            self.rows.column(source.column)
            if source.node is None
            else self._column(source.column, source.node)
            for source in node.sources
        ]


def key_of(node: Node, rows: Rows, states: Mapping[str, State]) -> CacheKey:
    """What decides a node's values over some rows; labels are no part of it."""
    return CacheKey(
        feature=node.feature.name,
        rows=rows.digest,
        spec=node.digest,
        code=node.code_digest,
        state=digest(node.state_of(states)),
    )


def _by_place(parts: Iterable[Any]) -> dict[str, Any]:
    """Columns under names that do not depend on the label."""
    return {f"c{place}": part for place, part in enumerate(parts)}
