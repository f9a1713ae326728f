"""An attempt that brought no answer."""

from peaklib.errors import ModelCallError
from peaklib.llm.roles import Outcome


class Failure(ModelCallError):
    """A service gave no answer that could be read.

    Args:
        outcome: the class it falls into; the next service is asked after some of them only.
        reason: in one short line, without keys and without words of the prompt.
        status: of HTTP; None if there was none.
        retry_after_s: seconds after which the service wants to be asked again, if it says so.
        sent: False if it is certain that nothing of the request was sent.
    """

    def __init__(
        self,
        outcome: Outcome,
        reason: str,
        status: int | None = None,
        retry_after_s: float | None = None,
        sent: bool = True,
    ) -> None:
        self.outcome = outcome
        self.reason = reason
        self.status = status
        self.retry_after_s = retry_after_s
        self.sent = sent
        super().__init__(f"{outcome}: {reason}")

    def __reduce__(
        self,
    ) -> tuple[type["Failure"], tuple[Outcome, str, int | None, float | None, bool]]:
        return type(self), (self.outcome, self.reason, self.status, self.retry_after_s, self.sent)
