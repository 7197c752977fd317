"""Re-makes a baseline from what it was made from; whatever differs is named with both digests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer.contracts.baseline.document import to_bytes
from analyzer.contracts.baseline.records import METHOD, Baseline, Rows, Source

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
    if not found and to_bytes(frozen) != to_bytes(remade):
        return tuple(_figures(frozen, remade))
    return found


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


def _figures(frozen: Baseline, remade: Baseline) -> Iterator[Finding]:
    """Name figures that differ though every input is the same: title, discounts, exclusions."""
    for name in Baseline.__slots__:
        before, after = getattr(frozen, name), getattr(remade, name)
        if before != after:
            yield Finding(name, str(before)[:_SHOWN], str(after)[:_SHOWN])


_SHOWN = 200
