"""The shape of a mapping file: every table, and what each key may hold.

`docs/mapping.md` tells the same to people. A plain string or list stands for `{ path = ... }`.
"""

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

VERSION = 1
"""The newest file version this program reads."""

Epoch = Literal["s", "ms", "us", "ns"]
Lever = Literal["output", "routing", "batch", "caching"]


def _as_table(value: object) -> object:
    if isinstance(value, str):
        return {"path": [value]}
    if isinstance(value, list):
        return {"path": value}
    if isinstance(value, dict) and isinstance(value.get("path"), str):
        return {**value, "path": [value["path"]]}
    return value


def _a_path(value: str) -> str:
    if not value.strip() or "" in value.split("."):
        raise PydanticCustomError("own", "a path is keys with dots between them, none empty")
    return value


def _a_name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", value):
        raise PydanticCustomError(
            "own", "a name is lower-case letters, digits, _ and -, at most 40"
        )
    return value


def _a_reason(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_' -]{0,59}", value):
        raise PydanticCustomError("own", "a few lower-case words, at most 60 characters")
    return value


Path = Annotated[str, AfterValidator(_a_path)]
Paths = Annotated[tuple[Path, ...], Field(min_length=1)]
Name = Annotated[str, AfterValidator(_a_name)]
Reason = Annotated[str, AfterValidator(_a_reason)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Read(_Table):
    """Where one value stands in a row; the first path that holds one is taken."""

    path: Paths
    optional: bool = False
    """Nothing is said when no row of a file holds it."""


class TextRead(_Table):
    """A name or a word: from the row, or the same for all rows."""

    path: tuple[Path, ...] = ()
    value: str | None = None
    map: dict[str, str] = {}
    """Other words for some of the row's; what is not named stays as it is."""
    optional: bool = False

    @model_validator(mode="after")
    def _one_of(self) -> "TextRead":
        if bool(self.path) == (self.value is not None):
            raise PydanticCustomError("own", "give either path or value")
        return self


class TimeRead(_Read):
    """A moment: ISO 8601 text (UTC when it names no zone), or a number since 1970 UTC."""

    unit: Literal["iso", "s", "ms", "us", "ns"] = "iso"


class DurationRead(_Read):
    """A length of time."""

    unit: Epoch


class MoneyRead(_Read):
    """An amount of money."""

    unit: Literal["usd", "cents"]


Value = Annotated[_Read, BeforeValidator(_as_table)]
Text = Annotated[TextRead, BeforeValidator(_as_table)]
Time = Annotated[TimeRead, BeforeValidator(_as_table)]
Duration = Annotated[DurationRead, BeforeValidator(_as_table)]
Money = Annotated[MoneyRead, BeforeValidator(_as_table)]


class Rule(_Table):
    """What becomes of rows by one column; the first rule that fits decides."""

    column: Annotated[_Read, BeforeValidator(_as_table)]
    equals: tuple[str, ...] | None = Field(None, alias="is")
    differs: tuple[str, ...] | None = Field(None, alias="is_not")
    at_least: float | None = None
    without: Paths | None = None
    """The column is there and none of these is."""
    aside: Reason | None = None
    attempt: Reason | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> "Rule":
        tests = (self.equals, self.differs, self.at_least, self.without)
        if sum(test is not None for test in tests) != 1:
            raise PydanticCustomError("own", "give one of is, is_not, at_least and without")
        if (self.aside is None) == (self.attempt is None):
            raise PydanticCustomError("own", "give either aside or attempt")
        return self


class CallTable(_Table):
    """What was asked of which model, and how it ended."""

    model: Text | None = None
    model_requested: Text | None = None
    provider: Text | None = None
    platform: Text | None = None
    status: Value | None = None
    error: Text | None = None
    stop_reason: Text | None = None
    stream: Value | None = None
    max_tokens: Value | None = None
    effort: Text | None = None
    tool_choice: Text | None = None
    tier: Text | None = None
    speed: Text | None = None
    geo: Text | None = None
    attempt: Value | None = None
    sampling: Value | None = None


class IdsTable(_Table):
    """Names under which a call is known."""

    message: Text | None = None
    request: Text | None = None
    batch: Text | None = None
    custom: Text | None = None
    gateway: Text | None = None


class WhoTable(_Table):
    """Who asked."""

    org: Text | None = None
    workspace: Text | None = None
    key: Text | None = None
    user: Text | None = None
    session: Text | None = None
    agent: Text | None = None
    app: Text | None = None
    workload: Text | None = None


class TimesTable(_Table):
    """When: an end or a first token may also be given as a length after the start."""

    start: Time | None = None
    first: Time | None = None
    end: Time | None = None
    duration: Duration | None = None
    first_after: Duration | None = None


class UsageTable(_Table):
    """How many tokens, and whether the input count holds the cached ones."""

    basis: Literal["exclusive", "inclusive", "auto"] = "auto"
    input: Value | None = None
    prompt_total: Value | None = None
    read: Value | None = None
    write: Value | None = None
    write_5m: Value | None = None
    write_1h: Value | None = None
    output: Value | None = None
    thinking: Value | None = None
    total: Value | None = None
    total_is: Literal["stated", "summed"] = "stated"
    """`summed`: it may be the source's own sum of every count, which proves nothing."""
    web_searches: Value | None = None
    accepted_prediction: Value | None = None
    rejected_prediction: Value | None = None
    """Tokens that the client predicted in vain: part of output, and billed."""
    estimated: tuple[Path, ...] = ()
    """Paths of input whose counts are the source's own estimate."""


class CostTable(_Table):
    """What the source says the call cost; kept for comparison, never priced from."""

    amount: Money
    currency: Text | None = None


class BodyTable(_Table):
    """Columns that hold whole bodies, Anthropic-shaped or OpenAI-shaped."""

    request: Value | None = None
    response: Value | None = None


class TagsTable(_Table):
    """Labels: named ones, and columns of which every short entry is one."""

    named: dict[str, Text] = {}
    each: tuple[Path, ...] = ()


class RepeatsTable(_Table):
    """Rows of one file that tell of the same call."""

    key: Value
    version: Time | None = None
    """Of rows with the same key the latest version counts; the last one where none says."""
    parent: Value | None = None
    """Key of the row that wraps this one; a wrapper of equal usage is a repeat."""


class MappingFile(_Table):
    """A whole mapping file."""

    version: Literal[1] = 1
    name: Name
    title: str = ""
    carries: str = ""
    levers: tuple[Lever, ...] = ("output", "routing", "batch")
    detect: tuple[Paths, ...] = ()
    rule: tuple[Rule, ...] = ()
    call: CallTable = CallTable()
    ids: IdsTable = IdsTable()
    who: WhoTable = WhoTable()
    times: TimesTable = TimesTable()
    usage: UsageTable = UsageTable()
    cost: CostTable | None = None
    body: BodyTable = BodyTable()
    tags: TagsTable = TagsTable()
    models: dict[str, str] = {}
    """The name Anthropic's price list knows, by the name the table uses."""
    repeats: RepeatsTable | None = None

    @model_validator(mode="after")
    def _tells_of_calls(self) -> "MappingFile":
        usage, times = self.usage, self.times
        counted = (usage.input or usage.prompt_total) and usage.output
        if not counted and not self.body.response:
            raise PydanticCustomError(
                "own", "usage: give input (or prompt_total) and output, or body.response"
            )
        if not (times.start or times.end):
            raise PydanticCustomError("own", "times: give start, or end")
        if not self.call.model and not self.body.response:
            raise PydanticCustomError("own", "call: give model, or body.response")
        return self
