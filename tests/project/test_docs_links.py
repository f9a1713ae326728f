"""Links and pictures of the documentation lead somewhere."""

import re
from pathlib import Path

import pytest

from peaklib.sweep import make_plan

LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
SWEEP = re.compile(r"```toml\n(# Which breakout.*?)```", re.DOTALL)


def pages(root: Path) -> list[Path]:
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def test_relative_links_and_pictures_exist(root: Path) -> None:
    missing = [
        f"{page.relative_to(root)}: {target}"
        for page in pages(root)
        for target in LINK.findall(page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("settings", [(), ('foreach.dataset=["nasdaq"]', "fixed.fill=close")])
def test_sweep_of_the_how_to_is_as_large_as_it_says(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PEAK_HOME", str(root))
    (text,) = SWEEP.findall((root / "docs" / "how-to" / "write-a-sweep.md").read_text("utf-8"))
    config = tmp_path / "breakout.toml"
    config.write_text(text, "utf-8")
    plan = make_plan(config, settings)
    assert {cell.n_trials for cell in plan.cells} == {56}
    assert len(plan.cells) == 2 - bool(settings)
