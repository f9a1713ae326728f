"""What may stand as a data source in a call or a config file; reads no data, needs no pandas."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from peaklib.errors import DataError
from peaklib.evidence.places import home

BUILT_IN: Final = ("sp500", "nasdaq", "vix", "wti")
PANELS: Final = ("stocks20",)
PROCESSES: Final = ("random_walk", "garch", "planted_edge")
SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")

DEFAULT_SEED: Final = 0
DEFAULT_BARS: Final = 2520
# A longer walk can fall so low that prices rounded to four decimals lose their meaning.
MAX_BARS: Final = 20_000
EDGE: Final = "planted_edge"
MAX_DRIFT: Final = 100

_PREFIX: Final = "synthetic:"


@dataclass(frozen=True)
class SyntheticSource:
    """A synthetic series: which process, which seed, how many bars.

    Args:
        process, seed, bars: of the series.
        drift: size of the planted edge, basis points a bar; None for the process's own.
    """

    process: str
    seed: int = DEFAULT_SEED
    bars: int = DEFAULT_BARS
    drift: int | None = None

    @property
    def name(self) -> str:
        """The canonical spelling, which always carries seed and bars."""
        drift = "" if self.drift is None else f",drift={self.drift}"
        return f"{_PREFIX}{self.process},seed={self.seed},bars={self.bars}{drift}"


def dataset_names() -> tuple[str, ...]:
    """Names that `load` accepts besides the path of a file, built-in series first."""
    return (*BUILT_IN, *(f"{_PREFIX}{process}" for process in PROCESSES))


def validate_source(source: str) -> None:
    """Check that `load` would know where to find a source; no data is read.

    Args:
        source: a built-in name, a synthetic spelling or the path of an existing file.

    Raises:
        DataError: it is none of these; the message says what is allowed.
    """
    if source in BUILT_IN:
        return
    if is_synthetic(source):
        parse_synthetic(source)
        return
    locate_file(source)


def is_synthetic(source: str) -> bool:
    """Whether a source is spelled as a synthetic series, rightly or wrongly."""
    return source.startswith(_PREFIX)


def parse_synthetic(source: str) -> SyntheticSource:
    """Read ``synthetic:<process>[,seed=N][,bars=N]``, for a planted edge also ``[,drift=N]``.

    Raises:
        DataError: an unknown process or option, or a number out of range.
    """
    process, *options = source.removeprefix(_PREFIX).split(",")
    if process not in PROCESSES:
        raise DataError(
            f"{source!r}: {process!r} is not a synthetic process; use one of {_listed(PROCESSES)}"
        )
    numbers: dict[str, int] = {}
    for option in options:
        key, _, text = option.partition("=")
        known = ("seed", "bars", *(("drift",) if process == EDGE else ()))
        if key not in known or key in numbers:
            listed = " and ".join(f"{name}=<integer>" for name in known)
            raise DataError(
                f"{source!r}: cannot use {option!r}; write each of {listed} at most once"
            )
        numbers[key] = _count(source, key, text)
    spec = SyntheticSource(process, **numbers)
    if not 2 <= spec.bars <= MAX_BARS:
        raise DataError(f"{source!r}: bars is {spec.bars}; allowed are 2 to {MAX_BARS}")
    if spec.drift is not None and spec.drift > MAX_DRIFT:
        raise DataError(
            f"{source!r}: drift is {spec.drift}; allowed are 0 to {MAX_DRIFT} basis points a bar"
        )
    return spec


def locate_file(source: str | Path, *, panel: bool = False) -> Path:
    """The path of a data file that exists and has a suffix we can read.

    Args:
        source: the path; a relative one starts at the working folder, else at the project's
            root, so that a notebook and a sweep mean the same file.
        panel: whether a panel is asked for, so that the message names panels.

    Raises:
        DataError: there is no such file, or its suffix is unknown.
    """
    path = next((p for p in (Path(source), home() / source) if p.is_file()), None)
    if path is None:
        raise DataError(_unknown(str(source), panel=panel))
    if not path.name.lower().endswith(SUFFIXES):
        raise DataError(f"{path}: cannot read this kind of file; use {_listed(SUFFIXES)}")
    return path


def _unknown(source: str, *, panel: bool) -> str:
    known = PANELS if panel else dataset_names()
    if not panel and source in PANELS:
        return f"{source!r} is a panel of several assets; use load_panel({source!r})"
    if panel and source in BUILT_IN:
        return f"{source!r} is a single series; use load({source!r})"
    close = get_close_matches(source.lower(), known, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return (
        f"{source!r} is neither a known data set nor an existing file{hint}; "
        f"known are {_listed(known)}, or give the path of a {_listed(SUFFIXES)} file"
    )


def _count(source: str, key: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise DataError(f"{source!r}: {key} is {text!r}; it must be a whole number, 0 or more")
    return int(text)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)
