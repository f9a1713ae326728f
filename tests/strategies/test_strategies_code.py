"""What the digest of a strategy's code covers, and what counts as a library."""

import linecache
import os
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from peaklib.features.code import code_of
from peaklib.strategies import Strategy, get, strategy, vol_regime_filter

RULE = '''from peaklib.strategies import strategy
from {package}.kernel import level


@strategy("of_tests", version="1", warm_up=lambda: 0)
def rule(bars):
    """Holds one level."""
    return bars.close * 0.0 + level()
'''
KERNEL = "def level():\n    return {level}\n"
LONG_AGO = 1_700_000_000


def write(path: Path, text: str) -> None:
    """A source that lay there before any process of the test began."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    os.utime(path, (LONG_AGO, LONG_AGO))


def digest_in_a_fresh_process(folder: Path, package: str) -> str:
    program = f"from {package}.rule import rule; print(rule.code_digest())"
    done = subprocess.run(
        [sys.executable, "-B", "-c", program],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_a_kernel_of_a_plugin_is_part_of_the_code_of_its_rule(tmp_path: Path) -> None:
    package = tmp_path / "package_of_tests"
    write(package / "__init__.py", "")
    write(package / "unused.py", "")
    write(package / "rule.py", RULE.format(package=package.name))
    digests = []
    for level, unused in (("0.5", ""), ("0.25", ""), ("0.5", "1")):
        write(package / "kernel.py", KERNEL.format(level=level))
        write(package / "unused.py", unused)
        digests.append(digest_in_a_fresh_process(tmp_path, package.name))
    before, after, restored = digests
    assert len(before) == 16
    assert before != after
    assert restored == before


def test_the_text_of_the_module_counts_even_if_its_file_has_no_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changed while the process ran may be unknown; it must not look unchanged."""
    monkeypatch.syspath_prepend(str(tmp_path))
    file = tmp_path / "edited_rule_of_tests.py"
    file.write_text(RULE.replace("{package}.kernel", "math").replace("level", "floor"))
    rule = import_module(file.stem).rule
    before = rule.code_digest()
    file.write_text(file.read_text().replace("0.0", "0.5"))
    assert rule.code_digest() != before


@pytest.mark.parametrize("name", ["meta_forest(momentum)", "meta_boosting(momentum)"])
def test_the_study_behind_a_meta_labeled_strategy_is_part_of_its_code(name: str) -> None:
    found = code_of(get(name).function)
    assert {"peaklib.meta.study", "peaklib.meta.examples", "peaklib.meta.models"} <= set(found)


def test_libraries_are_told_apart_from_sources_and_with_those_of_the_strategy_inside() -> None:
    found = get("macd").libraries()
    assert found == {name: version(name) for name in found}
    assert {"numba", "numpy", "pandas"} <= set(found)
    assert get("meta_forest(macd)").libraries()["scikit-learn"] == version("scikit-learn")
    # This module imports pytest, and the filter's does not.
    inner = strategy("flat", version="1", warm_up=lambda: 0)(flat)
    assert vol_regime_filter(inner).libraries()["pytest"] == version("pytest")
    assert "pytest" not in vol_regime_filter(get("macd")).libraries()


def flat(bars):
    """Flat."""
    return np.zeros(len(bars))


def cell(text: str) -> Strategy:
    """A strategy of a notebook's cell, whose source its kernel keeps in memory."""
    file = f"<cell {len(linecache.cache)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space = {"__name__": "notebook_of_tests", "np": np}
    exec(compile(text, file, "exec"), space)
    return strategy("of_a_cell", version="1", warm_up=lambda: 0)(space["rule"])


def test_a_cells_function_has_a_digest_of_its_source_and_of_what_it_calls() -> None:
    rule = 'def rule(bars):\n    """Flat."""\n    return level() * np.zeros(len(bars))\n'
    one, again, other, source = (
        cell(f"def level():\n    return {level}\n\n\n{text}").code_digest()
        for level, text in ((1, rule), (1, rule), (2, rule), (1, rule.replace("zeros", "ones")))
    )
    assert one == again
    assert len({one, other, source, "unknown"}) == 4


def test_code_without_any_source_is_unknown() -> None:
    space: dict[str, object] = {"__name__": "typed_in"}
    exec('def rule(bars):\n    """Flat."""\n    return bars.close * 0\n', space)
    rule = strategy("typed", version="1", warm_up=lambda: 0)(space["rule"])
    assert rule.code_digest() == "unknown"
    assert vol_regime_filter(rule).code_digest().endswith("+unknown")
