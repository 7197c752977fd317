"""Run-lengths of speculative decoding by kind of text, and what load does to them.

The published figures and their sources stand in `run_lengths.json`; each carries a provenance tag.
Recorded answers come in the same form, read and checked by `read`.
"""

from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import msgspec

from analyzer.errors import PolicyError, SpeculativeError
from analyzer.results import LoadLine
from analyzer.simulators.pass_costs import CostTable, PassCost
from analyzer.simulators.recordings import Recording

GENERAL = "general"
"""The kind of a workload whose text nobody described."""
KINDS = (
    GENERAL, "chat", "extraction", "summary", "json", "code", "retrieval", "maths", "agent",
)  # fmt: skip
"""Kinds of text; one without run-lengths of its own borrows the general ones and says so."""


class Distribution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many drafted tokens a target pass accepts, each pass apart from the others."""

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

    @property
    def checked_most(self) -> int:
        """Drafts that every pass checks."""
        return len(self.accepted_at_least)


Drawn = Distribution | Recording


class Speculation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Run-lengths by kind of text, pass costs, and the load at which calls are replayed."""

    day: str
    """Day the sources were read."""
    distributions: tuple[Distribution, ...]
    kinds: dict[str, str]
    """Kind of text to the id of its own run-lengths: a distribution, or a recording."""
    cost: PassCost
    batch: int
    """Concurrent calls assumed in the replay: the largest batch the costs were fitted on."""
    context_tokens: int
    """Cached tokens a call, assumed; longer contexts favour speculation, so this is cautious."""
    load_batches: tuple[int, ...]
    recordings: tuple[Recording, ...] = ()
    cost_tables: tuple[CostTable, ...] = ()

    def of_kind(self, kind: str) -> Drawn:
        """The run-lengths drawn from for a kind of text."""
        if kind not in KINDS:
            allowed = ", ".join(sorted(KINDS))
            raise PolicyError(f"serving: kind `{kind}` has no run-lengths, use one of {allowed}")
        return self.by_id(self.kinds.get(kind, self.kinds[GENERAL]))

    def by_id(self, run_lengths: str) -> Drawn:
        """The run-lengths of that id."""
        every: tuple[Drawn, ...] = (*self.distributions, *self.recordings)
        found = {item.id: item for item in every}
        if run_lengths not in found:
            known = ", ".join(found)
            raise PolicyError(f"serving: no run-lengths `{run_lengths}`, use one of {known}")
        return found[run_lengths]

    def label(self, kind: str) -> str:
        """The kind as a report prints it, naming borrowed run-lengths."""
        return kind if kind in self.kinds else f"{kind} (general run-lengths)"

    def relative(self, drawn: Drawn, drafted: int, batch: int, context_tokens: int) -> Fraction:
        """Cost of a pass that checks so many drafts, proposing them included, over a plain pass."""
        if isinstance(drawn, Distribution):
            return self.cost.relative(batch, context_tokens, drafted)
        draft_us = drawn.draft_token_us * drafted
        if drawn.cost is None:
            return self.cost.widened(batch, context_tokens, drafted, draft_us)
        return self._table(drawn).widened(batch, drafted, draft_us)

    def cost_tag(self, drawn: Drawn) -> str:
        """Provenance of the pass costs that go with these run-lengths."""
        if isinstance(drawn, Distribution) or drawn.cost is None:
            return self.cost.tag
        return self._table(drawn).tag

    def _table(self, drawn: Recording) -> CostTable:
        return next(table for table in self.cost_tables if table.id == drawn.cost)


def load_table(
    speculation: Speculation | None = None,
    run_lengths: str | None = None,
    context_tokens: int | None = None,
) -> tuple[tuple[int, Fraction], ...]:
    """Mean speed-up by concurrent batch; below 1 speculation makes every call slower.

    Decoding time of all passes without speculation over that with it. Batches above 64 extrapolate
    the fit of the pass costs.
    """
    model = speculation or published()
    drawn = model.by_id(run_lengths) if run_lengths else model.of_kind(GENERAL)
    context = model.context_tokens if context_tokens is None else context_tokens
    tokens, passes = _mean_passes(drawn)
    return tuple(
        (
            batch,
            tokens
            / sum(
                (n * model.relative(drawn, drafted, batch, context) for drafted, n in passes),
                Fraction(0),
            ),
        )
        for batch in model.load_batches
    )


def load_by_kind(model: Speculation) -> tuple[LoadLine, ...]:
    """One load table for each of the run-lengths that kinds draw from, with those kinds."""
    chosen = {kind: model.of_kind(kind).id for kind in KINDS}
    lines = []
    for name in dict.fromkeys(chosen.values()):
        kinds = [kind for kind in KINDS if chosen[kind] == name]
        drawn = model.by_id(name)
        lines.append(
            LoadLine(
                kinds=tuple(kind for kind in kinds if kind in model.kinds),
                borrowed_by=tuple(kind for kind in kinds if kind not in model.kinds),
                source=f"{drawn.tag}; {model.cost_tag(drawn)}",
                speed_ups=load_table(model, name),
            )
        )
    return tuple(lines)


def _mean_passes(drawn: Drawn) -> tuple[Fraction, list[tuple[int, int]]]:
    """Tokens, and the passes they took as (drafts checked, passes)."""
    if isinstance(drawn, Distribution):
        return drawn.tokens_per_pass, [(drawn.checked_most, 1)]
    tokens, passes = 0, dict.fromkeys(range(drawn.drafted + 1), 0)
    for answer in drawn.answers:
        for checked, taken in answer.passes(drawn.drafted):
            passes[checked] += 1
            tokens += taken + 1
    return Fraction(tokens), [(checked, n) for checked, n in passes.items() if n]


def read(text: bytes, name: str) -> Speculation:
    """Read run-lengths and pass costs from JSON, and refuse what cannot be replayed.

    Raises:
        SpeculativeError: with the file's name, the place and what is wrong there.
    """
    try:
        found = msgspec.json.decode(text, type=Speculation)
        for recording in found.recordings:
            recording.refuse_faults()
        for table in found.cost_tables:
            table.refuse_gaps()
        _refuse_loose_ends(found)
    except msgspec.MsgspecError as error:
        raise SpeculativeError(
            f"{name}: not run-lengths as this program reads ({error})"
        ) from error
    except SpeculativeError as error:
        raise SpeculativeError(f"{name}: {error}") from error
    return found


def _refuse_loose_ends(model: Speculation) -> None:
    ids = [item.id for item in model.distributions] + [item.id for item in model.recordings]
    tables = {table.id: table for table in model.cost_tables}
    if len({*ids}) < len(ids):
        raise SpeculativeError("two run-lengths have one id, rename one")
    if model.batch < 1 or model.context_tokens < 0 or min(model.load_batches, default=0) < 1:
        raise SpeculativeError("`batch`, `load_batches` and `context_tokens` count from 1, 1 and 0")
    for kind, run_lengths in {GENERAL: "", **model.kinds}.items():
        if kind not in KINDS or run_lengths not in ids:
            raise SpeculativeError(
                f"kinds: `{kind}` draws from `{run_lengths}`; kinds are {', '.join(KINDS)}, "
                f"run-lengths {', '.join(ids)}, and `{GENERAL}` must be there"
            )
    for recording in model.recordings:
        if recording.cost is None:
            continue
        table = tables.get(recording.cost)
        if table is None or table.widest <= recording.checked_most:
            raise SpeculativeError(
                f"run-lengths `{recording.id}`: needs pass costs `{recording.cost}` measured up to "
                f"width {recording.checked_most + 1}"
            )


@cache
def published() -> Speculation:
    """The published run-lengths and pass costs that ship with the program."""
    path = Path(__file__).with_name("run_lengths.json")
    return read(path.read_bytes(), path.name)
