"""No key, token or password stands in a file of the project."""

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings, transient_settings

# Long hexadecimal strings are digests here, and addresses of machines are no secrets.
NEVER = {"HexHighEntropyString", "IPPublicDetector"}
# Figures stand in notebooks as base64; their code is scanned in the paired script.
NOT_IN_NOTEBOOKS = NEVER | {"Base64HighEntropyString", "KeywordDetector"}


def scan(paths: Iterable[Path], without: set[str]) -> Iterator[str]:
    """Findings as `file:line kind`; nothing is verified over the network."""
    with default_settings() as settings:
        plugins = [{"name": name} for name in settings.plugins if name not in without]
        filters = [{"path": path} for path in settings.filters if "verification" not in path]
    with transient_settings({"plugins_used": plugins, "filters_used": filters}):
        for path in paths:
            for finding in scan_file(str(path)):
                yield f"{path}:{finding.line_number} {finding.type}"


def scan_project_files(paths: Iterable[Path]) -> list[str]:
    files = list(paths)
    notebooks = [path for path in files if path.suffix == ".ipynb"]
    others = [path for path in files if path.suffix != ".ipynb"]
    return [*scan(notebooks, NOT_IN_NOTEBOOKS), *scan(others, NEVER)]


@pytest.mark.slow
def test_files_of_the_project_hold_no_secret(root: Path) -> None:
    """Tracked files and new ones that git does not ignore."""
    if not (root / ".git").exists():
        pytest.skip("not a git checkout: which files belong to the project is not known")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [root / name for name in listed.stdout.split("\0") if name]
    assert any(path.name == "pyproject.toml" for path in paths)
    assert scan_project_files(path for path in paths if path.is_file()) == []


# In halves, so that this file passes its own scan.
PLANTED = {
    "settings.toml": 'aws = "AKIA' + 'QWERTYUIOPASDFGH"',
    "client.py": 'password = "correct-horse' + '-7-battery-staple"',
    "notebook.ipynb": '{"source": ["-----BEGIN RSA ' + 'PRIVATE KEY-----"]}',
    "token.py": 'headers = {"x": "c3VwZXJsb25nIHN0cmluZyBza' + 'G91bGQgY2F1c2UgZW50cm9weQ=="}',
    "call.ipynb": '{"source": ["key = sk-' + "Zq" * 10 + "T3Blbk" + "FJ" + "Wx" * 10 + '"]}',
}


@pytest.mark.parametrize("name", PLANTED)
def test_scan_finds_a_planted_secret(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(f"{PLANTED[name]}\n", encoding="utf-8")
    assert scan_project_files([path])


def test_scan_leaves_digests_and_figures_alone(tmp_path: Path) -> None:
    golden = tmp_path / "golden.py"
    golden.write_text(f'DIGEST = "{"9f86d081884c7d65" * 4}"\n', encoding="utf-8")
    figure = tmp_path / "figure.ipynb"
    figure.write_text('{"bdata": "mpmZmZmZuT8zMzMzMzPDPwrXo3A9CsdP"}\n', encoding="utf-8")
    assert scan_project_files([golden, figure]) == []
