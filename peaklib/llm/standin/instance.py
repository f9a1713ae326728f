"""A small instance that is valid for a JSON schema, with given sentences as its texts."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from peaklib.errors import DataError

Thing = Mapping[str, str]
_A_TEXT: Final = 3  # sentences of one text
_DEPTH: Final = 12
_BRANCHES: Final = 6
_ITEMS: Final = 3  # of an array of objects
_FORMATS: Final = {
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "email": "nobody@example.org",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def instance_of(schema: Mapping[str, Any], things: Sequence[Thing]) -> Any:
    """The instance.

    Texts are made of the sentences in turn, three at a time. Arrays of objects hold an object for
    each thing, three at most, with the texts of that thing under their names; other arrays are
    empty unless they ask for more. Choices take the first, numbers the smallest that is allowed,
    or zero, truth values false. Properties that are not required are left out.

    Args:
        schema: JSON schema with local references.
        things: at least one: its sentence under `text`, and what else there is to say of it
            under the names of properties, such as `key`.

    Raises:
        DataError: a part of the schema that nothing here fits, such as an odd pattern.
    """
    return _Maker(schema, things).make(schema, "", 0)


class _Maker:
    def __init__(self, root: Mapping[str, Any], things: Sequence[Thing]) -> None:
        self._root = root
        self._things = things
        self._turn = 0
        self._item: int | None = None

    def make(self, schema: Any, name: str, depth: int) -> Any:
        """The instance of a part; `name` is the property it stands under."""
        if depth > _DEPTH:
            raise DataError(f"the schema of {name or 'the reply'} never ends; nothing fits it")
        part = self._resolve(schema)
        if "const" in part:
            return part["const"]
        if part.get("enum"):
            return part["enum"][0]
        makers: dict[str, Callable[[Mapping[str, Any], str, int], Any]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "number": self._number,
            "integer": self._number,
            "boolean": lambda *_: False,
            "null": lambda *_: None,
        }
        kind = _kind(part)
        if kind not in makers:
            raise DataError(f"the schema of {name or 'the reply'} has the type {kind!r}")
        return makers[kind](part, name, depth)

    def _resolve(self, schema: Any) -> dict[str, Any]:
        """A part without references and choices: the first choice that is not null."""
        part = dict(schema) if isinstance(schema, Mapping) else {}
        for _ in range(_DEPTH):
            if "$ref" in part:
                target = self._follow(str(part.pop("$ref")))
            elif part.get("allOf"):
                target = _merged([self._resolve(each) for each in part.pop("allOf")])
            elif part.get("anyOf") or part.get("oneOf"):
                choices = part.pop("anyOf", None) or part.pop("oneOf", None)
                whole = [each for each in choices if _kind(each) != "null"]
                target = (whole or choices)[0]
            else:
                break
            part = _merged([target, part])
        return part

    def _follow(self, reference: str) -> Mapping[str, Any]:
        found: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            found = found.get(step.replace("~1", "/").replace("~0", "~"), {})
        return found if isinstance(found, Mapping) else {}

    def _object(self, part: Mapping[str, Any], name: str, depth: int) -> dict[str, Any]:
        properties = part.get("properties", {})
        return {
            each: self.make(properties.get(each, {}), each, depth + 1)
            for each in part.get("required", ())
        }

    def _array(self, part: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        # Trees of items in items end where nothing asks for more.
        objects = _kind(self._resolve(part.get("items", {}))) == "object" and depth < _BRANCHES
        usual = min(len(self._things), part.get("maxItems", _ITEMS), _ITEMS) if objects else 0
        fixed = part.get("prefixItems") or ()
        outer, made = self._item, list[Any]()
        for i in range(max(int(part.get("minItems", 0)), usual, len(fixed))):
            self._item = i if outer is None else outer
            each = fixed[i] if i < len(fixed) else part.get("items", {})
            made.append(self.make(each, name, depth + 1))
        self._item = outer
        return _distinct(made) if part.get("uniqueItems") else made

    def _string(self, part: Mapping[str, Any], name: str, depth: int) -> str:
        if part.get("format") in _FORMATS:
            return _FORMATS[part["format"]]
        least, most = int(part.get("minLength", 0)), part.get("maxLength")
        pattern = part.get("pattern")
        for text in self._candidates(name, most):
            padded = text.ljust(least, ".")
            fits = most is None or len(padded) <= most
            if fits and (pattern is None or re.search(pattern, padded)):
                return padded
        raise DataError(f"no text fits the schema of {name or 'the reply'}: {dict(part)}")

    def _candidates(self, name: str, most: int | None) -> Sequence[str]:
        """Texts to try, the best one first."""
        thing = self._things[(self._item or 0) % len(self._things)]
        keys = [each["key"] for each in self._things if "key" in each]
        plain = [*keys, "stand-in", "2000-01-01", "a", "A", "0", ""]
        if name in thing:
            return [thing[name], *plain]
        if self._item is not None:
            return [thing["text"], *plain]
        first = self._turn
        self._turn += _A_TEXT
        count = len(self._things)
        turn = [self._things[(first + i) % count]["text"] for i in range(min(_A_TEXT, count))]
        return [*(" ".join(turn[:n]) for n in range(len(turn), 0, -1)), *plain]

    def _number(self, part: Mapping[str, Any], name: str, depth: int) -> float | int:
        whole = _kind(part) == "integer"
        step = part.get("multipleOf", 1 if whole else 0)
        low, over = part.get("minimum"), part.get("exclusiveMinimum")
        high, under = part.get("maximum"), part.get("exclusiveMaximum")
        if low is None and over is None:
            ceiling = min(x for x in (high, under, 0) if x is not None)
            value = ceiling - (step or 1) if ceiling == under else ceiling
        else:
            value = max(x for x in (low, over) if x is not None)
            if value == over:
                tops = [x for x in (high, under) if x is not None]
                value += step or (min(1, (min(tops) - value) / 2) if tops else 1)
        if step and value % step:
            value += step - value % step if low is not None or over is not None else -(value % step)
        return int(value) if whole else value


def _kind(part: Any) -> str:
    """The type of a part; the first that is not null where there are several."""
    if not isinstance(part, Mapping):
        return "string"
    given = part.get("type")
    if isinstance(given, list):
        return next((each for each in given if each != "null"), "null")
    if given is None:
        return "object" if "properties" in part else "array" if "items" in part else "string"
    return str(given)


def _distinct(items: list[Any]) -> list[Any]:
    """Texts that are all different."""
    return [
        f"{item} ({i + 1})" if isinstance(item, str) and item in items[:i] else item
        for i, item in enumerate(items)
    ]


def _merged(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Parts that hold together: properties and required names add up, the last of others wins."""
    made: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            if name == "properties":
                made[name] = {**made.get(name, {}), **value}
            elif name == "required":
                made[name] = [*dict.fromkeys([*made.get(name, ()), *value])]
            else:
                made[name] = value
    return made
