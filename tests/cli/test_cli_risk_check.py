"""`peak risk check`: the decision as a table or as JSON, and what a mistake is told."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from peaklib.cli.risk_check import command
from peaklib.errors import ConfigError

NOW = "2026-11-27T15:00:00Z"
ORDER = {"symbol": "sp500", "side": "buy", "quantity": 4, "price": 2500.0, "stage": "paper"}
STATE: dict[str, Any] = {
    "as_of": NOW,
    "kill_switch": False,
    "equity": 100_000,
    "day_start_equity": 100_000,
    "peak_equity": 104_000.0,
    "positions": {"sp500": 4},
    "prices": {"sp500": 2500.0},
    "price_times": {"sp500": "2026-11-27T14:59:30+00:00"},
    "order_times": ["2026-11-27T14:59:30Z"],
    "scenario_returns": {"sp500": [-0.02, 0.01] * 125},
    "stress_moves": {"crash": {"sp500": -0.4}},
}


def write(folder: Path, name: str, fields: Mapping[str, Any] | str) -> Path:
    path = folder / name
    path.write_text(fields if isinstance(fields, str) else json.dumps(fields), "utf-8")
    return path


def ask(project: Path, *more: str, order: Any = None, state: Any = None) -> Result:
    """The command on an order and a state, given as changes or as text."""
    orders = order if isinstance(order, str) else {**ORDER, **(order or {})}
    states = state if isinstance(state, str) else {**STATE, **(state or {})}
    files = (write(project, "order.json", orders), write(project, "state.json", states))
    arguments = ("--order", str(files[0]), "--state", str(files[1]), "--now", NOW, *more)
    return CliRunner().invoke(command, arguments)


def row(output: str, label: str) -> list[str]:
    (line,) = [line for line in output.splitlines() if line[2:].startswith(label)]
    return [line[0], *line[41:].split()]


def test_an_order_that_may_pass_is_shown_with_every_check_and_exits_0(project: Path) -> None:
    done = ask(project)
    assert done.exit_code == 0
    judged, decided, *_ = done.output.splitlines()
    assert judged == "buy 4 sp500 at 2,500.00, paper"
    assert decided == "allowed at 2026-11-27 15:00:00 UTC, 0 of 17 checks failed"
    assert row(done.output, "order notional") == ["✓", "10,000.00", "25,000.00"]
    assert row(done.output, "resulting position") == ["✓", "20,000.00", "50,000.00"]
    # 20,000 lose 2 % of themselves, 0.4 % of equity, on every second day.
    assert row(done.output, "value at risk") == ["✓", "0.40", "%", "4.00", "%"]
    assert row(done.output, "worst stress") == ["✓", "8.00", "%", "25.00", "%"]
    *table, last = done.output.splitlines()
    assert last.startswith("next  peak risk check --order ")
    assert last.endswith("--json")
    assert max(map(len, table)) <= 80


def test_an_order_that_may_not_ends_with_its_reasons_and_exits_1(project: Path) -> None:
    done = ask(project, order={"quantity": 40})
    assert done.exit_code == 1
    assert done.output.splitlines()[1].startswith("blocked at")
    assert row(done.output, "order notional")[0] == "✕"
    assert "blocked: order notional 100,000.00 is over 25,000.00" in done.output
    assert done.output.splitlines()[-1].startswith("blocked: worst stress loss")
    assert max(map(len, done.output.splitlines())) <= 80


def test_live_is_denied_first(project: Path) -> None:
    done = ask(project, order={"stage": "live", "quantity": 40})
    reasons = [line for line in done.output.splitlines() if line.startswith("blocked: ")]
    assert reasons[0] == "blocked: stage: live orders do not exist here, by design"


def test_unknown_missing_and_malformed_fields_block_and_are_no_crash(project: Path) -> None:
    done = ask(project, order={"comment": "please", "price": "cheap"}, state={"as_of": "today"})
    assert done.exit_code == 1
    assert "'comment'" in done.output
    assert "order.price is 'cheap', not a plain float or int" in done.output
    assert "state.as_of is 'today', not a datetime" in done.output.replace("\n  ", " ")
    assert done.output.splitlines()[-1] == (
        "blocked: 13 checks not computable: an input is malformed"
    )
    assert ask(project, order="{}", state="{}").exit_code == 1


def test_a_cause_that_checks_share_is_told_once_and_a_near_symbol_is_suggested(
    project: Path,
) -> None:
    cases = (("SP500", "sp500"), ("nasdaqq", "nasdaq"), ("Nasdak", "nasdaq"), ("gold", None))
    for symbol, near in cases:
        done = ask(project, order={"symbol": symbol})
        asked = f"; did you mean {near!r}?" if near else ""
        assert [line for line in done.output.splitlines() if line.startswith("blocked: ")] == [
            f"blocked: symbol: {symbol!r} is not allowed{asked}",
            f"blocked: 12 checks not computable: the state has no price of {symbol!r}",
        ]


def test_what_was_judged_is_said_first_whatever_stands_in_the_order(project: Path) -> None:
    cases = (
        ({"side": "sell", "quantity": 0.25, "price": 1234567.5}, "sell 0.25 sp500 at 1,234,567.50"),
        ({"quantity": 12_000, "price": 0.000123}, "buy 12,000 sp500 at 0.000123"),
        ({"quantity": True, "price": "cheap"}, "buy True sp500 at 'cheap'"),
        ({"side": None, "symbol": "a b"}, "None 4 'a b' at 2,500.00"),
        ({"quantity": 1e300, "price": float("nan")}, "buy 1e+300 sp500 at nan"),
    )
    for order, words in cases:
        assert ask(project, order=order).output.splitlines()[0] == f"{words}, paper"
    missing = ask(project, order="{}").output.splitlines()[0]
    assert missing == "missing missing missing at missing, missing"


def test_the_stages_that_are_allowed_are_listed_whole(project: Path) -> None:
    own = (project / "configs" / "risk" / "limits.toml").read_text("utf-8")
    lines = own.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("stages"))
    lines[at] = 'stages = ["shadow", "paper", "dry-run", "testnet-simulation"]'
    every = write(project, "every.toml", "\n".join(lines))
    table = ask(project, "--limits", str(every)).output.splitlines()
    start = next(number for number, line in enumerate(table) if line[2:7] == "stage")
    limits = [line[62:] for line in table[start : start + 3]]
    assert " ".join(limit.strip() for limit in limits) == (
        "shadow, paper, dry-run, testnet-simulation"
    )
    assert max(map(len, table[:-1])) <= 80


def test_the_help_fits_the_screen() -> None:
    shown = CliRunner().invoke(command, ["--help"]).output
    assert max(map(len, shown.splitlines())) <= 80
    assert "      --now 2026-11-27T15:00:00Z" in shown


def test_json_is_the_whole_decision(project: Path) -> None:
    for order, code in (({}, 0), ({"quantity": 40}, 1), ({"quantity": float("nan")}, 1)):
        done = ask(project, "--json", order=order)
        shown = json.loads(done.output)
        assert done.exit_code == code
        assert shown["allowed"] is (code == 0)
        assert len(shown["checks"]) == 17
        assert shown["reasons"] == [c["sentence"] for c in shown["checks"] if not c["ok"]]
        assert len(shown["digest"]) == 64
        assert shown["now"] == "2026-11-27T15:00:00+00:00"


def test_the_same_order_as_toml_has_the_same_digest(project: Path) -> None:
    toml = write(
        project,
        "order.toml",
        'symbol = "sp500"\nside = "buy"\nquantity = 4.0\nprice = 2_500\nstage = "paper"\n',
    )
    done = ask(project, "--json", "--order", str(toml))
    assert json.loads(done.output)["digest"] == json.loads(ask(project, "--json").output)["digest"]


def test_times_of_toml_are_times(project: Path) -> None:
    lines = [
        "as_of = 2026-11-27T15:00:00Z",
        "price_times = {sp500 = 2026-11-27T15:59:30+01:00}",
        "order_times = [2026-11-27T14:59:30Z]",
        "positions = {sp500 = 4}",
        "prices = {sp500 = 2500.0}",
        "stress_moves = {crash = {sp500 = -0.4}}",
        f"scenario_returns = {{sp500 = {STATE['scenario_returns']['sp500']}}}",
        "kill_switch = false",
        *(f"{key} = {STATE[key]}" for key in ("equity", "day_start_equity", "peak_equity")),
    ]
    toml = write(project, "state.toml", "\n".join(lines))
    done = ask(project, "--json", "--state", str(toml))
    assert done.exit_code == 0
    assert json.loads(done.output)["digest"] == json.loads(ask(project, "--json").output)["digest"]


def test_other_limits_can_be_given(project: Path) -> None:
    own = project / "configs" / "risk" / "limits.toml"
    text = own.read_text("utf-8").replace(
        "max_order_notional = 25_000.0", "max_order_notional = 9e3"
    )
    tight = write(project, "tight.toml", text)
    done = ask(project, "--limits", str(tight))
    assert done.exit_code == 1
    assert "order notional 10,000.00 is over 9,000.00" in done.output


def test_without_a_time_the_clock_is_asked(project: Path) -> None:
    """The state is of 2026-11-27 at three: whatever the clock says, it is old or not yet."""
    order = write(project, "order.json", ORDER)
    state = write(project, "state.json", {**STATE, "as_of": "2000-01-01T00:00:00Z"})
    done = CliRunner().invoke(command, ["--order", str(order), "--state", str(state)])
    assert done.exit_code == 1
    assert row(done.output, "age of the oldest")[0] == "✕"


def test_what_cannot_be_read_names_file_and_place(project: Path) -> None:
    cases = (
        ("{", "order.json", "line 1 column 2"),
        ("[]", "order.json", "is a list"),
        ('{"quantity": 1, "quantity": 1000}', "order.json", "'quantity' stands there twice"),
        ("[" * 100_000, "order.json", "is not readable as JSON"),
        ('{"quantity": ' + "9" * 5_000 + "}", "order.json", "is not readable as JSON"),
    )
    for text, name, words in cases:
        error = ask(project, order=text).exception
        assert isinstance(error, ConfigError), text[:20]
        assert name in str(error)
        assert words in str(error)
    binary = project / "order.toml"
    binary.write_bytes(b"\xff\xfe")
    for path, words in (
        (binary, "TOML"),
        (project / "none.json", "no such file"),
        (project / "order.yaml", "give .json or .toml"),
        (project / "order", "give .json or .toml"),
    ):
        error = ask(project, "--order", str(path)).exception
        assert isinstance(error, ConfigError)
        assert words in str(error)


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-27", "2026-11-27T15:00:00"])
def test_a_time_without_a_zone_is_a_mistake_of_the_call(project: Path, moment: str) -> None:
    done = ask(project, "--now", moment)
    assert done.exit_code == 2
    assert "2026-11-27T15:00:00Z" in done.output


def test_texts_of_the_files_cannot_steer_the_terminal(project: Path) -> None:
    done = ask(project, order={"symbol": "\x1b[2J", "stage": "a\nblocked: b", "\x1b[31m": 1})
    assert "\x1b" not in done.output
    assert "\nblocked: b" not in done.output
