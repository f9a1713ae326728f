"""Packages that add to the workbench: found without an import, named when they are broken."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from peaklib import plugins
from peaklib.config import ConfigKind
from peaklib.errors import PluginError

Call = Callable[..., Result]
Install = Callable[[str, str], None]

MODULE = """from peaklib.config import ConfigKind, read_toml
from peaklib.errors import ConfigError


def check(path):
    if "size" not in read_toml(path):
        raise ConfigError(str(path), ["size: is missing"])


KIND = ConfigKind("extra/*.toml", check)
BOTH = (KIND, ConfigKind("more/*.toml", check))
NUMBER = 3
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a package `peak-extra 2.5` with one entry point beside the installed ones."""

    def _install(group: str, target: str) -> None:
        site = tmp_path / "site"
        info = site / "peak_extra-2.5.dist-info"
        info.mkdir(parents=True)
        (site / "peak_extra.py").write_text(MODULE, "utf-8")
        (info / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: peak-extra\nVersion: 2.5\n", "utf-8"
        )
        (info / "entry_points.txt").write_text(f"[{group}]\nextra = {target}\n", "utf-8")
        monkeypatch.syspath_prepend(site)
        monkeypatch.delitem(sys.modules, "peak_extra", raising=False)

    return _install


def test_own_rooms_are_announced_like_those_of_others() -> None:
    own = plugins.found(plugins.CONFIG_MODELS)
    assert {"sweeps", "robustness", "nights"} <= {plugin.name for plugin in own}
    assert all(plugin.package.startswith("peaklib ") for plugin in own)


def test_package_is_found_without_being_imported(install: Install, call: Call) -> None:
    install(plugins.CONFIG_MODELS, "peak_extra:KIND")
    packages = [plugin.package for plugin in plugins.found(plugins.CONFIG_MODELS)]
    assert packages[0] == "peak-extra 2.5"
    assert all(package.startswith("peaklib ") for package in packages[1:])
    listed = call("plugins", "list").output
    assert re.search(r"extra +peak_extra:KIND +peak-extra 2\.5", listed)
    assert "peak_extra" not in sys.modules


def test_several_objects_behind_one_entry_point_are_handed_out_one_by_one(
    install: Install,
) -> None:
    install(plugins.CONFIG_MODELS, "peak_extra:BOTH")
    kinds = [item for plugin, item in plugins.load(plugins.CONFIG_MODELS) if plugin.name == "extra"]
    assert [kind.pattern for kind in kinds] == ["extra/*.toml", "more/*.toml"]
    assert all(isinstance(kind, ConfigKind) for kind in kinds)


@pytest.mark.parametrize("target", ["peak_extra:NOTHING", "peak_missing:KIND"])
def test_package_that_cannot_be_imported_is_named(target: str, install: Install) -> None:
    install(plugins.CONFIG_MODELS, target)
    with pytest.raises(PluginError) as caught:
        list(plugins.load(plugins.CONFIG_MODELS))
    for word in ("peak-extra 2.5", "'extra'", target, "mend the package or uninstall it"):
        assert word in str(caught.value)


def test_files_of_a_plugin_are_claimed_and_checked(
    install: Install, call: Call, project: Path
) -> None:
    install(plugins.CONFIG_MODELS, "peak_extra:KIND")
    folder = project / "configs" / "extra"
    folder.mkdir()
    (folder / "good.toml").write_text("size = 1", "utf-8")
    (folder / "bad.toml").write_text("sise = 1", "utf-8")
    done = call("config-lint")
    assert done.exit_code == 2
    assert "✓ configs/extra/good.toml" in done.output
    assert "✕ configs/extra/bad.toml\n    size: is missing" in done.output


def test_plugin_of_another_kind_is_named(install: Install, call: Call) -> None:
    install(plugins.CONFIG_MODELS, "peak_extra:NUMBER")
    error = call("config-lint").exception
    assert isinstance(error, PluginError)
    assert "peak-extra 2.5" in str(error)
    assert "peak_extra:NUMBER" in str(error)
