"""One call of the router: what is asked, for whom, under which limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peaklib.llm.books import Limit, Refusal
from peaklib.llm.messages import Request
from peaklib.llm.roles import Outcome

if TYPE_CHECKING:
    from peaklib.llm.routing.desk import Desk
    from peaklib.llm.settings import Row


@dataclass(frozen=True)
class Call:
    """What is asked.

    Args:
        call_id: of its lines in the ledger.
        run_id: run that it belongs to.
        phase: of the project.
        layer, role: that are asked for.
        chain: rows that are asked, in this order.
        prompt_version: name of the prompt.
        request: what goes out.
        request_hash: of it.
        limits: by the name of the scope that they belong to.
        deadline_s: longest time on one row, with the waits that it asks for.
        hurried: the caller allows less time than layer, run and phase do.
    """

    call_id: str
    run_id: str
    phase: str
    layer: str
    role: str
    chain: tuple["Row", ...]
    prompt_version: str
    request: Request
    request_hash: str
    limits: Mapping[str, Limit]
    deadline_s: float
    hurried: bool

    def __str__(self) -> str:
        return f"call {self.call_id} of {self.layer} {self.role} (run {self.run_id})"

    def refusal(
        self, desk: "Desk", outcome: Outcome, reason: str, row: "Row | None", attempt: int
    ) -> Refusal:
        """The line about something that was not sent.

        Args:
            desk: of the router.
            outcome: why not, in one word.
            reason: why not, in a sentence.
            row: that was not asked; None if the call did not get so far.
            attempt: number that it would have had.
        """
        return Refusal(
            self.call_id,
            attempt,
            self.run_id,
            self.layer,
            self.role,
            outcome,
            reason,
            self.phase,
            row.key if row else "",
            row.provider if row else "",
            row.model_id if row else "",
            self.prompt_version,
            self.request_hash,
            desk.settings.policy_digest,
            desk.settings.matrix_digest,
        )
