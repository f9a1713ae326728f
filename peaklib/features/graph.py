"""From specs to features in the order in which they can be computed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from peaklib.errors import FeatureError
from peaklib.evidence.canonical import digest
from peaklib.features.catalog import installed, restored
from peaklib.features.code import code_digest, code_of
from peaklib.features.feature import TIME, Feature, State
from peaklib.features.missing import compact
from peaklib.features.parameters import Value
from peaklib.features.spec import FeatureSpec


@dataclass(frozen=True)
class Source:
    """Where one input of a feature comes from.

    Args:
        column: of the rows given, or of the node.
        node: the feature that makes it; None for a column of the rows.
    """

    column: str
    node: "Node | None" = None


@dataclass(frozen=True, eq=False)
class Node:
    """One feature of a pipeline with everything resolved.

    Args:
        label: what its columns are called.
        feature: what computes it.
        params: all of them, defaults filled in.
        sources: one an input.
    """

    label: str
    feature: Feature
    params: Mapping[str, Value]
    sources: tuple[Source, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        # A feature is pickled by name: in its module, the function's name stands for the feature.
        known = (self.feature.name, self.feature.version)
        return _rebuilt, (self.label, *known, dict(self.params), self.sources)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns."""
        return self.feature.columns(self.label)

    @property
    def parents(self) -> tuple["Node", ...]:
        """The features that it reads, each once."""
        return tuple(dict.fromkeys(source.node for source in self.sources if source.node))

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Plain values that say what is computed, whatever it is called here."""
        return {
            "name": self.feature.name,
            "version": self.feature.version,
            "params": dict(self.params),
            "inputs": [_identity(source) for source in self.sources],
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the identity, dependencies included."""
        return digest(self.identity)

    @property
    def code(self) -> dict[str, str]:
        """What its numbers depend on now: modules and libraries, its dependencies' included."""
        found = {**code_of(compact), **code_of(self.feature.function)}
        if self.feature.learn is not None:
            found |= code_of(self.feature.learn)
        for parent in self.parents:
            found |= parent.code
        return dict(sorted(found.items()))

    @property
    def code_digest(self) -> str:
        """SHA-256 of the code."""
        return code_digest(self.code)

    def state_of(self, states: Mapping[str, State]) -> dict[str, Any]:
        """What it and its dependencies have learned, by their digests; see `Feature.fit`."""
        found: dict[str, Any] = {}
        for parent in self.parents:
            found |= parent.state_of(states)
        if self.feature.learn is not None:
            found[self.digest] = dict(states[self.label])
        return found

    @cached_property
    def learns(self) -> bool:
        """Whether it or something that it reads is fitted."""
        return self.feature.learn is not None or any(parent.learns for parent in self.parents)

    def warm_up(self, states: Mapping[str, State]) -> int:
        """Rows at the start on which some column is NaN, those of its dependencies included."""
        before = max((parent.warm_up(states) for parent in self.parents), default=0)
        return before + self.feature.warm_up_rows(self.params, states.get(self.label))


def _rebuilt(
    label: str, name: str, version: str, params: Mapping[str, Value], sources: tuple[Source, ...]
) -> Node:
    return Node(label, restored(name, version), params, sources)


def _identity(source: Source) -> Any:
    if source.node is None:
        return source.column
    place = source.node.columns.index(source.column)
    return {"feature": source.node.digest, "column": place}


def resolve(
    specs: Sequence[FeatureSpec | Feature | str], columns: Sequence[str]
) -> tuple[Node, ...]:
    """One node a spec, in their order; what a node reads is resolved with it.

    Args:
        specs: what is wanted; a name or a feature stands for itself with its defaults.
        columns: of the rows given; `time` among them if they have stamps.

    Raises:
        FeatureError: an unknown feature, another version, a parameter out of range, two
            features of one label, a dependency that nothing makes, or a cycle; names the path.
    """
    given: Any = specs
    if isinstance(given, str | FeatureSpec | Feature) or not isinstance(given, Iterable):
        raise FeatureError(f"specs = {given!r}; give a list of specs, as in ['rsi', 'atr']")
    own = {feature.name: feature for feature in given if isinstance(feature, Feature)}
    wanted = [_spec(each) for each in given]
    return _Resolver(wanted, columns, {**installed(), **own}).nodes()


def _spec(given: Any) -> FeatureSpec:
    if isinstance(given, FeatureSpec):
        return given
    if isinstance(given, Feature):
        return FeatureSpec(given.name, given.version)
    if isinstance(given, str):
        return FeatureSpec(given)
    raise FeatureError(f"{given!r} is no FeatureSpec; write FeatureSpec(name, …)")


class _Resolver:
    """One walk over the dependencies of a list of specs."""

    def __init__(
        self, specs: Sequence[FeatureSpec], columns: Sequence[str], known: Mapping[str, Feature]
    ) -> None:
        self._specs = specs
        self._columns = columns
        self._known = known
        self._made: dict[str, Node] = {}
        self._makers = self._index()

    def nodes(self) -> tuple[Node, ...]:
        return tuple(self._node(spec, ()) for spec in self._specs)

    def _index(self) -> dict[str, FeatureSpec]:
        """Column to the spec that makes it."""
        makers: dict[str, FeatureSpec] = {}
        for spec in self._specs:
            for column in self._feature(spec).columns(spec.label):
                if column in makers or column in self._columns:
                    other = "the rows have" if column in self._columns else "another feature makes"
                    raise FeatureError(
                        f"feature {spec.label!r} makes a column {column!r}, which {other} already; "
                        "give it a label of its own"
                    )
                makers[column] = spec
        return makers

    def _feature(self, spec: FeatureSpec) -> Feature:
        if spec.name not in self._known:
            raise FeatureError(
                f"no feature {spec.name!r}; `peak features list` names those that there are: "
                f"{', '.join(self._known)}. One that was made on the spot is given itself, not by "
                "its name"
            )
        found = self._known[spec.name]
        if found.version != spec.version:
            raise FeatureError(
                f"feature {spec.name!r}: version {spec.version!r} was asked for and "
                f"{found.version!r} is installed; its values may differ: change the spec or the "
                "installation"
            )
        return found

    def _node(self, spec: FeatureSpec, path: tuple[str, ...]) -> Node:
        if spec.label in path:
            cycle = " → ".join([*path[path.index(spec.label) :], spec.label])
            raise FeatureError(f"features read each other in a circle: {cycle}; cut it somewhere")
        if spec.label not in self._made:
            feature = self._feature(spec)
            path = (*path, spec.label)
            names = self._inputs(spec, feature)
            sources = tuple(self._source(name, feature, path) for name in names)
            params = feature.resolve(spec.params)
            self._made[spec.label] = Node(spec.label, feature, params, sources)
        return self._made[spec.label]

    @staticmethod
    def _inputs(spec: FeatureSpec, feature: Feature) -> tuple[str, ...]:
        names = spec.dependencies or feature.inputs
        if len(names) != len(feature.inputs):
            raise FeatureError(
                f"feature {spec.label!r}: dependencies = {names}, but {feature.name} reads "
                f"{len(feature.inputs)}: {', '.join(feature.inputs)}"
            )
        wrong = [
            n for n, i in zip(names, feature.inputs, strict=True) if (n == TIME) != (i == TIME)
        ]
        if wrong:
            raise FeatureError(
                f"feature {spec.label!r}: {wrong[0]!r} cannot take the place it has among "
                f"{', '.join(feature.inputs)}; {TIME!r} stands for stamps, all else for numbers"
            )
        return names

    def _source(self, name: str, feature: Feature, path: tuple[str, ...]) -> Source:
        if name in self._columns:
            return Source(name)
        if name not in self._makers:
            way = " → ".join([*path, name])
            made = [*self._columns, *self._makers]
            raise FeatureError(
                f"{way}: no column and no feature {name!r}; there are: {', '.join(made)}"
                + (". Rows need a DatetimeIndex for that" if name == TIME else "")
            )
        return Source(name, self._node(self._makers[name], path))
