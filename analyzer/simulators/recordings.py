"""Recorded run-lengths: what a drafter proposed, and the model took, at each place of an answer.

Passes of one answer are walked in their order, so that acceptance comes in bursts as it did.
"""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from analyzer.errors import SpeculativeError


class RecordedAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer; place t is that of the token after t were written.

    Place 0 is the token that the prompt's own pass gives; no draft is checked there.
    """

    proposed: tuple[int, ...]
    """Drafts that stood ready at each place."""
    accepted: tuple[int, ...]
    """Of these, how many the model would have written itself, from the first on."""

    def passes(self, drafted: int) -> Iterator[tuple[int, int]]:
        """Give (drafts checked, drafts accepted) of each pass over the whole answer."""
        place, length = 1, len(self.proposed)
        while place < length:
            checked = min(drafted, self.proposed[place], length - place - 1)
            taken = min(checked, self.accepted[place])
            yield checked, taken
            place += taken + 1


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Recorded answers of one kind of text, and how they are replayed."""

    id: str
    tag: str
    """Provenance, for example `measured-real-weights:...`."""
    drafted: int
    """Drafts that a pass of the replay checks at most."""
    answers: tuple[RecordedAnswer, ...]
    measured_on: str
    source: str
    draft_token_us: Decimal = Decimal(0)
    """Microseconds that proposing one draft takes, for all calls decoded together."""
    cost: str | None = None
    """Id of a measured table of pass costs; None takes the published fit, without its drafter."""

    @property
    def checked_most(self) -> int:
        """Drafts that any pass can check: what stood ready, up to `drafted`."""
        ready = max((max(answer.proposed) for answer in self.answers), default=0)
        return min(self.drafted, ready)

    def refuse_faults(self) -> None:
        """Refuse answers that no decoding can have given.

        Raises:
            SpeculativeError: with recording, answer and place of the first fault.
        """
        if self.drafted < 0 or not self.answers or self.draft_token_us < 0:
            raise SpeculativeError(
                f"run-lengths `{self.id}`: needs an answer, and drafts and times of 0 or more"
            )
        for number, answer in enumerate(self.answers):
            fault = _fault(answer)
            if fault:
                raise SpeculativeError(
                    f"run-lengths `{self.id}`, answer {number}: {fault}; record it again"
                )


def _fault(answer: RecordedAnswer) -> str | None:
    length = len(answer.proposed)
    if length != len(answer.accepted):
        return f"{length} places proposed and {len(answer.accepted)} accepted"
    if length < 2:  # noqa: PLR2004 - the first token comes with the prompt's own pass
        return "holds no place after its first token"
    for place, (ready, taken) in enumerate(zip(answer.proposed, answer.accepted, strict=True)):
        if not 0 <= taken <= ready:
            return f"place {place}: accepted {taken} of {ready} proposed"
        if place + taken > length:
            return f"place {place}: accepted {taken}, past its end"
    return None
