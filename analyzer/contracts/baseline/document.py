"""A baseline as canonical JSON: sorted keys, integers and decimal texts, no floats."""

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from analyzer.contracts.baseline.records import Baseline, Manifest, Rows, Workload
from analyzer.contracts.exact_text import exact_text
from analyzer.contracts.logged import METERS, Rates, Sku

KIND = "rebill baseline"
VERSION = 1
OWN_DIGEST = "outputs_sha256"
_PLACES = 6


def canonical(value: object) -> bytes:
    """Give the one form in which a document is hashed and signed."""
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def to_bytes(found: Baseline) -> bytes:
    """Give the file of a baseline."""
    told = {**_body(found), "manifest": _manifest(found.manifest)}
    return canonical({**told, "manifest": {**told["manifest"], OWN_DIGEST: digest_of(told)}})


def digest_of(told: Mapping[str, object]) -> str:
    """Give the SHA-256 of a whole document but for the place where it stands itself."""
    manifest = told.get("manifest")
    kept = dict(manifest) if isinstance(manifest, dict) else {}
    kept.pop(OWN_DIGEST, None)
    return hashlib.sha256(canonical({**told, "manifest": kept})).hexdigest()


def _body(found: Baseline) -> dict[str, Any]:
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
            "only_workspaces": list(found.boundary.covered.workspaces),
            "only_workloads": list(found.boundary.covered.workloads),
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
