"""The one decoding loop: ordinary, width-matched and speculative, for any number of rows.

Ordinary decoding is `drafted` 0 and width 1; width-matched decoding is `drafted` 0 and the width
of a speculative run, so that both score the same shapes; speculative decoding is `drafted` g.
All go through the same lines, and no setting can make an output differ from the target's choices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from analyzer.errors import SpeculativeError
from analyzer.speculative.drafters.lookup import Drafter
from analyzer.speculative.verification import verify_greedy

PADDING = 0
"""Token scored where a pass is wider than what is to be scored; its choices are never read."""


class Target(Protocol):
    """A model with a cache for `rows` texts, of at least prompt + limit + width tokens each.

    A choice is the argmax of the logits, or of logits / temperature plus `noise.gumbel` of the
    position that the chosen token will take: then sampled output is exact too.
    """

    @property
    def rows(self) -> int:
        """Texts decoded at once."""
        ...

    def prefill(self, prompts: Sequence[Sequence[int]]) -> list[int]:
        """Cache the prompts, one for each row, and give the first chosen token of each."""
        ...

    def choose(self, cached: Sequence[int], tokens: Sequence[Sequence[int]]) -> list[list[int]]:
        """Score (rows, width) tokens and give the target's choice after each of them.

        Of row i the first `cached[i]` tokens of prompt and output are valid in the cache; what is
        cached behind them is to be overwritten. `tokens[i]` stand at positions `cached[i]` on.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pass:
    """One forward of the target for one row."""

    drafted: int
    """Tokens proposed and scored."""
    accepted: int
    """Tokens given beyond one: accepted drafts, up to the one before an end token."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a row gave: `len(tokens) == 1 + sum(1 + accepted for each pass)`."""

    tokens: tuple[int, ...]
    """Output, with the end token where there was one; the first comes from the prefill."""
    passes: tuple[Pass, ...]
    ended: bool
    """Whether an end token came, instead of the limit."""


def decode(  # noqa: PLR0913 - one run's settings, each named by its caller
    target: Target,
    drafters: Sequence[Drafter],
    prompts: Sequence[Sequence[int]],
    limit: int,
    drafted: int,
    *,
    width: int | None = None,
    end: frozenset[int] = frozenset(),
) -> list[Decoded]:
    """Decode every prompt to an end token or to `limit` tokens.

    One drafter and one prompt for each of the target's rows. `drafted` is the most tokens a pass
    may propose and `width` the tokens it scores, padding included: drafted + 1 unless told.
    Rows that are done go on being scored, unread, until the last one is: shapes never change.
    """
    width = drafted + 1 if width is None else width
    _check(target, drafters, prompts, limit, drafted, width)
    chosen = target.prefill(prompts)
    rows = [_Row(prompt, token, limit, end) for prompt, token in zip(prompts, chosen, strict=True)]
    while any(row.open for row in rows):
        drafts = [row.ask(drafter, drafted) for row, drafter in zip(rows, drafters, strict=True)]
        scored = [row.scored(draft, width) for row, draft in zip(rows, drafts, strict=True)]
        choices = target.choose([len(row.text) - 1 for row in rows], scored)
        for row, draft, after in zip(rows, drafts, choices, strict=True):
            row.take(draft, after)
    return [row.decoded() for row in rows]


class _Row:
    """One text on its way: its last token is chosen and not yet in the target's cache."""

    def __init__(self, prompt: Sequence[int], first: int, limit: int, end: frozenset[int]) -> None:
        self.text = [*prompt, first]
        self._prompt = len(prompt)
        self._last = len(prompt) + limit
        self._end = end
        self._ended = first in end
        self._passes: list[Pass] = []

    @property
    def open(self) -> bool:
        return not self._ended and len(self.text) < self._last

    def ask(self, drafter: Drafter, drafted: int) -> list[int]:
        """Proposal of the drafter; one token of the room is left for the target's own."""
        room = min(drafted, self._last - len(self.text) - 1)
        if not self.open or room == 0:
            return []
        draft = drafter.propose(tuple(self.text), room)
        if len(draft) > room:
            name = type(drafter).__name__
            raise SpeculativeError(f"{name} proposed {len(draft)} tokens where {room} were allowed")
        return draft

    def scored(self, draft: list[int], width: int) -> list[int]:
        return [self.text[-1], *draft] + [PADDING] * (width - 1 - len(draft))

    def take(self, draft: list[int], after: list[int]) -> None:
        """Add what the pass gave, up to an end token."""
        if not self.open:
            return
        verdict = verify_greedy(after[: len(draft) + 1], draft)
        given = [*draft[: verdict.accepted], verdict.token]
        ends = next((place for place, token in enumerate(given) if token in self._end), None)
        self._ended = ends is not None
        given = given if ends is None else given[: ends + 1]
        self.text += given
        self._passes.append(Pass(len(draft), len(given) - 1))

    def decoded(self) -> Decoded:
        return Decoded(tuple(self.text[self._prompt :]), tuple(self._passes), self._ended)


def _check(
    target: Target,
    drafters: Sequence[Drafter],
    prompts: Sequence[Sequence[int]],
    limit: int,
    drafted: int,
    width: int,
) -> None:
    if not len(drafters) == len(prompts) == target.rows:
        raise SpeculativeError(
            f"{len(prompts)} prompts and {len(drafters)} drafters for a target of {target.rows}"
            " rows: give one of each for every row"
        )
    if limit < 1 or drafted < 0 or width <= drafted:
        raise SpeculativeError(
            f"limit {limit}, drafted {drafted}, width {width}: take a limit of at least 1,"
            " drafted of at least 0 and a width above drafted"
        )
