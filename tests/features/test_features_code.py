"""What a feature's numbers depend on: sources, libraries, and what stands in no file."""

import importlib
import linecache
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pytest

from peaklib.evidence import digest
from peaklib.features import FeatureCache, transforms
from peaklib.features.cache import CacheKey
from peaklib.features.code import UNKNOWN, code_digest, code_of

ROOT = Path(__file__).resolve().parents[2]

Package = Callable[..., ModuleType]

OLD = 1_600_000_000.0
"""Seconds since 1970: before this process began, as a module's file normally was written."""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Write a package, of a name of its own, and import one of its modules."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def build(name: str, files: Mapping[str, str], module: str = "feature") -> ModuleType:
        for path, text in {"__init__.py": "", **files}.items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace("PKG", name))
            os.utime(target, (OLD, OLD))
        importlib.invalidate_caches()
        return importlib.import_module(f"{name}.{module}")

    return build


def modules(found: Mapping[str, str], top: str) -> set[str]:
    """Names of the modules of one package, without its name."""
    return {label.removeprefix(f"{top}.") for label in found if label.split(".")[0] == top}


FUNCTION = "def f(close):\n    return close\n"


# ---- peaklib's own --------------------------------------------------------------------


def test_a_built_in_depends_on_its_file_its_kernels_and_their_libraries() -> None:
    found = code_of(transforms.rsi.function)
    room = ROOT / "peaklib"
    files = {
        "peaklib.evidence.compiled": room / "evidence" / "compiled.py",
        "peaklib.features.averages": room / "features" / "averages.py",
        "peaklib.features.oscillators": room / "features" / "oscillators.py",
        "peaklib.features.transforms.rsi": room / "features" / "transforms" / "rsi.py",
    }
    digests = {label: sha256(path.read_bytes()).hexdigest() for label, path in files.items()}
    libraries = {name: version(name) for name in ("numba", "numpy")}
    assert dict(found) == {**digests, **libraries}
    assert list(found) == sorted(found)


@pytest.mark.parametrize("each", transforms.BUILT_IN, ids=lambda each: each.name)
def test_every_built_in_is_known_wholly_and_by_numerics_alone(each: Any) -> None:
    for function in filter(None, (each.function, each.learn)):
        found = code_of(function)
        assert function.__module__ in found
        assert UNKNOWN not in found.values()
        rooms = (
            "peaklib.errors",
            "peaklib.plugins",
            "peaklib.features.feature",
            "peaklib.features",
        )
        assert not set(found).intersection(rooms)
        evidence = {label for label in found if label.startswith("peaklib.evidence")}
        assert evidence <= {"peaklib.evidence.compiled"}


def test_a_compiled_kernel_and_its_python_function_are_the_same() -> None:
    from peaklib.features import averages

    assert code_of(averages.sma) == code_of(averages.sma.py_func)
    assert "peaklib.features.averages" in code_of(partial(averages.sma, window=3))


@pytest.mark.slow
def test_the_walk_is_quick_and_imports_nothing() -> None:
    """All built-in features together, in a fresh process; the clock is that of the processor."""
    script = """if True:
        import sys, time
        from peaklib.features import transforms
        from peaklib.features.code import code_of
        before = set(sys.modules)
        start = time.process_time()
        for each in transforms.BUILT_IN:
            code_of(each.function)
        print(time.process_time() - start, len(transforms.BUILT_IN))
        late = {name.split(".")[0] for name in set(sys.modules) - before}
        assert not late & {"statsmodels", "sklearn", "peaklib"}, late
    """
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    seconds, count = map(float, done.stdout.split())
    assert seconds < 0.02 * count


def test_asking_again_takes_no_time() -> None:
    code_of(transforms.rsi.function)
    start = time.process_time()
    for _ in range(20):
        code_of(transforms.rsi.function)
    assert time.process_time() - start < 0.02


# ---- imports --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reached"),
    [
        ("import PKG.a", {"a"}),
        ("import PKG.a as b", {"a"}),
        ("from PKG.a import one", {"a"}),
        ("from PKG import a", {"a"}),
        ("from . import a", {"a"}),
        ("from .a import one as two", {"a"}),
        ("from .sub.deep import g", {"sub.deep", "a"}),
        ("from .sub import deep", {"sub.deep", "a"}),
        ("import os, sys", set()),
        ("from __future__ import annotations", set()),
        ("import PKG.missing_module_of_long_ago", set()),
    ],
)
def test_every_form_of_import_is_followed(package: Package, line: str, reached: set[str]) -> None:
    name = f"forms_{sha256(line.encode()).hexdigest()[:8]}"
    guarded = f"try:\n    {line}\nexcept ImportError:\n    pass\n"
    files = {
        "a.py": "one = 1\n",
        "sub/__init__.py": "",
        "sub/deep.py": "from ..a import one\ndef g(): return one\n",
        "feature.py": f"{line if 'future' in line else guarded}\n{FUNCTION}",
    }
    found = code_of(package(name, files).f)
    assert modules(found, name) == {"feature", *reached}


def test_imports_within_functions_count_and_those_for_types_do_not(package: Package) -> None:
    files = {
        "late.py": "",
        "other.py": "",
        "types_only.py": "",
        "feature.py": (
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from . import types_only\nelse:\n    from . import other\n"
            "class C:\n    def m(self):\n        from . import late\n" + FUNCTION
        ),
    }
    assert modules(code_of(package("within", files).f), "within") == {"feature", "late", "other"}


def test_modules_that_import_each_other_are_each_told_once(package: Package) -> None:
    files = {
        "a.py": "import PKG.b\n",
        "b.py": "import PKG.a\n",
        "feature.py": "import PKG.a\n" + FUNCTION,
    }
    assert modules(code_of(package("ring", files).f), "ring") == {"feature", "a", "b"}


def test_a_name_from_a_package_leads_to_its_module_alone(package: Package) -> None:
    files = {
        "room/__init__.py": "from .a import one\nfrom .b import two as zwei\nfrom .c import *\n",
        "room/a.py": "one = 1\n",
        "room/b.py": "two = 2\n",
        "room/c.py": "three = 3\n",
        "feature.py": "from .room import zwei\n" + FUNCTION,
        "all.py": "from .room import three\n" + FUNCTION,
    }
    found = code_of(package("gathered", files).f)
    assert modules(found, "gathered") == {"feature", "room.b"}
    whole = code_of(importlib.import_module("gathered.all").f)
    assert modules(whole, "gathered") == {"all", "room", "room.a", "room.b", "room.c"}


def test_a_lazy_package_leads_to_the_module_that_its_stub_names(package: Package) -> None:
    attach = "__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)\n"
    lazy = f"import lazy_loader\n{attach}"
    files = {
        "room/__init__.py": lazy,
        "room/__init__.pyi": "from .a import one as one\nfrom .b import two as two\n",
        "room/a.py": "one = 1\n",
        "room/b.py": "two = 2\n",
        "feature.py": "from .room import two\n" + FUNCTION,
        "all.py": "import PKG.room\n" + FUNCTION,
    }
    assert modules(code_of(package("lazily", files).f), "lazily") == {"feature", "room.b"}
    whole = code_of(importlib.import_module("lazily.all").f)
    assert modules(whole, "lazily") == {"all", "room", "room.a", "room.b"}


def test_a_package_that_only_lies_above_is_no_part(package: Package) -> None:
    files = {"__init__.py": "from . import heavy\n", "heavy.py": "", "feature.py": FUNCTION}
    assert modules(code_of(package("above", files).f), "above") == {"feature"}


def test_a_plugin_is_followed_into_peaklib(package: Package) -> None:
    text = (
        "from peaklib.features import averages\nfrom peaklib.errors import DataError\n" + FUNCTION
    )
    found = code_of(package("plugin_of_tests", {"feature.py": text}).f)
    assert set(found) == {
        "plugin_of_tests.feature",
        "peaklib.features.averages",
        "peaklib.evidence.compiled",
        "numba",
        "numpy",
    }


def test_a_file_of_no_installed_package_is_followed_as_it_has_no_version(package: Package) -> None:
    package("beside", {"feature.py": FUNCTION})
    text = "from beside.feature import f as g\n" + FUNCTION
    found = code_of(package("before", {"feature.py": text}).f)
    assert set(found) == {"before.feature", "beside.feature"}


def test_libraries_are_told_by_distribution_and_version(package: Package) -> None:
    lines = "from sklearn.tree import DecisionTreeClassifier\n    import scipy.stats\n"
    text = f"def f(close):\n    {lines}    return close\n"
    found = code_of(package("libraries", {"feature.py": text}).f)
    assert {name: found[name] for name in ("scikit-learn", "scipy")} == {
        "scikit-learn": version("scikit-learn"),
        "scipy": version("scipy"),
    }
    assert code_of(np.log) == {"numpy": version("numpy")}


def test_an_edit_shows_at_its_module_and_nowhere_else(package: Package) -> None:
    files = {
        "a.py": "one = 1\n",
        "b.py": "two = 2\n",
        "feature.py": "from . import a, b\n" + FUNCTION,
    }
    before = code_of(package("edit_before", files).f)
    after = code_of(package("edit_after", {**files, "a.py": "one = 1.0\n"}).f)
    strip = {label.partition(".")[2]: value for label, value in before.items()}
    now = {label.partition(".")[2]: value for label, value in after.items()}
    assert {label for label in strip if strip[label] != now[label]} == {"a"}
    assert code_digest(before) != code_digest(after)


def test_the_digest_is_that_of_the_canonical_mapping() -> None:
    assert code_digest({"b": "2", "a": "1"}) == sha256(b'{"a":"1","b":"2"}').hexdigest()
    assert code_digest({"b": "2", "a": "1"}) == digest({"a": "1", "b": "2"})


# ---- edits in the life of a process ---------------------------------------------------


def edited(path: Path, text: str, when: float | None = None) -> None:
    path.write_text(text)
    if when is not None:
        os.utime(path, (when, when))


def test_a_module_that_is_edited_after_its_import_is_unknown(package: Package) -> None:
    module = package(
        "edited_early", {"a.py": "one = 1\n", "feature.py": "import PKG.a\n" + FUNCTION}
    )
    edited(Path(module.__file__ or ""), "import edited_early.a\n" + FUNCTION.replace("close", "x"))
    found = code_of(module.f)
    assert found["edited_early.feature"] == UNKNOWN
    assert found["edited_early.a"] == sha256(b"one = 1\n").hexdigest()


@pytest.mark.parametrize("name", ["feature", "a"])
def test_a_module_that_is_edited_and_loaded_again_is_unknown(package: Package, name: str) -> None:
    top = f"edited_late_{name}"
    module = package(top, {"a.py": "one = 1\n", "feature.py": "import PKG.a\n" + FUNCTION})
    before = code_of(module.f)
    assert UNKNOWN not in before.values()
    changed = importlib.import_module(f"{top}.{name}")
    path = Path(changed.__file__ or "")
    edited(path, path.read_text() + "two = 2\n")
    importlib.reload(changed)
    after = code_of(importlib.import_module(f"{top}.feature").f)
    assert {label for label in after if after[label] != before[label]} == {f"{top}.{name}"}
    assert after[f"{top}.{name}"] == UNKNOWN


def test_an_import_that_an_edit_adds_is_followed(package: Package) -> None:
    files = {"a.py": "", "b.py": "", "feature.py": "import PKG.a\n" + FUNCTION}
    module = package("more", files)
    assert modules(code_of(module.f), "more") == {"feature", "a"}
    edited(Path(module.__file__ or ""), "import more.a, more.b\n" + FUNCTION, OLD + 1)
    found = code_of(module.f)
    assert modules(found, "more") == {"feature", "a", "b"}
    assert UNKNOWN not in found.values()


def test_a_package_whose_names_were_given_anew_is_unknown(package: Package) -> None:
    files = {
        "room/__init__.py": "from .a import one\n",
        "room/a.py": "one = 1\n",
        "room/b.py": "one = 2\n",
        "feature.py": "from .room import one\n" + FUNCTION,
    }
    module = package("given_anew", files)
    assert modules(code_of(module.f), "given_anew") == {"feature", "room.a"}
    edited(Path(module.__file__ or "").parent / "room" / "__init__.py", "from .b import one\n")
    assert code_of(module.f)["given_anew.room"] == UNKNOWN


def test_columns_of_an_edited_module_are_not_kept(package: Package, tmp_path: Path) -> None:
    module = package("not_kept", {"feature.py": FUNCTION})
    edited(Path(module.__file__ or ""), FUNCTION.replace("return close", "return close * 2"))
    cache = FeatureCache(tmp_path / "cache")
    key = CacheKey("f", *("f" * 64 for _ in range(4)))
    cache.put(key, {"c0": np.zeros(3)}, code_of(module.f))
    missing = cache.get(key, ["c0"], code_of(module.f))
    assert missing.why.endswith("nobody can tell whether its code changed: not_kept.feature")
    assert cache.stats().entries == 0


def test_a_forked_worker_knows_what_its_parent_had_imported(package: Package) -> None:
    module = package("forked", {"feature.py": FUNCTION})
    edited(Path(module.__file__ or ""), FUNCTION + "\n")
    time.sleep(0.05)
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        found = pool.submit(_code_of_module, "forked.feature").result()
    assert found == {"forked.feature": UNKNOWN}


def _code_of_module(name: str) -> dict[str, str]:
    return dict(code_of(sys.modules[name].f))


# ---- without a file -------------------------------------------------------------------


def cell(text: str, **names: Any) -> dict[str, Any]:
    """The names of a notebook's cell, whose source its kernel keeps in memory."""
    file = f"<cell {sha256(text.encode()).hexdigest()[:8]}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space: dict[str, Any] = {"__name__": "notebook_of_tests", **names}
    exec(compile(text, file, "exec"), space)
    return space


def test_a_cells_function_is_told_by_its_source() -> None:
    text = "def f(close):\n    return close * 2\n"
    found = code_of(cell(text)["f"])
    assert found == {"notebook_of_tests.f": sha256(text.encode()).hexdigest()}


def test_a_function_without_any_source_is_unknown() -> None:
    space: dict[str, Any] = {"__name__": "typed_in"}
    exec("def f(close):\n    return close\n", space)
    assert code_of(space["f"]) == {"typed_in.f": UNKNOWN}


def test_a_cells_function_depends_on_the_cells_that_it_calls() -> None:
    helper = cell("def helper(x):\n    return x + OFFSET\n", OFFSET=1)["helper"]
    other = cell("def helper(x):\n    return x + OFFSET\n", OFFSET=2)["helper"]
    text = "def f(close):\n    return [helper(x) for x in close]\n"
    found, changed = (code_of(cell(text, helper=each)["f"]) for each in (helper, other))
    labels = {"notebook_of_tests.f", "notebook_of_tests.helper", "notebook_of_tests.helper:OFFSET"}
    assert set(found) == set(changed) == labels
    assert {label for label in labels if found[label] != changed[label]} == {
        "notebook_of_tests.helper:OFFSET"
    }


def test_a_cells_function_depends_on_the_modules_that_it_uses() -> None:
    from peaklib.features import averages

    text = "def f(close):\n    import scipy.signal\n    return np.log(averages.sma(close, 3))\n"
    found = code_of(cell(text, averages=averages, np=np)["f"])
    libraries = {"numpy", "numba", "scipy"}
    kernels = {"peaklib.features.averages", "peaklib.evidence.compiled"}
    assert set(found) == {"notebook_of_tests.f", *libraries, *kernels}


def test_what_a_closure_holds_counts() -> None:
    def make(scale: Any) -> FunctionType:
        def f(close: Any) -> Any:
            return close * scale

        return f

    two, three, array, odd = (code_of(make(k)) for k in (2, 3, np.arange(3.0), object()))
    closed = f"{__name__}.{make.__qualname__}.<locals>.f:scale"
    assert two[closed] != three[closed]
    assert (
        array[closed] == code_of(make(np.arange(3.0)))[closed] != code_of(make(np.ones(3)))[closed]
    )
    assert odd[closed] == UNKNOWN
    assert two[__name__] == sha256(Path(__file__).read_bytes()).hexdigest()


def test_functions_of_one_name_are_all_told() -> None:
    def make(text: str) -> Any:
        return cell(f"def g(x):\n    return {text}\n")["g"]

    text = "def f(close):\n    return one(close) + two(close)\n"
    both = code_of(cell(text, one=make("x"), two=make("-x"))["f"])
    once = code_of(cell(text, one=make("x"), two=make("x + 0"))["f"])
    assert set(both) == set(once) == {"notebook_of_tests.f", "notebook_of_tests.g"}
    assert both["notebook_of_tests.g"] != once["notebook_of_tests.g"]
