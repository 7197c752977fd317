"""A baseline as canonical JSON: sorted keys, integers and decimal texts, no floats; and back."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from analyzer.contracts.baseline.records import (
    METHOD,
    Baseline,
    Boundary,
    Counts,
    Gate,
    Manifest,
    Rows,
    Source,
    Unit,
    Workload,
)
from analyzer.contracts.exact_text import exact_text
from analyzer.contracts.logged import METERS, Rates, Sku, Span
from analyzer.errors import ContractError
from analyzer.reconciled import Discount

KIND = "rebill baseline"
VERSION = 1
_PLACES = 6


def canonical(value: object) -> bytes:
    """Give the one form in which a document is hashed and signed."""
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def to_bytes(found: Baseline) -> bytes:
    """Give the file of a baseline."""
    body = _body(found)
    digest = hashlib.sha256(canonical(body)).hexdigest()
    return canonical({**body, "manifest": {**_manifest(found.manifest), "outputs_sha256": digest}})


def load(path: Path) -> tuple[Baseline, str]:
    """Read a baseline; give it and the SHA-256 of its file.

    Raises:
        ContractError: not readable, no baseline, of another version, or a byte of it was changed.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}), check the path") from error
    return parse(raw, str(path)), hashlib.sha256(raw).hexdigest()


def parse(raw: bytes, where: str) -> Baseline:
    """Read a baseline's bytes; `where` names the file in a fault.

    Raises:
        ContractError: as `load`.
    """
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ContractError(f"{where}: not JSON ({error}), restore the frozen file") from error
    if not isinstance(told, dict) or told.get("kind") != KIND:
        raise ContractError(f"{where}: no baseline, name a file of `rebill baseline freeze`")
    if told.get("version") != VERSION:
        raise ContractError(f"{where}: version: {VERSION} is read, use the rebill that wrote it")
    _check_bytes(raw, told, where)
    try:
        return _baseline(told)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise ContractError(f"{where}: no whole baseline, restore the frozen file") from error


def _check_bytes(raw: bytes, told: dict[str, Any], where: str) -> None:
    manifest = told.get("manifest")
    expected = manifest.get("outputs_sha256") if isinstance(manifest, dict) else None
    body = {key: value for key, value in told.items() if key != "manifest"}
    found = hashlib.sha256(canonical(body)).hexdigest()
    if expected != found:
        raise ContractError(
            f"{where}: the file was changed: manifest.outputs_sha256 is {expected} and its figures"
            f" have {found}, restore the frozen file"
        )
    if canonical(told) != raw:
        raise ContractError(f"{where}: the file was written anew, restore the frozen file")


def _body(found: Baseline) -> dict[str, object]:
    return {
        "kind": KIND,
        "version": VERSION,
        "title": found.title,
        "period": {
            "first_day": found.span.first_day.isoformat(),
            "last_day": found.span.last_day.isoformat(),
            "counted_days": found.counted_days,
        },
        "excluded_days": [day.isoformat() for day in found.excluded],
        "status": "indicative" if found.indicative else "sufficient",
        "gates": [
            {"gate": g.name, "standing": g.standing, "figure": g.figure, "limit": g.limit}
            for g in found.gates
        ],
        "boundary": {
            "orgs": list(found.boundary.orgs),
            "workspaces": list(found.boundary.workspaces),
            "keys": list(found.boundary.keys),
        },
        "workloads": {name: _workload_json(one) for name, one in found.workloads.items()},
        "rates": [{**_sku_json(s), **_metered(r)} for s, r in found.rates.items()],
        "discounts": [
            {"model": one.model, "share": exact_text(one.share), "source": one.source}
            for one in found.discounts
        ],
        "currency": "USD",
        "bill_pico": exact_text(found.bill),
        "fees_pico": exact_text(found.fees),
        "hidden_pico": exact_text(found.hidden),
        "unpriced_tokens": [list(pair) for pair in found.unpriced],
        "timeless_calls": found.timeless,
        "static_factors": list(found.static_factors),
        "reconciliation": found.reconciliation,
        "coverage": None if found.coverage is None else exact_text(found.coverage),
    }  # fmt: skip


def _workload_json(one: Workload) -> dict[str, object]:
    return {
        "requests": one.requests,
        "sessions": one.sessions,
        "days": one.days,
        "bill_pico": exact_text(one.bill),
        "policy": {
            "effort": [list(pair) for pair in one.efforts],
            "max_tokens": [list(pair) for pair in one.max_tokens],
            "prompt_hash": [list(pair) for pair in one.prompts],
            "cache_life_s": [list(pair) for pair in one.lives],
        },
        "units": [
            {
                **_sku_json(unit.sku),
                "requests": unit.requests,
                "tokens": _metered(unit.tokens),
                "tokens_a_request": _metered(
                    [round(Fraction(n, unit.requests), _PLACES) for n in unit.tokens]
                ),
                "pico": _metered(unit.pico),
            }
            for unit in one.units
        ],
    }


def _metered(values: "Rates | list[Fraction]") -> dict[str, object]:
    return {
        meter: value if isinstance(value, int) else exact_text(value)
        for meter, value in zip(METERS, values, strict=True)
    }


def _sku_json(sku: Sku) -> dict[str, object]:
    return {
        "model": sku.model,
        "tier": sku.tier,
        "speed": sku.speed,
        "geo": sku.geo,
        "long_prompt": sku.long,
    }


def _manifest(one: Manifest) -> dict[str, object]:
    return {
        "method": one.method,
        "seed": one.seed,
        "book_version": one.book_version,
        "book_sha256": one.book_sha256,
        "policy_sha256": one.policy_sha256,
        "sources": [
            {
                "connector": source.connector,
                "sha256": source.sha256,
                "calls": source.calls,
                "rows_sha256": source.rows_sha256,
            }
            for source in one.sources
        ],
        "days": [_rows_json(rows) for rows in one.days],
        "reports": [_rows_json(rows) for rows in one.reports],
    }


def _rows_json(one: Rows) -> dict[str, object]:
    return {"name": one.name, "rows": one.count, "sha256": one.sha256}


def _baseline(told: Mapping[str, Any]) -> Baseline:
    period, edge = told["period"], told["boundary"]
    return Baseline(
        title=told["title"],
        span=Span(*(date.fromisoformat(period[key]) for key in ("first_day", "last_day"))),
        excluded=tuple(map(date.fromisoformat, told["excluded_days"])),
        gates=tuple(Gate(g["gate"], g["standing"], g["figure"], g["limit"]) for g in told["gates"]),
        boundary=Boundary(*(tuple(edge[key]) for key in ("orgs", "workspaces", "keys"))),
        workloads={name: _workload(name, one) for name, one in told["workloads"].items()},
        rates={_sku(one): _meters(one, Fraction) for one in told["rates"]},
        discounts=tuple(
            Discount(one["model"], Fraction(one["share"]), one["source"])
            for one in told["discounts"]
        ),
        fees=Fraction(told["fees_pico"]),
        hidden=Fraction(told["hidden_pico"]),
        unpriced=_counts(told["unpriced_tokens"]),
        timeless=told["timeless_calls"],
        static_factors=tuple(told["static_factors"]),
        reconciliation=told["reconciliation"],
        coverage=None if told["coverage"] is None else Fraction(told["coverage"]),
        manifest=_manifest_of(told["manifest"]),
    )


def _workload(name: str, told: Mapping[str, Any]) -> Workload:
    policy = told["policy"]
    return Workload(
        name=name,
        requests=told["requests"],
        sessions=told["sessions"],
        days=told["days"],
        efforts=_counts(policy["effort"]),
        max_tokens=_counts(policy["max_tokens"]),
        prompts=_counts(policy["prompt_hash"]),
        lives=_counts(policy["cache_life_s"]),
        units=tuple(
            Unit(
                _sku(one),
                one["requests"],
                _meters(one["tokens"], int),
                _meters(one["pico"], Fraction),
            )
            for one in told["units"]
        ),
    )


def _meters(told: Mapping[str, Any], kind: Callable[[Any], Any]) -> tuple[Any, ...]:
    return tuple(kind(told[meter]) for meter in METERS)


def _sku(told: Mapping[str, Any]) -> Sku:
    return Sku(told["model"], told["tier"], told["speed"], told["geo"], told["long_prompt"])


def _counts(told: Any) -> Counts:
    return tuple((str(name), int(count)) for name, count in told)


def _manifest_of(told: Mapping[str, Any]) -> Manifest:
    def rows(key: str) -> tuple[Rows, ...]:
        return tuple(Rows(one["name"], one["rows"], one["sha256"]) for one in told[key])

    return Manifest(
        method=told["method"],
        seed=told["seed"],
        book_version=told["book_version"],
        book_sha256=told["book_sha256"],
        policy_sha256=told["policy_sha256"],
        sources=tuple(
            Source(one["connector"], one["sha256"], one["calls"], one["rows_sha256"])
            for one in told["sources"]
        ),
        days=rows("days"),
        reports=rows("reports"),
    )


__all__ = ["KIND", "METHOD", "VERSION", "canonical", "load", "parse", "to_bytes"]
