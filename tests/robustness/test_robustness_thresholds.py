"""The file of thresholds: what it may hold, and what a mistake in it is told."""

from pathlib import Path

import pytest
from verdicts import ROOT

from peaklib.errors import ConfigError
from peaklib.evidence import digest
from peaklib.robustness import Thresholds, load_thresholds
from peaklib.robustness.verdict.thresholds import CONFIG_FILES

FILE = ROOT / "configs" / "robustness.toml"


def write(folder: Path, text: str) -> Path:
    path = folder / "robustness.toml"
    path.write_text(text, "utf-8")
    return path


def problems_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_thresholds(write(folder, text))
    return list(caught.value.problems)


def test_the_file_of_the_project_and_the_defaults_are_one_text() -> None:
    """A project without the file is judged no other way."""
    assert load_thresholds(FILE) == Thresholds()


def test_the_file_of_the_project_leaves_nothing_to_the_defaults() -> None:
    import tomllib

    written = tomllib.loads(FILE.read_text("utf-8"))
    assert {name: set(table) for name, table in written.items()} == {
        name: set(table) for name, table in Thresholds().model_dump().items()
    }


def test_the_decisive_numbers_lie_beyond_the_passing_ones() -> None:
    """Otherwise a gate could pass and answer the question with no at once."""
    rules = load_thresholds(FILE)
    assert rules.deflated_sharpe.fail_below <= rules.deflated_sharpe.pass_at
    assert rules.overfitting.fail_above >= rules.overfitting.pass_at


def test_what_a_file_leaves_out_has_its_default(tmp_path: Path) -> None:
    found = load_thresholds(write(tmp_path, "[plateau]\nkeep = 0.9\n"))
    assert found.plateau.keep == 0.9
    assert found.plateau.radius == Thresholds().plateau.radius
    assert found.model_copy(update={"plateau": Thresholds().plateau}) == Thresholds()
    assert load_thresholds(write(tmp_path, "")) == Thresholds()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[plateu]\nkeep = 0.5", "plateu"),
        ("[out_of_sample]\nmonths = 5", "out_of_sample.months"),
        ("[deflated_sharpe]\npass_at = 0.4", "fail_below = 0.5 is above pass_at = 0.4"),
        ("[overfitting]\nfail_above = 0.1", "fail_above = 0.1 is below pass_at = 0.6"),
        ("[plateau]\nkep = 0.5", "kep"),
        ("[plateau]\nkeep = 1.0", "plateau.keep"),
        ("[plateau]\nkeep = '0.5'", "plateau.keep"),
        ("[plateau]\nradius = 0", "plateau.radius"),
        ("[overfitting]\nblocks = 15", "overfitting.blocks"),
        ("[overfitting]\nblocks = 22", "overfitting.blocks"),
        ("[overfitting]\npass_at = -0.1", "overfitting.pass_at"),
        ("[deflated_sharpe]\npass_at = 1.1", "deflated_sharpe.pass_at"),
        ("[deflated_sharpe]\npass_at = nan", "deflated_sharpe.pass_at"),
        ("[intervals]\nlevel = 0.5", "intervals.level"),
        ("[intervals]\nresamples = 100", "intervals.resamples"),
        ("[out_of_sample]\nmonths = 13", "out_of_sample.months"),
        ("[out_of_sample]\nfirst_years = 0", "out_of_sample.first_years"),
        ("[holdout]\nopenings = 0", "holdout.openings"),
    ],
)
def test_a_mistake_is_named_with_its_key(text: str, named: str, tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, text)
    assert named in problem


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    told = problems_of(tmp_path, "[plateau]\nkeep = 2\nradius = 0\n[holdout]\nopenings = 0")
    assert len(told) == 3


def test_a_file_that_is_not_there_is_a_mistake_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_thresholds(tmp_path / "robustness.toml")


def test_config_lint_finds_the_file_by_its_name() -> None:
    assert CONFIG_FILES.pattern == FILE.name
    assert CONFIG_FILES.check(FILE) == load_thresholds(FILE)


def test_every_number_of_the_file_is_in_the_digest_that_packs_carry() -> None:
    plain = Thresholds()
    seen = {digest(plain.model_dump())}
    changed = {
        "intervals": {"level": 0.95, "resamples": 500, "cell_resamples": 500},
        "out_of_sample": {"first_years": 4, "months": 6, "embargo_bars": 5},
        "deflated_sharpe": {"pass_at": 0.99, "fail_below": 0.11, "sample": 20},
        "overfitting": {"blocks": 8, "pass_at": 0.01, "fail_above": 0.99, "sample": 20},
        "plateau": {"keep": 0.11, "radius": 3, "pass_at": 0.99},
        "holdout": {"openings": 9},
    }
    for table, numbers in changed.items():
        for name, value in numbers.items():
            seen.add(digest(Thresholds.model_validate({table: {name: value}}).model_dump()))
    n_numbers = sum(len(table) for table in plain.model_dump().values())
    assert len(seen) == 1 + n_numbers
