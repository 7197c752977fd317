"""What a drafter would have had accepted at every place of an output: recorded once, replayed.

The greedy rule keeps exactly the drafts that the output itself goes on with, so one recording
tells the passes of a run with any number of drafted tokens. That holds for sampling keyed by
position too; for rejection sampling, whose output depends on the drafts, it is an approximation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.errors import SpeculativeError
from analyzer.speculative.decoding import Pass
from analyzer.speculative.drafters.lookup import Drafter


@dataclass(frozen=True, slots=True)
class RunLengths:
    """Index i speaks of the place where i + 1 tokens of the output are known.

    Place 0, the first token, comes from the prefill and is never drafted; behind the last token
    there is nothing to draft.
    """

    proposed: tuple[int, ...]
    """Tokens proposed there when `longest` were allowed; (output tokens - 1,)."""
    accepted: tuple[int, ...]
    """Of these, how many in a row the output goes on with; (output tokens - 1,)."""
    longest: int
    """Most tokens that the recording allowed."""
    limit: int
    """Most output tokens of the run; more than there are where an end token came first."""

    @property
    def output_tokens(self) -> int:
        """Tokens of the recorded output."""
        return len(self.proposed) + 1


def record(
    prompt: Sequence[int],
    output: Sequence[int],
    drafter: Drafter,
    longest: int,
    *,
    limit: int | None = None,
) -> RunLengths:
    """Ask a drafter at every place of a known output, showing it only what precedes the place.

    `limit` is the run's own where an end token came before it; else the output's length.
    """
    limit = len(output) if limit is None else limit
    places = range(1, len(output))
    drafts = [drafter.propose((*prompt, *output[:place]), longest) for place in places]
    runs = [_run(draft, output[place:]) for draft, place in zip(drafts, places, strict=True)]
    return RunLengths(tuple(map(len, drafts)), tuple(runs), longest, limit)


def recorded(accepted: Sequence[int], longest: int, *, limit: int | None = None) -> RunLengths:
    """Take a recording of accepted counts alone, of a drafter that always proposes `longest`.

    A model that drafts (an early exit, a head) is asked for all places in one pass and always
    has a proposal; `accepted` holds one count for each output token but the first.
    """
    for place, count in enumerate(accepted):
        if not 0 <= count <= longest:
            raise SpeculativeError(
                f"place {place}: {count} accepted of {longest} proposed; give counts from 0 to"
                f" {longest}"
            )
    limit = len(accepted) + 1 if limit is None else limit
    return RunLengths((longest,) * len(accepted), tuple(accepted), longest, limit)


def replay(lengths: RunLengths, drafted: int) -> tuple[Pass, ...]:
    """Give the passes that `decode` makes with at most `drafted` tokens proposed a pass."""
    if not 0 <= drafted <= lengths.longest:
        raise SpeculativeError(
            f"{drafted} drafted tokens were not recorded; take 0 to {lengths.longest}"
        )
    passes: list[Pass] = []
    known = 1
    while known < lengths.output_tokens:
        allowed = min(drafted, lengths.limit - known - 1)
        proposed = min(lengths.proposed[known - 1], allowed)
        left = lengths.output_tokens - known - 1  # the last token is the pass's own
        accepted = min(lengths.accepted[known - 1], proposed, left)
        passes.append(Pass(proposed, accepted))
        known += accepted + 1
    return tuple(passes)


def _run(draft: Sequence[int], follows: Sequence[int]) -> int:
    """Tokens that both begin with."""
    pairs = enumerate(zip(draft, follows, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(draft), len(follows)))
