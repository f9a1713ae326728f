"""The counts of the ledger are those that the routers made while they asked."""

from pathlib import Path

import pytest
from llm.routing import RUN, bench

from peaklib.errors import PeakError
from peaklib.llm.history.counts import counted
from peaklib.llm.roles import Outcome


def test_counts_from_the_ledger_are_those_of_the_router(tmp_path: Path) -> None:
    faults = {"gpt-5-mini": ["ok", "500", "404"], "gpt-5-nano": ["forbidden-model"]}
    with bench(tmp_path, faults=faults) as at:
        at.call()
        at.call()
        for _ in range(2):
            at.router._desk.cooldowns.begin("google:gemini-2.5-flash", Outcome.OUTAGE)
            with pytest.raises(PeakError):
                at.call()
        at.router._desk.cooldowns.end("openai:gpt-5-mini")
        with pytest.raises(PeakError):
            at.call()
        with pytest.raises(PeakError):
            at.call("L0")
        rows = at.router.settings.matrix.rows
        again = counted(at.router.ledger, {(row.provider, row.model_id) for row in rows})
        assert again.text() == at.router.metrics.text()
        text = again.text().decode()
    assert 'outcome="outage"' in text
    assert 'llm_alerts_total{kind="gone"} 1.0' in text
    assert 'llm_alerts_total{kind="policy"} 1.0' in text
    assert RUN not in text
