"""Published run-lengths and pass costs of speculative decoding, and what load does to them.

The figures and their sources stand in `run_lengths.json`; each carries a provenance tag.
"""

from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import msgspec

from analyzer.errors import PolicyError

GENERAL = "general"
"""The kind of a workload whose text nobody described."""


class Distribution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many drafted tokens a target pass accepts."""

    id: str
    tag: str
    """Provenance, for example `published:...`."""
    accepted_at_least: tuple[Decimal, ...]
    """Share of passes that accept at least 1, 2, .. drafted tokens: unconditional, so falling."""
    measured_on: str
    source: str
    licence: str

    @property
    def tokens_per_pass(self) -> Fraction:
        """Mean tokens of a pass: the target's own token and the accepted drafts."""
        return 1 + sum(map(Fraction, self.accepted_at_least), Fraction(0))


class PassCost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Microseconds of one decoding step, linear in its tokens and in the cached context."""

    tag: str
    pass_us: Decimal
    token_us: Decimal
    kv_token_us: Decimal
    step_us: Decimal
    """Scheduling overhead of a step, with or without drafts."""
    draft_us: Decimal
    draft_token_us: Decimal
    draft_kv_token_us: Decimal
    measured_on: str
    source: str
    licence: str

    def relative(self, batch: int, context_tokens: int, drafted: int) -> Fraction:
        """Cost of a speculative step over that of a plain one at the same load."""
        cached = batch * context_tokens
        plain = self._step(batch, cached)
        draft = self.draft_us + self.draft_token_us * (drafted + 1)
        draft += self.draft_kv_token_us * cached
        return Fraction(self._step(batch * (drafted + 1), cached) + draft) / Fraction(plain)

    def _step(self, tokens: int, cached: int) -> Decimal:
        return self.pass_us + self.step_us + self.token_us * tokens + self.kv_token_us * cached


class Speculation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Run-lengths by kind of text, pass costs, and the load at which calls are replayed."""

    read: str
    """Day the sources were read."""
    distributions: tuple[Distribution, ...]
    kinds: dict[str, str]
    """Kind of text to distribution id, where a published one fits."""
    kinds_without_own: tuple[str, ...]
    """Kinds that no published distribution fits: they draw from the general one and say so."""
    cost: PassCost
    batch: int
    """Concurrent calls assumed in the replay: the largest batch the costs were fitted on."""
    context_tokens: int
    """Cached tokens a call, assumed; longer contexts favour speculation, so this is cautious."""
    load_batches: tuple[int, ...]

    def of_kind(self, kind: str) -> Distribution:
        """The distribution drawn from for a kind of text."""
        if kind not in self.kinds and kind not in self.kinds_without_own:
            allowed = ", ".join(sorted({*self.kinds, *self.kinds_without_own}))
            raise PolicyError(f"serving: kind `{kind}` has no run-lengths, use one of {allowed}")
        return self.by_id(self.kinds.get(kind, self.kinds[GENERAL]))

    def by_id(self, distribution: str) -> Distribution:
        """The distribution of that id."""
        found = {item.id: item for item in self.distributions}
        if distribution not in found:
            known = ", ".join(found)
            raise PolicyError(f"serving: no run-lengths `{distribution}`, use one of {known}")
        return found[distribution]

    def label(self, kind: str) -> str:
        """The kind as a report prints it, naming a borrowed distribution."""
        return kind if kind in self.kinds else f"{kind} (general run-lengths)"


def load_table(
    speculation: Speculation | None = None,
    distribution: str | None = None,
    context_tokens: int | None = None,
) -> tuple[tuple[int, Fraction], ...]:
    """Mean speed-up by concurrent batch; below 1 speculation makes every call slower.

    Batches above 64 extrapolate the fit of the pass costs.
    """
    model = speculation or published()
    drawn = model.by_id(distribution) if distribution else model.of_kind(GENERAL)
    context = model.context_tokens if context_tokens is None else context_tokens
    drafted = len(drawn.accepted_at_least)
    return tuple(
        (batch, drawn.tokens_per_pass / model.cost.relative(batch, context, drafted))
        for batch in model.load_batches
    )


@cache
def published() -> Speculation:
    """The published run-lengths and pass costs that ship with the program."""
    text = Path(__file__).with_name("run_lengths.json").read_bytes()
    return msgspec.json.decode(text, type=Speculation)
