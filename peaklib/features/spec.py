"""What is asked of a pipeline: a feature, its parameters, what it reads, and its label."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from types import MappingProxyType
from typing import Any, Final

from peaklib.errors import FeatureError
from peaklib.evidence.canonical import digest
from peaklib.features.parameters import Value

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True)
class FeatureSpec:
    """One feature as it is wanted; frozen and checked.

    Args:
        name: of an installed feature.
        version: of the feature; a pipeline refuses another one.
        params: those that differ from the feature's defaults.
        dependencies: what it reads instead of its default columns, one for each of them, in
            order: columns of the frame, or columns of other features by their label.
        label: what its columns are called; the name by default.

    Raises:
        FeatureError: something is not of its form.

    >>> slow = FeatureSpec("rsi", params={"window": 28}, label="rsi_slow")
    >>> FeatureSpec("rolling_zscore", params={"window": 60}, dependencies=("rsi_slow",)).label
    'rolling_zscore'
    """

    name: str
    version: str = "1"
    params: Mapping[str, Value] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    label: str = ""

    def __post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", self.name)
        for what in ("name", "label"):
            value: Any = getattr(self, what)
            if not isinstance(value, str) or not _NAME.fullmatch(value):
                raise FeatureError(
                    f"{what} = {value!r} is no name; use letters, digits and _, a letter first"
                )
        version: Any = self.version
        if not (isinstance(version, str) and version):
            raise FeatureError(f"feature {self.name!r}: version = {version!r} is no text")
        object.__setattr__(self, "params", MappingProxyType(self._checked_params()))
        object.__setattr__(self, "dependencies", self._checked_dependencies())

    def _checked_params(self) -> dict[str, Value]:
        given: Any = self.params
        if not isinstance(given, Mapping):
            raise FeatureError(f"feature {self.name!r}: params = {given!r} is no mapping")
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, Real | str):
                raise FeatureError(
                    f"feature {self.name!r}: {name} = {value!r} is neither number nor word"
                )
        return dict(given)

    def _checked_dependencies(self) -> tuple[str, ...]:
        given: Any = self.dependencies
        names = () if isinstance(given, str) else tuple(given)
        if isinstance(given, str) or not all(isinstance(name, str) and name for name in names):
            raise FeatureError(
                f"feature {self.name!r}: dependencies = {given!r}; write a tuple of names, as in "
                "('close',)"
            )
        return names

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "version": self.version,
            "params": dict(self.params),
            "dependencies": list(self.dependencies),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of name, version, params and dependencies as they are written."""
        return digest(self.to_json())

    def __hash__(self) -> int:
        return hash((self.digest, self.label))

    def __reduce__(self) -> tuple[Any, ...]:
        fields = (self.name, self.version, dict(self.params), self.dependencies, self.label)
        return type(self), fields
