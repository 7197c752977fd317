"""Reads evidence files: what was measured, on what, and whether it is whole.

The file keeps rows as they were measured; figures are made of them in `figures.py`.
"""

from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import msgspec

from analyzer.errors import SpeculativeError
from analyzer.speculative.journal import SCHEMA

FOLDER = Path(__file__).with_name("evidence_files")
"""Evidence files that ship, one a device."""
RowT = TypeVar("RowT")


class _Row(msgspec.Struct, frozen=True):
    """What every row has: a key that names it inside its stage."""

    key: str


class Identity(_Row, frozen=True):
    """Three decodes of one prompt: ordinary, width-matched, speculative."""

    prompt: str
    kind: str
    dtype: str
    drafted: int
    temperature: float
    prompt_tokens: int
    tokens: tuple[int, int, int]
    """Output tokens, end token included: ordinary, width-matched, speculative."""
    ended: tuple[bool, bool, bool]
    """Whether an end token came; else the limit did."""
    same_as_width_matched: bool
    same_as_ordinary: bool
    first_difference: int | None
    """Output position at which the speculative text leaves the ordinary one."""
    first_unspeculated_difference: int | None
    """The same for the width-matched text, in which nothing was drafted."""
    margin: float | None
    """Lead of the ordinary decode's choice over the next token at the first difference, logits."""
    shift: float | None
    """Largest change of any logit there between width 1 and the speculative width."""
    least_margin: float
    """Over the positions before any difference, and that of the difference itself."""
    largest_shift: float
    certified: bool
    """Whether every margin is over twice the shift: then no choice can have moved."""
    per_step_drafted: tuple[int, ...]
    per_step_accepted: tuple[int, ...]

    @property
    def explained(self) -> bool:
        """Whether a difference is one that the changed rounding allows, or there is none."""
        if self.margin is None or self.shift is None:
            return self.same_as_ordinary
        return self.margin <= 2 * self.shift


class Recording(_Row, frozen=True):
    """Accepted runs of one drafter at every position of one recorded answer."""

    prompt: str
    kind: str
    drafter: str
    draft_cost: float
    """Time of one drafted token over a pass of width 1: layers run over layers there are, or the
    drafter's weights over the model's; a lookup takes too little to count."""
    longest: int
    limit: int
    """Most output tokens of the run that was recorded."""
    proposed: tuple[int, ...]
    accepted: tuple[int, ...]
    looks_ahead: int | None = None
    """Places at which a proposal changed with what comes later: 0 for an honest drafter; None
    where the drafter was handed only what precedes each place by the way it is recorded."""


class HeadTraining(_Row, frozen=True):
    """How a head was trained on texts that the model wrote itself."""

    tokens: int
    texts: int
    left_out: int
    """Texts that held a measured answer, or its beginning."""
    writing_s: float
    """With the measured answers, which have to be known to be left out."""
    fitting_s: float
    steps: int
    parameters: int
    draft_cost: float
    """`parameters` over the model's: of bytes read, where starting kernels costs more than that."""
    vocabulary: int
    """Tokens that the head can draft."""
    trained_asked: tuple[int, ...]
    """Tokens asked for on texts of the training, by their place in a draft."""
    trained_right: tuple[int, ...]
    held_out_asked: tuple[int, ...]
    """The same on texts it has not seen."""
    held_out_right: tuple[int, ...]


class PassTime(_Row, frozen=True):
    """Seconds of one forward pass, from `n` timed ones."""

    model: str
    dtype: str
    runner: Literal["graph", "eager"]
    batch: int
    width: int
    context: int
    weight_bytes: int
    median_s: float
    p10_s: float
    p90_s: float
    n: int


class Speed(_Row, frozen=True):
    """One timed decode of a batch of equal prompts."""

    prompt: str
    kind: str
    dtype: str
    batch: int
    drafted: int
    run: int
    tokens: int
    """Output tokens of all rows, without the first of each."""
    first_token_s: float
    decode_s: float
    steps: int
    accepted: int


class Library(_Row, frozen=True):
    """One prompt through the transformers library."""

    prompt: str
    kind: str
    dtype: str
    mode: str
    tokens: int
    same: bool
    """Whether the text is that of the library's own plain decode."""
    same_as_ours: bool
    seconds: float
    forwards: int
    our_seconds: float | None = None
    """Our ordinary loop on the same prompt in the same arithmetic, prompt pass included."""
    our_tokens: int | None = None


class Ceiling(_Row, frozen=True):
    """What the device reaches at best."""

    value: float
    unit: str


class Stage(msgspec.Struct, Generic[RowT], frozen=True):
    """How far one part came, and its rows."""

    state: Literal["done", "cut", "failed", "skipped"]
    seconds: float
    rows: tuple[RowT, ...]
    why: str | None = None


class Device(msgspec.Struct, frozen=True):
    """What the run was made on."""

    kind: Literal["cpu", "cuda"]
    name: str
    threads: int
    memory_bytes: int


class Stages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every part of a run; one that was never begun is None."""

    ceilings: Stage[Ceiling] | None = None
    identity: Stage[Identity] | None = None
    sampled: Stage[Identity] | None = None
    recordings: Stage[Recording] | None = None
    second_model: Stage[Recording] | None = None
    pass_times: Stage[PassTime] | None = None
    speeds: Stage[Speed] | None = None
    library: Stage[Library] | None = None
    head_training: Stage[HeadTraining] | None = None
    head: Stage[Recording] | None = None
    shapes: Stage[PassTime] | None = None


class Evidence(msgspec.Struct, frozen=True):
    """One evidence file."""

    schema: str
    date: str
    device: Device
    versions: dict[str, str]
    sha256: dict[str, str]
    """Digests of `weights`, `prompts` and `program` (the files of this package)."""
    acceptance_rule: str
    settings: dict[str, Any]
    complete: bool
    stages: Stages

    @property
    def label(self) -> str:
        """The device and the day, as every page prints them."""
        return f"{self.device.name}, {self.date}"

    def open_stages(self) -> tuple[tuple[str, str], ...]:
        """Parts that did not come to their end, with the reason."""
        told = ((name, getattr(self.stages, name)) for name in Stages.__struct_fields__)
        return tuple(
            (
                name,
                "no part of this run"
                if stage is None
                else f"{stage.state}: {stage.why or 'no reason'}",
            )
            for name, stage in told
            if stage is None or stage.state != "done"
        )


def is_evidence(path: Path) -> bool:
    """Tell whether a file says that it is one of ours; a server's records say nothing like it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Head).schema.startswith("rebill-")
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return False


def load(path: Path) -> Evidence:
    """Read an evidence file; raises SpeculativeError that names the field at fault."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SpeculativeError(f"{path}: {error.strerror}; name an evidence file") from error
    return decode(text, str(path))


def decode(text: bytes, where: str) -> Evidence:
    """Give the evidence that a file's bytes hold."""
    try:
        schema = msgspec.json.decode(text, type=_Head).schema
        if schema != SCHEMA:
            raise SpeculativeError(f"{where}: schema {schema}, this program reads {SCHEMA}")
        return msgspec.json.decode(text, type=Evidence)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SpeculativeError(f"{where}: no evidence file: {error}") from error


def shipped() -> tuple[Evidence, ...]:
    """Evidence files of the package, CUDA before CPU, the newest first."""
    found = [load(path) for path in sorted(FOLDER.glob("*.json"))]
    newest = sorted(found, key=lambda one: one.date, reverse=True)
    return tuple(sorted(newest, key=lambda one: one.device.kind != "cuda"))


def gpu_note(found: tuple[Evidence, ...]) -> str:
    """What every page prints of the device: the CUDA run there is, or that there is none."""
    cuda = [one for one in found if one.device.kind == "cuda"]
    if not cuda:
        return "none: CPU evidence only"
    newest = max(cuda, key=lambda one: one.date)
    return newest.label + ("" if newest.complete else " (incomplete)")


class _Head(msgspec.Struct, frozen=True):
    schema: str
