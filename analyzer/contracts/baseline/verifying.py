"""Re-makes a baseline from what it was made from; whatever differs is named with both digests."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from analyzer.contracts.baseline.document import OWN_DIGEST, to_bytes
from analyzer.contracts.baseline.freezing import Ask
from analyzer.contracts.baseline.reading import Frozen, covered_by, parse
from analyzer.contracts.baseline.records import METHOD, Baseline, Rows, Source
from analyzer.contracts.logged import Span
from analyzer.errors import ContractError
from analyzer.policy import Policy
from analyzer.reconciled import Discount

_NONE = "nothing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part that is not what was frozen."""

    part: str
    """Such as `calls of 2026-08-04`, `price book`, `method`."""
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.part}: frozen as {self.expected}, found {self.found}"


def verify(frozen: Baseline, remade: Baseline) -> tuple[Finding, ...]:
    """Compare a frozen baseline with the same question asked anew; nothing where bytes agree."""
    found = tuple(changed_inputs(frozen, remade))
    return found or tuple(_leaves_apart(json.loads(to_bytes(frozen)), remade))


def verify_file(file: Frozen, remade: Baseline) -> tuple[Finding, ...]:
    """Compare a baseline's file, changed or not, with the same question asked anew.

    Where the file is not as frozen, every place of it that differs is named; a change of what only
    the file tells (title, static factors, seed) shows in its own digest alone.
    """
    expected, has = file.own_digests
    own = tuple(_differs(f"the file itself, by its manifest.{OWN_DIGEST}", expected, has))
    try:
        inputs = tuple(changed_inputs(parse(file), remade))
    except ContractError:
        inputs = ()
    if inputs and not file.fault:
        return inputs
    apart = _leaves_apart(file.told, remade)
    kept = [one for one in apart if not (inputs and one.part.startswith("manifest."))]
    found = (*own, *inputs, *kept)
    if not found and file.raw != to_bytes(remade):
        return (Finding("the file's spaces or order", "canonical", "written anew"),)
    return found


def asked_by(file: Frozen, policy: Policy, contract: tuple[Discount, ...]) -> Ask:
    """Give the question that a baseline's file answers.

    Raises:
        ContractError: the file does not tell it whole.
    """
    told = file.told
    try:
        return Ask(
            Span(*(date.fromisoformat(told["period"][key]) for key in ("first_day", "last_day"))),
            str(told["title"]),
            policy,
            contract,
            tuple(map(date.fromisoformat, told["excluded_days"])),
            tuple(map(str, told["static_factors"])),
            int(told["manifest"]["seed"]),
            covered_by(told["boundary"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ContractError(
            f"{file.where}: does not tell its period, boundary, title, excluded days, static"
            " factors and seed, restore the frozen file"
        ) from error


def changed_inputs(frozen: Baseline, remade: Baseline) -> Iterator[Finding]:
    """Give every input that differs."""
    before, after = frozen.manifest, remade.manifest
    if before.method != METHOD:
        yield Finding("method", before.method, METHOD)
    yield from _differs("price book", before.book_sha256, after.book_sha256)
    yield from _differs("rules that name workloads", before.policy_sha256, after.policy_sha256)
    yield from _rows("calls of", before.days, after.days)
    yield from _files(before.sources, after.sources)
    yield from _rows("report:", before.reports, after.reports)


def changed_days(frozen: Baseline, days: Sequence[Rows]) -> tuple[Finding, ...]:
    """Give the baseline's days whose calls are not what was frozen."""
    return tuple(_rows("calls of", frozen.manifest.days, days))


def _differs(part: str, expected: str, found: str) -> Iterator[Finding]:
    if expected != found:
        yield Finding(part, expected, found)


def _rows(kind: str, before: Sequence[Rows], after: Sequence[Rows]) -> Iterator[Finding]:
    yield from _named(
        kind,
        {one.name: f"{one.sha256} ({one.count} rows)" for one in before},
        {one.name: f"{one.sha256} ({one.count} rows)" for one in after},
    )


def _files(before: Sequence[Source], after: Sequence[Source]) -> Iterator[Finding]:
    def texts(every: Sequence[Source]) -> dict[str, str]:
        return {
            f"{one.connector} {one.sha256}": f"{one.rows_sha256} ({one.calls} calls)"
            for one in every
        }

    yield from _named("log file", texts(before), texts(after))


def _named(kind: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted({*before, *after}):
        yield from _differs(f"{kind} {name}", before.get(name, _NONE), after.get(name, _NONE))


def _leaves_apart(told: Any, remade: Baseline) -> Iterator[Finding]:
    """Name every place of the document that differs, but for its own digest, which follows."""
    before, after = dict(_leaves(told)), dict(_leaves(json.loads(to_bytes(remade))))
    for place in sorted({*before, *after} - {f"manifest.{OWN_DIGEST}"}):
        yield from _differs(place, before.get(place, _NONE), after.get(place, _NONE))


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    parts: Iterable[tuple[str, Any]] = ()
    if isinstance(value, dict):
        parts = ((f"{place}.{key}" if place else str(key), one) for key, one in value.items())
    elif isinstance(value, list):
        parts = ((f"{place}[{number}]", one) for number, one in enumerate(value))
    if not isinstance(value, (dict, list)) or not value:
        yield place, json.dumps(value, ensure_ascii=False)
    for name, one in parts:
        yield from _leaves(one, name)
