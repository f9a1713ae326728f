"""The file of a night: what it may say, and what it never holds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from peaklib.errors import ConfigError
from peaklib.sweep.nightly.config import CONFIG_FILES, check_config, load_config, shown

Write = Callable[[str], Path]
SWEEPS = 'sweeps = ["configs/sweeps/quick.toml"]\n'
HOOK = '[alerts.webhook]\nurl = "{url}"\nsecret_env = "{name}"\n'
GOOD = "https://hooks.example.org/services/abc"


@pytest.fixture
def write(project: Path) -> Write:
    def _write(text: str) -> Path:
        path = project / "configs" / "nightly" / "mine.toml"
        path.write_text(text, "utf-8")
        return path

    return _write


def problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        check_config(path)
    return caught.value.problems


def test_only_the_sweeps_have_to_be_named(write: Write) -> None:
    config = check_config(write(SWEEPS))
    assert (config.name, config.repro, config.report) == ("nightly", 1, True)
    assert config.drift.sharpe == 0.01
    assert config.alerts.exit
    assert config.alerts.webhook is None


def test_file_of_the_project_is_right_and_claimed(project: Path) -> None:
    path = project / "configs" / "nightly" / "default.toml"
    assert path.match(CONFIG_FILES.pattern)
    assert CONFIG_FILES.check(path) == load_config(path)


def test_every_mistake_is_listed(write: Write) -> None:
    found = problems(
        write('sweps = []\nsweeps = []\nrepro = -1\nname = "../x"\n[drift]\nsharpe=nan')
    )
    starts = sorted(line.split(" = ")[0].split(":")[0] for line in found)
    assert starts == ["drift.sharpe", "name", "repro", "sweeps", "sweps"]


def test_missing_sweep_is_a_mistake_to_the_check_but_not_to_the_night(write: Write) -> None:
    path = write('sweeps = ["configs/sweeps/qick.toml"]')
    assert "qick.toml" in problems(path)[0]
    assert load_config(path).sweeps == ["configs/sweeps/qick.toml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('sweeps = ["a/x.toml", "b/x.toml"]', "2 of them are called 'x'"),
        ('name = "quick"\n' + SWEEPS, "report would be lost"),
        (SWEEPS + '[alerts]\nfile = "reports/nightly.json"', "the night's own page"),
    ],
)
def test_no_name_stands_for_two_things(text: str, said: str, write: Write) -> None:
    assert said in problems(write(text))[0]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example.org/x", "https only"),
        ("https://me:" + "pw@hooks.example.org/x", "user, a password"),
        ("ftp://hooks.example.org/x", "no address"),
        ("https:///x", "no address"),
        ("https://hooks.example.org:port/x", "no address"),
        ("hooks.example.org", "no address"),
        ("http://127.0.0.1.example.org/x", "https only"),
    ],
)
def test_address_that_is_not_safe_is_refused_without_being_shown(
    url: str, said: str, write: Write
) -> None:
    (line,) = problems(write(SWEEPS + HOOK.format(url=url, name="NIGHT_SECRET")))
    assert line.startswith("alerts.webhook.url: ")
    assert said in line
    assert url not in line


@pytest.mark.parametrize(
    "url", [GOOD, "http://127.0.0.1:80/x", "http://localhost/", "http://[::1]/"]
)
def test_https_and_this_machine_are_taken(url: str, write: Write) -> None:
    hook = check_config(write(SWEEPS + HOOK.format(url=url, name="NIGHT_SECRET"))).alerts.webhook
    assert hook is not None
    assert hook.url == url


@pytest.mark.parametrize(
    ("name", "said"), [("NIGHT_HOOK", "packs redact"), ("the secret!", "never the secret itself")]
)
def test_variable_has_a_name_that_redaction_knows(name: str, said: str, write: Write) -> None:
    (line,) = problems(write(SWEEPS + HOOK.format(url=GOOD, name=name)))
    assert said in line


def test_record_shows_the_host_alone(write: Write) -> None:
    plain = shown(check_config(write(SWEEPS + HOOK.format(url=GOOD, name="NIGHT_SECRET"))))
    assert plain["alerts"]["webhook"]["url"] == "https://hooks.example.org/…"
    assert "services" not in str(plain)
