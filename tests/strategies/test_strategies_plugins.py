"""Strategies of other packages: found by entry point, held to the contract, run in grids."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flit_core import buildapi

from peaklib.errors import PluginError
from peaklib.strategies import installed

PACKAGES = Path(__file__).parents[1] / "plugin_package"
PEAK = Path(sys.executable).with_name("peak")


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Build a plugin's wheel and unpack it, which is what an installer does with it."""

    def install(name: str) -> Path:
        built, target = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp(name)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(PACKAGES / name)
            wheel = buildapi.build_wheel(str(built))
        with zipfile.ZipFile(built / wheel) as archive:
            archive.extractall(target)
        return target

    return install


def run_with(*command: str | Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Run a program that finds what lies under `path`."""
    return subprocess.run(
        [str(part) for part in command],
        env={**os.environ, "PYTHONPATH": str(path), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def valid(folder_of: Callable[[str], Path]) -> Path:
    return folder_of("valid")


@pytest.fixture(scope="module")
def lookahead(folder_of: Callable[[str], Path]) -> Path:
    return folder_of("lookahead")


@pytest.mark.slow
def test_list_shows_the_plugin_with_its_package_and_place(valid: Path) -> None:
    listed = run_with(PEAK, "plugins", "list", path=valid)
    assert listed.returncode == 0, listed.stderr
    line = next(line for line in listed.stdout.splitlines() if "peak_example_valid" in line)
    assert line.split() == ["valid", "peak_example_valid:STRATEGY", "peak-example-valid", "0.1.0"]
    assert "peaklib.strategies:BUILT_IN" in listed.stdout


@pytest.mark.slow
def test_validate_passes_a_plugin_that_keeps_the_contract(valid: Path) -> None:
    done = run_with(PEAK, "plugins", "validate", path=valid)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ example_pullback v1" in done.stdout
    assert "✓ sma_crossover v1" in done.stdout
    assert "✕" not in done.stdout


@pytest.mark.slow
def test_validate_fails_a_plugin_that_knows_the_future_and_says_where(lookahead: Path) -> None:
    done = run_with(PEAK, "plugins", "validate", "example_centred", path=lookahead)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✕ example_centred v1" in done.stdout
    assert "with later rows and" in done.stdout
    assert "look for a centred window" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_validate_knows_features_of_a_plugin_too(valid: Path, lookahead: Path) -> None:
    done = run_with(PEAK, "plugins", "validate", "example_close_location", "rsi", path=valid)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split("\n")[:2] == ["✓ example_close_location v1", "✓ rsi v1"]
    broken = run_with(PEAK, "plugins", "validate", "example_rank", path=lookahead)
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "✕ example_rank v1" in broken.stdout
    assert "with later rows and" in broken.stdout


@pytest.mark.slow
def test_a_pipeline_takes_a_feature_of_a_plugin_and_pins_its_code(valid: Path) -> None:
    program = """
from peaklib.data import load
from peaklib.features import FeaturePipeline

pipeline = FeaturePipeline(["example_close_location"])
out = pipeline.fit_transform(load("sp500"))
assert out.min().item() >= 0 and out.max().item() <= 1
print("peak_example_valid" in pipeline.describe()[0]["code"])
"""
    done = run_with(sys.executable, "-c", program, path=valid)
    assert done.stdout.strip() == "True", done.stderr


@pytest.mark.slow
def test_a_grid_takes_a_plugin_without_a_second_implementation(valid: Path) -> None:
    program = """
from peaklib.backtest import run_backtest, run_grid
from peaklib.data import load

data = load("sp500").between("2004", "2009")
for name in ("example_pullback", "vol_regime_filter(example_pullback)"):
    grid = run_grid(name, data, {"trend": [50, 100], "dip": [3, 5]}, fees_bps=10)
    for row in grid.to_dict("records"):
        params = {"trend": row["trend"], "dip": row["dip"]}
        alone = run_backtest(name, data, params, fees_bps=10).metrics
        assert abs(alone["sharpe"] - row["sharpe"]) < 1e-12
        assert alone["n_trades"] == row["n_trades"] > 10
print(len(grid))
"""
    done = run_with(sys.executable, "-c", program, path=valid)
    assert done.stdout.strip() == "4", done.stderr


@pytest.mark.slow
def test_a_name_that_is_taken_is_an_error_that_names_the_package(
    folder_of: Callable[[str], Path],
) -> None:
    done = run_with(PEAK, "plugins", "validate", path=folder_of("taken"))
    assert done.returncode != 0
    message = done.stdout + done.stderr
    # Whichever of the two comes second is named; they are sorted by package.
    assert "strategy name 'buy_and_hold' is already taken; rename one" in message
    assert "Traceback" not in message


@pytest.fixture
def forget_plugins() -> Iterator[None]:
    """Let no plugin stay imported after a test that did it in this process."""
    yield
    for name in [name for name in sys.modules if name.startswith("peak_example_")]:
        del sys.modules[name]


@pytest.mark.usefixtures("forget_plugins")
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("STRATEGY = print", "is builtin_function_or_method, not a Strategy"),
        ("STRATEGY = [1, 2]", "is int, not a Strategy; make it one with @strategy"),
        ("import no_such_module", "cannot be imported: ModuleNotFoundError"),
        ("OTHER = 1", "cannot be imported: AttributeError"),
    ],
)
def test_an_entry_point_that_is_no_strategy_names_its_package(
    tmp_path: Path, valid: Path, monkeypatch: pytest.MonkeyPatch, source: str, words: str
) -> None:
    shutil.copytree(valid, tmp_path, dirs_exist_ok=True)
    (tmp_path / "peak_example_valid.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PluginError, match=re.escape(words)) as caught:
        installed()
    assert str(caught.value).startswith("peak-example-valid 0.1.0: ")
