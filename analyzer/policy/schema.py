"""The shape of `policy.toml`: every table, and what each key may hold.

A field's description is what a fault prints as allowed; `docs/policy.md` holds the same words.
"""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

VERSION = 1
"""The newest file version this program reads."""
DIGITS = 18
"""Most digits of a number on either side of its point: exact, and never huge."""

MOST_PINGS = 99
"""Twice what pays at the lowest read price: 48 pings cost as much as the write they spare."""

OWN_FAULTS = frozenset({"unknown_model", "empty", "retry_cap", "digits"})
"""Types of the faults that this module words itself."""

KnownModel = Callable[[str], bool]


def _filled(value: str) -> str:
    if not value.strip():
        raise ValueError
    return value


def _free_name(value: str) -> str:
    if value == "*" or re.fullmatch(r"W\d{2,}", value):
        raise ValueError
    return _filled(value)


def _one_name(value: str) -> str:
    if value == "*":
        raise ValueError
    return _filled(value)


def _known(value: str, info: ValidationInfo) -> str:
    known: KnownModel | None = info.context
    if known is not None and not known(value):
        raise PydanticCustomError(
            "unknown_model",
            "{found} is not a model of the price book, `rebill prices show` lists them",
            {"found": shown(value)},
        )
    return value


def _number(low: int, high: int | None = None, *, above: bool = False) -> PlainValidator:
    """Accept an exact number from `low` (or above it) to `high`, written 0.8, 1 or "2/3"."""

    def exact(value: object) -> Fraction:
        number = _exact(value)
        if number < low or (above and number == low) or (high is not None and number > high):
            raise ValueError
        return number

    return PlainValidator(exact)


def _exact(value: object) -> Fraction:
    if isinstance(value, str) and re.fullmatch(r"\d{1,18}/[1-9]\d{0,17}", value, re.ASCII):
        return Fraction(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError  # noqa: TRY004  pydantic turns a ValueError into a fault, not a TypeError
    decimal = Decimal(value)
    exponent = decimal.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError  # noqa: TRY004  nan and inf are numbers to TOML
    if exponent < -DIGITS or decimal.adjusted() >= DIGITS:
        raise PydanticCustomError(
            "digits",
            f"{{found}} is not allowed, give at most {DIGITS} digits on either side of the point",
            {"found": shown(value)},
        )
    return Fraction(decimal)


def _distinct(values: list[int]) -> list[int]:
    if len(set(values)) != len(values):
        raise ValueError
    return values


Text = Annotated[str, AfterValidator(_filled), Field(description="words, not empty")]
OptionalText = Annotated[
    str | None, Field(description="a name, or a pattern in which * stands for any characters")
]
Model = Annotated[str, AfterValidator(_known), Field(description="a model name in quotes")]
Workload = Annotated[
    str,
    AfterValidator(_filled),
    Field(description='a workload\'s name, or "*" for all'),
]
Ratio = Annotated[Fraction, _number(0, above=True), Field(description="a number above 0")]
Share = Annotated[Fraction, _number(0, 1), Field(description="a number from 0 to 1")]
_TOKENS = "a whole number of tokens, 1 to 10,000,000"
Count = Annotated[
    int, Field(ge=1, le=10_000_000, description="a whole number of tokens, 1 or more")
]
Stated = Annotated[Literal["assumed", "published"], Field(description='"assumed" or "published"')]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class MatchTable(_Table):
    """What a call must be to belong to a workload."""

    app: OptionalText = None
    model: OptionalText = None
    key: OptionalText = None
    workspace: OptionalText = None
    session: OptionalText = None
    visibility: OptionalText = None
    tier: OptionalText = None
    agent: Annotated[bool | None, Field(description="true or false")] = None
    tags: Annotated[
        dict[str, str], Field(description='a table of names and values, { team = "x" }')
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _not_empty(self) -> "MatchTable":
        if not self.model_fields_set - {"tags"} and not self.tags:
            keys = ", ".join(MatchTable.model_fields)
            raise PydanticCustomError("empty", "is empty, give at least one of " + keys)
        return self


class WorkloadTable(_Table):
    """A name for calls that match."""

    name: Annotated[
        str,
        AfterValidator(_free_name),
        Field(description='a name, not empty, not "*" and not W01, W02, ..'),
    ]
    match: Annotated[MatchTable, Field(description="a table, written [workload.match]")]


class OutputTable(_Table):
    """Output discipline for a workload."""

    workload: Workload
    length_ratio: Annotated[
        Fraction, _number(0, 1, above=True), Field(description="a number above 0 and at most 1")
    ] = Fraction(1)
    cap_tokens: Count | None = Field(None, description=_TOKENS)
    retry_share: Share = Fraction(1)
    retry_cap_tokens: Count | None = Field(None, description=_TOKENS)
    evidence: Stated
    basis: Text

    @model_validator(mode="after")
    def _retry_is_longer(self) -> "OutputTable":
        if self.retry_cap_tokens and self.retry_cap_tokens <= (self.cap_tokens or 10**9):
            raise PydanticCustomError(
                "retry_cap",
                f"retry_cap_tokens {self.retry_cap_tokens} needs a smaller cap_tokens beside it",
            )
        return self


class RoutingTable(_Table):
    """Another model for a workload."""

    workload: Workload
    from_model: Annotated[
        str | None, AfterValidator(_known), Field(description="a model name in quotes")
    ] = Field(None, alias="from")
    to_model: Model = Field(alias="to")
    escalation_share: Share = Fraction(0)
    output_ratio: Ratio = Fraction(1)
    input_ratio: Annotated[
        Fraction | None, _number(0, above=True), Field(description="a number above 0")
    ] = None
    evidence: Stated
    basis: Text


class BatchTable(_Table):
    """The batch tier for a workload."""

    workload: Workload
    deadline_hours: Annotated[
        Fraction, _number(1), Field(description="a number of hours, 1 or more")
    ] = Fraction(24)
    seeded: Annotated[bool, Field(description="true or false")] = False
    hit_share: Share = Fraction(3, 10)
    expiry_share: Share = Fraction(0)
    evidence: Annotated[
        Literal["deadline", "own-batches", "inferred"],
        Field(description='"deadline", "own-batches" or "inferred"'),
    ]
    basis: Text


class CachingTable(_Table):
    """Cache marks for a workload."""

    workload: Workload
    ttl: Annotated[
        Literal["observed", "none", "5m", "1h", "mixed"],
        Field(description='"observed", "none", "5m", "1h" or "mixed"'),
    ]
    placement: Annotated[
        Literal["observed", "system", "document", "conversation", "both"],
        Field(description='"observed", "system", "document", "conversation" or "both"'),
    ] = "observed"
    keep_alive_pings: Annotated[
        int, Field(ge=0, le=MOST_PINGS, description=f"a whole number, 0 to {MOST_PINGS}")
    ] = 0
    prewarm: Annotated[bool, Field(description="true or false")] = False
    evidence: Annotated[Literal["replayed"], Field(description='"replayed"')] = "replayed"
    basis: Text


class LeaveTable(_Table):
    """A workload that one lever must leave as observed."""

    lever: Annotated[
        Literal["output", "routing", "batch", "caching"],
        Field(description='"output", "routing", "batch" or "caching"'),
    ]
    workload: Annotated[
        str, AfterValidator(_one_name), Field(description='a workload\'s name, not "*"')
    ]


Kind = Literal[
    "general", "chat", "extraction", "summary", "json", "code", "retrieval", "maths", "agent"
]
"""What a text is like, as far as drafting it goes."""


class ServingTable(_Table):
    """What a workload's text is like, and how long its calls should take."""

    workload: Workload
    kind: Annotated[
        Kind,
        Field(
            description='"general", "chat", "extraction", "summary", "json", "code", "retrieval", '
            '"maths" or "agent"'
        ),
    ]
    objective_ms: Annotated[
        int | None, Field(ge=1, description="a whole number of milliseconds, 1 or more")
    ] = None


class ConstraintsTable(_Table):
    """What the search and the replay must not do."""

    allowed_models: Annotated[
        list[Model] | None, Field(min_length=1, description="a list of model names")
    ] = None
    horizon: Annotated[dt.date | None, Field(description="a date without quotes, 2027-11-23")] = (
        None
    )


class PolicyFile(_Table):
    """A whole policy file."""

    version: Annotated[int, Field(ge=VERSION, le=VERSION, description=f"{VERSION}")]
    name: Text | None = Field(None, description="words, not empty")
    seeds: Annotated[
        list[Annotated[int, Field(ge=0, lt=2**63)]],
        AfterValidator(_distinct),
        Field(min_length=1, description="a list of distinct whole numbers, 0 or more"),
    ] = Field(default=[1])
    workload: Annotated[list[WorkloadTable], Field(description="tables, each [[workload]]")] = []
    output: list[OutputTable] = Field(default=[], description="tables, each [[output]]")
    routing: Annotated[list[RoutingTable], Field(description="tables, each [[routing]]")] = []
    batch: list[BatchTable] = Field(default=[], description="tables, each [[batch]]")
    caching: Annotated[list[CachingTable], Field(description="tables, each [[caching]]")] = []
    leave: list[LeaveTable] = Field(default=[], description="tables, each [[leave]]")
    serving: Annotated[list[ServingTable], Field(description="tables, each [[serving]]")] = []
    constraints: Annotated[
        ConstraintsTable, Field(description="a table, written [constraints]")
    ] = ConstraintsTable()


TABLES: Mapping[str, type[BaseModel]] = {
    "workload": WorkloadTable,
    "output": OutputTable,
    "routing": RoutingTable,
    "batch": BatchTable,
    "caching": CachingTable,
    "leave": LeaveTable,
    "serving": ServingTable,
    "constraints": ConstraintsTable,
}
"""Tables of the file by key."""


def keys(table: type[BaseModel]) -> dict[str, str]:
    """Each key of a table as the file writes it, and what it may hold."""
    return {
        field.alias or name: field.description or "" for name, field in table.model_fields.items()
    }


def shown(value: object) -> str:
    """A value as a fault prints it: one short line."""
    quoted = isinstance(value, str | bool)
    text = json.dumps(value, ensure_ascii=False) if quoted else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}.."


_SHOWN = 60
