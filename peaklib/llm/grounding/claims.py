"""What the critic says about a text: a claim for each number, date or citation."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """A number, date or citation of a text, and what the evidence says to it.

    Args:
        text: its sentence, on one line.
        start: offset of the number in the text.
        end: offset behind it.
        number: as written; empty for a citation whose key nobody knows, or whose fact is a
            word that the sentence does not say.
        key: the fact that it was compared with; None if it cites none.
        status: one of `STATUSES`.
        reason: why, in words, with both values.
    """

    text: str
    start: int
    end: int
    number: str
    key: str | None
    status: str
    reason: str

    @property
    def is_supported(self) -> bool:
        """Whether the evidence says the same."""
        return self.status == "supported"


@dataclass(frozen=True)
class Grounding:
    """What the critic found in a text.

    Args:
        claims: in the order of the text.
    """

    claims: tuple[Claim, ...]

    @property
    def unsupported(self) -> tuple[Claim, ...]:
        """The claims that the evidence does not bear out."""
        return tuple(claim for claim in self.claims if not claim.is_supported)

    @property
    def grounded(self) -> bool:
        """Whether every number is supported; true of a text without numbers."""
        return not self.unsupported

    def table(self) -> list[dict[str, str | int | None]]:
        """One plain row per claim: number, key, status, reason, sentence, offset."""
        return [
            {
                "number": claim.number,
                "key": claim.key,
                "status": claim.status,
                "reason": claim.reason,
                "sentence": claim.text,
                "start": claim.start,
            }
            for claim in self.claims
        ]
