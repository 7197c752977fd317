"""Acceptance records read from and written to JSON and JSON lines.

Read are responses and bare records of vLLM (`metrics.speculative_decoding`), SGLang (`meta_info`
of `/generate`, its names of 2025 and of 2026), aiperf (`spec_decode_acceptance`) and this
project. A record made under a rule that does not keep the target's output is refused.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from analyzer.errors import SpeculativeError
from analyzer.speculative.acceptance.fields import Fields
from analyzer.speculative.acceptance.record import AcceptanceRecord, settled
from analyzer.speculative.acceptance.rules import exact_rule

_PLACES = (
    ("vllm", ("metrics", "speculative_decoding")),
    ("vllm", ("choices", 0, "metrics", "speculative_decoding")),
    ("aiperf", ("spec_decode_acceptance",)),
    ("sglang", ("meta_info",)),
    ("sglang", ("choices", 0, "meta_info")),
    ("unnamed", ()),
)
"""Where records lie in what a line holds; `engine`, where a record names it, goes before."""
_MARKS = ("num_spec_steps", "mean_acceptance_length", "spec_verify_ct", "spec_accept_length")
_COUNTS = (
    "num_spec_steps", "num_steps_total", "num_accepted_draft_tokens", "num_draft_tokens",
    "num_spec_tokens", "completion_tokens",
)  # fmt: skip
_SGLANG = {
    "num_accepted_draft_tokens": (
        "spec_num_correct_drafts",
        "spec_accepted_drafts",
        "spec_accept_token_num",
    ),
    "num_draft_tokens": (
        "spec_num_proposed_drafts",
        "spec_proposed_drafts",
        "spec_draft_token_num",
    ),
    "num_spec_steps": ("spec_verify_ct",),
    "acceptance_histogram": ("spec_correct_drafts_histogram", "spec_accept_histogram"),
    "draft_acceptance_rate": ("spec_accept_rate",),
}
"""Our names to SGLang's, the newest first."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file told."""

    records: tuple[AcceptanceRecord, ...]
    untold: tuple[int, ...]
    """Numbers, from 1, of the lines or items without a record: engines leave it out at n > 1."""


def read_records(path: Path) -> Imported:
    """Read every record of a file, or raise naming line and field of the first bad one."""
    records, untold = [], []
    for where, number, item in _items(path):
        found = _located(item)
        if found is None:
            untold.append(number)
            continue
        engine, place, fields = found
        try:
            records.append(record_of(engine, fields, item))
        except SpeculativeError as error:
            name = ".".join(map(str, place)) or "record"
            raise SpeculativeError(f"{where}, {name}: {error}") from None
    return Imported(tuple(records), tuple(untold))


def to_json(record: AcceptanceRecord) -> dict[str, Any]:
    """Give a record under vLLM's names, and ours for what vLLM does not tell."""
    mean, rate = record.mean_acceptance_length, record.draft_acceptance_rate
    rows = record.acceptance_histogram_by_draft_length
    told = {
        "engine": record.engine,
        "acceptance_rule": record.acceptance_rule,
        "mean_acceptance_length": None if mean is None else float(mean),
        "draft_acceptance_rate": None if rate is None else float(rate),
        "acceptance_histogram": _padded(record),
        "acceptance_histogram_by_draft_length": None
        if rows is None
        else {str(drafted): list(row) for drafted, row in rows.items()},
        **{name: getattr(record, name) for name in _COUNTS},
        "per_step_accepted": _listed(record.per_step_accepted),
        "per_step_drafted": _listed(record.per_step_drafted),
    }
    return {name: value for name, value in told.items() if value is not None}


def _padded(record: AcceptanceRecord) -> list[int] | None:
    """Give the histogram with vLLM's length, num_spec_tokens + 1."""
    histogram = record.acceptance_histogram
    if histogram is None:
        return None
    return [*histogram, *[0] * ((record.num_spec_tokens or 0) + 1 - len(histogram))]


def _listed(values: tuple[int, ...] | None) -> list[int] | None:
    return None if values is None else list(values)


def to_lines(records: Iterable[AcceptanceRecord]) -> str:
    """Give records as JSON lines."""
    return "".join(json.dumps(to_json(record)) + "\n" for record in records)


def _items(path: Path) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Yield where it stands, its number and each object of a JSON or JSON lines file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpeculativeError(f"{path}: cannot be read as text: {error}") from None
    try:
        whole = _parsed(text)
    except json.JSONDecodeError:
        lines = enumerate(text.splitlines(), start=1)
        values = [
            (f"{path}, line {n}", n, _line(path, n, line)) for n, line in lines if line.strip()
        ]
    else:
        items = whole if isinstance(whole, list) else [whole]
        values = [(f"{path}, item {n}", n, item) for n, item in enumerate(items, start=1)]
    for where, number, value in values:
        if not isinstance(value, dict):
            raise SpeculativeError(f"{where}: an object is needed, not {type(value).__name__}")
        yield where, number, value


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return _parsed(line)
    except json.JSONDecodeError as error:
        raise SpeculativeError(
            f"{path}, line {number}: not JSON at column {error.colno}: {error.msg}"
        ) from None


def _located(
    item: Mapping[str, Any],
) -> tuple[str, tuple[str | int, ...], Mapping[str, Any]] | None:
    """Give engine, place and fields of the record that an item holds."""
    for engine, place in _PLACES:
        value = _at(item, place)
        if isinstance(value, dict) and any(mark in value for mark in _MARKS):
            told = value.get("engine", "sglang" if "spec_verify_ct" in value else engine)
            return str(told), place, value
    return None


def _at(value: Any, place: tuple[str | int, ...]) -> Any:
    for step in place:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
    return value


def record_of(engine: str, told: Mapping[str, Any], item: Mapping[str, Any]) -> AcceptanceRecord:
    """Give the record of `told` fields, parsed with decimals, inside the `item` that holds them."""
    sglang = any(name.startswith("spec_") for name in told)
    fields = Fields(_renamed(told) if sglang else told)
    usage = item.get("usage")
    completion = fields.count("completion_tokens")
    if completion is None and isinstance(usage, dict):
        completion = Fields(usage).count("completion_tokens")
    steps = fields.count("num_spec_steps")
    total = steps if sglang else fields.count("num_steps_total")  # SGLang drafts in every step
    return settled(
        AcceptanceRecord(
            engine=engine,
            acceptance_rule=exact_rule(item, told),
            num_spec_steps=steps,
            num_steps_total=total,
            num_accepted_draft_tokens=fields.count("num_accepted_draft_tokens"),
            num_draft_tokens=fields.count("num_draft_tokens"),
            num_spec_tokens=fields.count("num_spec_tokens"),
            completion_tokens=completion,
            acceptance_histogram=fields.histogram("acceptance_histogram"),
            acceptance_histogram_by_draft_length=fields.rows(
                "acceptance_histogram_by_draft_length"
            ),
            per_step_accepted=fields.counts("per_step_accepted"),
            per_step_drafted=fields.counts("per_step_drafted"),
            stated_mean=fields.number("mean_acceptance_length"),
            stated_rate=fields.number("draft_acceptance_rate"),
        )
    )


def _renamed(told: Mapping[str, Any]) -> dict[str, Any]:
    """Give SGLang's fields under our names; aliases of one figure must agree.

    Its `spec_accept_length` is completion_tokens / spec_verify_ct, the prefill's token included,
    and so no mean acceptance length: it is checked as what it is, and kept where alone.
    """
    found: dict[str, Any] = {"completion_tokens": told.get("completion_tokens")}
    for name, aliases in _SGLANG.items():
        values = [(alias, told[alias]) for alias in aliases if told.get(alias) is not None]
        for alias, value in values[1:]:
            if value != values[0][1]:
                raise SpeculativeError(f"{values[0][0]} and {alias} tell the same and differ")
        found[name] = values[0][1] if values else None
    if found["num_accepted_draft_tokens"] is None and found["acceptance_histogram"] is None:
        found["mean_acceptance_length"] = told.get("spec_accept_length")
    else:
        _check_length(Fields(told))
    return found


def _check_length(told: Fields) -> None:
    stated, steps = told.number("spec_accept_length"), told.count("spec_verify_ct")
    completion = told.count("completion_tokens")
    if stated is None or not steps or completion is None:
        return
    counted = Fraction(completion, steps)
    if abs(Fraction(stated) - counted) > Fraction(1, 10**6):
        raise SpeculativeError(
            f"spec_accept_length: {stated} stated, but completion_tokens / spec_verify_ct is"
            f" {float(counted)}"
        )
