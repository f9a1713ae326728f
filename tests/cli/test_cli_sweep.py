"""`peak sweep` as far as it computes nothing, and the plainer commands."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from scratch import peak, run_folders

from peaklib.errors import ConfigError, EvidenceError

Call = Callable[..., Result]
QUICK = "configs/sweeps/quick.toml"


def test_dry_run_prints_cells_trials_and_time_and_computes_nothing(
    call: Call, project: Path
) -> None:
    done = call("sweep", QUICK, "--dry-run")
    assert done.exit_code == 0
    assert re.search(r"sma_crossover +retail +29$", done.output, re.MULTILINE)
    assert re.search(r"rsi_reversion +retail +20$", done.output, re.MULTILINE)
    assert re.search(r"2 cells, 49 trials, about \d+:\d\d on", done.output)
    assert not (project / "runs").exists()
    assert not (project / "reports").exists()


def test_dry_run_takes_settings_and_workers(call: Call) -> None:
    done = call(
        *("sweep", QUICK, "--dry-run", "--workers", "1", "--set", "grid.sma_crossover.fast=[5]")
    )
    assert "2 cells, 26 trials" in done.output
    assert "1 workers" in done.output


def test_question_is_printed_as_it_is_written(call: Call) -> None:
    done = call("sweep", QUICK, "--dry-run", "--set", "question=Does [bold] timing help?")
    assert "Does [bold] timing help?" in done.output


@pytest.mark.slow
def test_promotion_is_refused_with_a_reason_and_nothing_runs(project: Path) -> None:
    done = peak(project, "sweep", QUICK, "--promote")
    assert done.returncode == 2
    assert "promotion is not available yet" in done.stderr
    assert "Nothing was run" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project / "runs").exists()


@pytest.mark.slow
def test_wrong_configuration_exits_with_2_and_all_mistakes(project: Path) -> None:
    done = peak(project, "sweep", QUICK, *("--set", "sede=1", "--set", "fixed.dataset=sp501"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {QUICK}: 2 mistakes\n")
    assert "sede" in done.stderr
    assert "'sp501'" in done.stderr
    assert not (project / "runs").exists()


def test_missing_file_names_its_neighbours(call: Call) -> None:
    done = call("sweep", "configs/sweeps/qick.toml")
    assert isinstance(done.exception, ConfigError)
    assert "quick.toml" in str(done.exception)


def test_report_of_a_sweep_that_never_ran_says_what_to_do(call: Call) -> None:
    done = call("sweep", QUICK, "--report")
    assert isinstance(done.exception, EvidenceError)
    assert "no finished run of sweep 'quick'" in str(done.exception)
    assert "--run" in str(done.exception)


def test_help_lists_every_option_the_sweep_has(call: Call) -> None:
    done = call("sweep", "--help")
    options = ["--run", "--report", "--promote", "--workers", "--resume", "--set", "--dry-run"]
    for option in options:
        assert option in done.output


@pytest.mark.parametrize(
    "command", ["sweep", "config-lint", "notebooks", "data", "strategies", "plugins"]
)
def test_every_command_explains_itself(command: str, call: Call) -> None:
    assert command in call("--help").output
    done = call(command, "--help")
    assert done.exit_code == 0
    assert done.output.startswith("Usage: ")


@pytest.mark.slow
def test_unknown_command_exits_with_2(project: Path) -> None:
    done = peak(project, "sweeep")
    assert done.returncode == 2
    assert "sweeep" in done.stderr
    assert "Traceback" not in done.stderr


def test_data_sets_are_listed_with_their_quality(call: Call) -> None:
    listed = call("data", "list").output
    for name in ("sp500", "nasdaq", "vix", "wti"):
        assert name in listed
    assert "previous close" in call("data", "quality", "sp500").output


def test_strategies_are_listed_and_explained(call: Call) -> None:
    listed = call("strategies", "list").output
    for name in ("sma_crossover", "buy_and_hold", "vol_regime_filter"):
        assert name in listed
    shown = call("strategies", "show", "sma_crossover").output
    for word in ("fast", "slow", "bars"):
        assert word in shown


def test_plugins_are_listed_with_their_package(call: Call) -> None:
    listed = call("plugins", "list").output
    assert re.search(r"builtin +peaklib\.strategies:BUILT_IN +peaklib 0", listed)
    assert re.search(r"sweeps +peaklib\.sweep\.config:CONFIG_FILES +peaklib 0", listed)


def test_plugins_validate_names_each_strategy(call: Call) -> None:
    done = call("plugins", "validate", "buy_and_hold", "sma_crossover")
    assert done.exit_code == 0
    assert re.findall(r"^✓ (\w+)", done.output, re.MULTILINE) == ["buy_and_hold", "sma_crossover"]


@pytest.mark.slow
def test_wrong_name_ends_in_one_line_without_a_traceback(project: Path) -> None:
    done = peak(project, "strategies", "show", "sma_crosover")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "sma_crossover" in done.stderr
    assert run_folders(project) == []
