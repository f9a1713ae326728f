"""`peak llm serve`: a stand-in for the services of models, on this machine, until Ctrl-C."""

import time
from typing import TYPE_CHECKING, Final

import click

from peaklib.cli.show import console, next_step

if TYPE_CHECKING:
    from peaklib.llm.standin import Served

_PORT: Final = 8089
_LOOK_S: Final = 0.5
_NOTEBOOKS: Final = ("l1_deep_research.ipynb", "l2_market_outlook.ipynb")


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    help="Of this machine; 0 takes a free one.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="MODEL=NAME[+NAME…]",
    help="What a model meets: one fault always, or several in turn and then good answers.",
)
@click.option("--list-faults", is_flag=True, help="List the faults and end.")
def command(port: int, faults: tuple[str, ...], list_faults: bool) -> None:
    """Serve the model API on this machine: no key, no network, no model.

    Answers repeat the evidence of the prompt. Ctrl-C ends it. Exit status: 0 stopped, 1 the port
    is taken or there is no such fault.
    """
    if list_faults:
        _list()
        return
    from peaklib.llm.standin import StandIn

    wanted = _read(faults)
    strange = sorted(set(wanted) - _models()) if wanted else []
    with StandIn(faults=wanted, port=port, watch=_show) as standin:
        console.print(f"serving {standin.url} for this machine only; Ctrl-C ends it")
        for notebook in _NOTEBOOKS:
            next_step(f"AI_ENABLED=1 AI_LOCAL_URL={standin.url} peak run notebooks/{notebook}")
        for model in strange:
            console.print(f"! no row of the matrix asks for {model}: its fault will meet nobody")
        try:
            # A Ctrl-C that comes just before a wait does not end it; the next wait sees it.
            while True:
                time.sleep(_LOOK_S)
        except KeyboardInterrupt:
            console.print(f"stopped after {len(standin.seen)} requests")


def _read(given: tuple[str, ...]) -> dict[str, str | list[str]]:
    from peaklib.llm.standin.faults import in_turn

    faults: dict[str, str | list[str]] = {}
    for each in given:
        model, equals, names = each.partition("=")
        if not (model and equals and names) or model in faults:
            raise click.BadParameter(
                f"{each!r}; give each model once, as gpt-5-mini=429 or gpt-5-mini=429+reset",
                param_hint="--fault",
            )
        faults[model] = in_turn(names)
    return faults


def _models() -> set[str]:
    """Models of the project's matrix."""
    from peaklib.cli.project import find_project
    from peaklib.llm.settings.matrix import FILE, read_matrix

    rows = read_matrix(find_project() / "configs" / "ai" / FILE).rows
    return {row.model_id for row in rows}


def _show(served: "Served") -> None:
    console.print(f"{served.line:<28}{served.model:<28}{served.did}".rstrip(), soft_wrap=True)


def _list() -> None:
    from peaklib.llm.standin import FAULTS
    from peaklib.llm.standin.faults import ALIASES

    short = {name: alias for alias, name in ALIASES.items()}
    group = ""
    for fault in FAULTS.values():
        if fault.group != group:
            group = fault.group
            console.print(group)
        also = f" (also: {short[fault.name]})" if fault.name in short else ""
        console.print(f"  {fault.name:<20}{fault.meaning}{also}", soft_wrap=True)
    console.print(f"{len(FAULTS)} faults", soft_wrap=True)
