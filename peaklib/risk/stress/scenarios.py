"""Scenarios are data: one TOML file each, `configs/risk/scenarios/*.toml`.

A `historical` scenario is a window of dates; a `hypothetical` one says what is supposed to
happen: moves of factors, groups and symbols, other correlations, another volatility, the
cost and the time of getting out. The name of a scenario is the name of its file.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from peaklib.config import ConfigKind, check_table, read_toml, unknown
from peaklib.errors import ConfigError, DataError
from peaklib.risk.stress.mistakes import (
    a_count,
    a_day,
    a_move,
    a_name,
    a_number,
    a_table,
    a_text,
)

Name = Annotated[str, BeforeValidator(a_name)]
Title = Annotated[str, BeforeValidator(a_text(1, 48, "a title"))]
Sentence = Annotated[str, BeforeValidator(a_text(10, 300, "a sentence"))]
Day = Annotated[date, BeforeValidator(a_day)]
Move = Annotated[float, BeforeValidator(a_move)]
Moves = Annotated[dict[str, Move], BeforeValidator(a_table("a line `NAME = -0.2` a move"))]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Historical(_Strict):
    """A window of the past, from one close to another.

    Args:
        kind: `historical`.
        name: of the file; not written in it.
        title: what tables and figures call it.
        start: day of the close before the first loss, `from` in the file.
        end: day of the close after the last one, `to` in the file.
        happened: what happened, in one sentence.
        source: where the two days come from.
    """

    kind: Literal["historical"]
    name: Name
    title: Title
    start: Annotated[Day, Field(alias="from")]
    end: Annotated[Day, Field(alias="to")]
    happened: Sentence
    source: Sentence

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.start:
            raise ValueError(
                f"to = {self.end} is not after from = {self.start}; swap or widen them"
            )
        return self

    @property
    def period(self) -> str:
        """The window as ISO dates, `2007-10-09 to 2009-03-09`."""
        return f"{self.start} to {self.end}"


class Correlation(_Strict):
    """Every correlation is pulled towards one number.

    Args:
        toward: the number, in [0, 1]: below 0 not every matrix is a correlation matrix.
        strength: share of the way, in (0, 1].
    """

    toward: Annotated[float, BeforeValidator(a_number(0, 1, "0.9 for nearly one market"))]
    strength: Annotated[
        float, BeforeValidator(a_number(0, 1, "1 for the whole way", open_below=True))
    ] = 1.0


class Volatility(_Strict):
    """Every standard deviation is multiplied by one number.

    Args:
        multiplier: 2 doubles them.
    """

    multiplier: Annotated[
        float, BeforeValidator(a_number(0, 20, "2 to double every deviation", open_below=True))
    ]


class Liquidity(_Strict):
    """Getting out of all positions costs something and takes a while.

    Args:
        cost_bps: haircut, half the spread and impact together, in 1/10,000 of what is sold.
        days_to_exit: over which every position is sold in equal parts, in trading days.
    """

    cost_bps: Annotated[float, BeforeValidator(a_number(0, 10_000, "50 for half a percent"))]
    days_to_exit: Annotated[int, BeforeValidator(a_count(1, 250, "in trading days"))] = 1


class Hypothetical(_Strict):
    """Something that is supposed to happen, all parts of it at once.

    Moves are simple returns as fractions from -1 to 10: -0.2 is a fall of 20 %. What is said of
    a symbol stands instead of what is said of its group, and that instead of what follows from
    factors.

    Args:
        kind: `hypothetical`.
        name: of the file; not written in it.
        title: what tables and figures call it.
        supposes: what is supposed, in one sentence.
        source: why it is this large.
        factors: move of each factor (`market`), passed on to symbols by their betas.
        groups: move of every symbol of a group of the book.
        symbols: move of a symbol; one that the book does not hold has no effect.
        correlation: pull of all correlations.
        volatility: multiplier of all standard deviations.
        liquidity: cost and time of getting out.
    """

    kind: Literal["hypothetical"]
    name: Name
    title: Title
    supposes: Sentence
    source: Sentence
    factors: Moves = Field(default_factory=dict)
    groups: Moves = Field(default_factory=dict)
    symbols: Moves = Field(default_factory=dict)
    correlation: Annotated[Correlation | None, BeforeValidator(a_table("`toward = 0.9`"))] = None
    volatility: Annotated[Volatility | None, BeforeValidator(a_table("`multiplier = 2.0`"))] = None
    liquidity: Annotated[Liquidity | None, BeforeValidator(a_table("`cost_bps = 50`"))] = None

    @model_validator(mode="after")
    def _supposes_something(self) -> Self:
        if not (self.moves_prices or self.changes_risk):
            raise ValueError(
                "nothing is supposed; add a table: factors, groups, symbols, correlation, "
                "volatility or liquidity"
            )
        return self

    @property
    def moves_prices(self) -> bool:
        """Whether some price moves."""
        return bool(self.factors or self.groups or self.symbols)

    @property
    def measure(self) -> Literal["instant", "var"]:
        """What its loss is: what goes at once, or where nothing does, the value at risk."""
        return "instant" if self.moves_prices or self.liquidity else "var"

    @property
    def changes_risk(self) -> bool:
        """Whether the value at risk is another one after it."""
        return bool(self.correlation or self.volatility or self.liquidity)


Scenario = Historical | Hypothetical
_KINDS: Final[dict[str, type[Historical] | type[Hypothetical]]] = {
    "historical": Historical,
    "hypothetical": Hypothetical,
}


def load_scenario(path: str | Path) -> Scenario:
    """The scenario of one TOML file, called by the name of the file.

    Args:
        path: of the file.

    Raises:
        ConfigError: lists every mistake of the file.
    """
    path = Path(path)
    table = read_toml(path)
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        problem = "is missing" if kind is None else unknown("kind", str(kind), _KINDS)
        raise ConfigError(str(path), [f"kind: {problem}"])
    if "name" in table:
        raise ConfigError(str(path), ["name: a scenario is called by its file; leave it out"])
    return check_table(_KINDS[kind], {**table, "name": path.stem}, str(path))


def load_scenarios(folder: str | Path) -> tuple[Scenario, ...]:
    """All scenarios of a folder: the historical ones by date, then the others by name.

    Args:
        folder: such as `configs/risk/scenarios`; its `*.toml` are read.

    Raises:
        ConfigError: there is no such folder or no scenario in it; or it lists every mistake of
            every file, each with the name of the file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        remedy = "is a file; load_scenario reads one" if folder.is_file() else "no such folder"
        raise ConfigError(str(folder), [remedy])
    found, problems = list[Scenario](), list[str]()
    for path in sorted(folder.glob("*.toml")):
        try:
            found.append(load_scenario(path))
        except ConfigError as error:
            problems += [f"{path.name}: {problem}" for problem in error.problems]
    if problems:
        raise ConfigError(str(folder), problems)
    if not found:
        raise ConfigError(str(folder), ["no scenario here; a scenario is a file `NAME.toml`"])
    return tuple(sorted(found, key=_place))


def check_scenario(
    scenario: object, where: str, *kinds: type[Historical] | type[Hypothetical]
) -> None:
    """Make sure that something is a scenario of one of some kinds.

    Args:
        scenario: that was given.
        where: what asks, for the message.
        kinds: that it may be of.

    Raises:
        DataError: it is not; says where scenarios come from.
    """
    if not isinstance(scenario, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise DataError(
            f"{where}: a {type(scenario).__name__}; give a scenario ({wanted}), as "
            "load_scenario(path) and load_scenarios(folder) return them"
        )


def _place(scenario: Scenario) -> tuple[int, str, str]:
    if isinstance(scenario, Historical):
        return 0, scenario.start.isoformat(), scenario.name
    return 1, "", scenario.name


CONFIG_FILES: Final = ConfigKind("risk/scenarios/*.toml", load_scenario)
