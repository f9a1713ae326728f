"""A router over the project's own configuration, with a stand-in for every provider."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ai_settings import TODAY, copy_ai

from peaklib.evidence.ledger.ledger import Ledger
from peaklib.llm import Reply, Router, load_settings
from peaklib.llm.standin import StandIn

HELLO = ({"role": "user", "content": "Hello"},)
RUN = "20261121_120000_abcdef"


def configs(folder: Path, **changes: Mapping[str, str]) -> Path:
    """The example of `configs/ai` in a project of its own, some texts replaced.

    Args:
        folder: of the project.
        changes: by the stem of a file: old text to new text, which must stand there.
    """
    place = copy_ai(folder)
    for stem, texts in changes.items():
        (path,) = place.glob(f"{stem}.*")
        content = path.read_text("utf-8")
        for old, new in texts.items():
            assert old in content, f"{path.name} has no {old!r}"
            content = content.replace(old, new)
        path.write_text(content, "utf-8")
    return place


@dataclass
class Bench:
    """A router, its stand-in and its ledger.

    Args:
        router: under test.
        standin: that answers.
        environ: that the router reads at each call.
        runs: folder of the ledger.
    """

    router: Router
    standin: StandIn
    environ: dict[str, str]
    runs: Path
    slept: list[float] = field(default_factory=list)

    def call(self, layer: str = "L2", role: str = "primary", **options: Any) -> Reply:
        """One call, with a few words and a run."""
        known: dict[str, Any] = {"run_id": RUN, "prompt_version": "test/1", **options}
        return self.router.call(layer, role, known.pop("messages", HELLO), **known)

    def lines(self, *kinds: str) -> list[dict[str, Any]]:
        """Data of the ledger's lines of some kinds, with the kind as `event`."""
        ledger = Ledger(self.runs / "ledger.jsonl")
        names = [f"llm_{kind}" for kind in kinds]
        return [{"event": line.event, **line.data} for line in ledger.events(*names)]


@contextmanager
def bench(
    folder: Path,
    *,
    profile: Any = "dev",
    changes: Mapping[str, Mapping[str, str]] | None = None,
    environ: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    **standin: Any,
) -> Iterator[Bench]:
    """A router whose every provider is a stand-in, switched on and armed."""
    settings = load_settings(configs(folder, **(changes or {})), profile=profile, today=TODAY)
    runs = folder / "runs"
    with StandIn(**standin) as server:
        known = {"AI_ENABLED": "1", "AI_ARMED": "1", "AI_LOCAL_URL": server.url, **(environ or {})}
        with Router(settings, environ=known, runs=runs, **(options or {})) as router:
            yield Bench(router, server, known, runs)
