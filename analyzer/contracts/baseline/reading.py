"""A baseline's file, read back: whole and as frozen, or refused with what is wrong."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from analyzer.contracts.baseline.document import (
    KIND,
    OWN_DIGEST,
    VERSION,
    canonical,
    digest_of,
    to_bytes,
)
from analyzer.contracts.baseline.records import (
    Baseline,
    Boundary,
    Counts,
    Gate,
    Manifest,
    Rows,
    Source,
    Standing,
    Unit,
    Workload,
)
from analyzer.contracts.logged import METERS, Covered, Sku, Span
from analyzer.errors import ContractError
from analyzer.reconciled import Discount, Verdict

_SHAPE = (AttributeError, KeyError, TypeError, ValueError, OverflowError, ZeroDivisionError)
"""What a document of another shape runs into."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A baseline's file as it stands, changed or not."""

    where: str
    raw: bytes
    told: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def own_digests(self) -> tuple[str, str]:
        """The digest that the file tells of itself, and the one it has."""
        manifest = self.told.get("manifest")
        expected = manifest.get(OWN_DIGEST) if isinstance(manifest, dict) else None
        return str(expected), digest_of(self.told)

    @property
    def fault(self) -> str:
        """Why these are not the bytes that were frozen; empty where they may be."""
        expected, found = self.own_digests
        if expected != found:
            return (
                f"{self.where}: the file was changed: manifest.{OWN_DIGEST} is {expected} and the"
                f" rest of the file has {found}, restore the frozen file"
            )
        if canonical(self.told) != self.raw:
            return f"{self.where}: the file was written anew, restore the frozen file"
        return ""


def read_frozen(path: Path) -> Frozen:
    """Read a baseline's file, be it changed or not.

    Raises:
        ContractError: not readable, no baseline, or of another version.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}), check the path") from error
    try:
        told = json.loads(raw)
        canonical(told)
    except (ValueError, RecursionError) as error:
        raise ContractError(f"{path}: not JSON ({error}), restore the frozen file") from error
    if not isinstance(told, dict) or told.get("kind") != KIND:
        raise ContractError(f"{path}: no baseline, name a file of `rebill baseline freeze`")
    if told.get("version") != VERSION or isinstance(told["version"], bool):
        raise ContractError(f"{path}: version: {VERSION} is read, use the rebill that wrote it")
    return Frozen(str(path), raw, told)


def load(path: Path) -> tuple[Baseline, str]:
    """Read a baseline; give it and the SHA-256 of its file.

    Raises:
        ContractError: not readable, no baseline, of another version, or a byte of it was changed.
    """
    file = read_frozen(path)
    if file.fault:
        raise ContractError(file.fault)
    found = parse(file)
    if to_bytes(found) != file.raw:
        raise ContractError(
            f"{path}: its figures contradict each other, `rebill baseline verify` names them;"
            " restore the frozen file"
        )
    return found, file.sha256


def parse(file: Frozen) -> Baseline:
    """Read a baseline's document.

    Raises:
        ContractError: a part is missing or of another shape.
    """
    try:
        return _baseline(file.told)
    except _SHAPE as error:
        raise ContractError(f"{file.where}: no whole baseline, restore the frozen file") from error


def _baseline(told: Mapping[str, Any]) -> Baseline:
    period, edge = told["period"], told["boundary"]
    return Baseline(
        title=str(told["title"]),
        span=Span(*(date.fromisoformat(period[key]) for key in ("first_day", "last_day"))),
        excluded=tuple(map(date.fromisoformat, told["excluded_days"])),
        gates=tuple(_gate(g) for g in told["gates"]),
        boundary=Boundary(
            orgs=_texts(edge["orgs"]),
            workspaces=_texts(edge["workspaces"]),
            keys=_texts(edge["keys"]),
            covered=covered_by(edge),
        ),
        workloads={name: _workload(name, one) for name, one in told["workloads"].items()},
        rates={_sku(one): _meters(one, _rate) for one in told["rates"]},
        discounts=tuple(
            Discount(str(one["model"]), Fraction(one["share"]), str(one["source"]))
            for one in told["discounts"]
        ),
        fees=Fraction(told["fees_pico"]),
        hidden=Fraction(told["hidden_pico"]),
        unpriced=_counts(told["unpriced_tokens"]),
        timeless=int(told["timeless_calls"]),
        static_factors=_texts(told["static_factors"]),
        reconciliation=cast("Verdict", str(told["reconciliation"])),
        coverage=None if told["coverage"] is None else Fraction(told["coverage"]),
        manifest=_manifest_of(told["manifest"]),
    )


def _workload(name: str, told: Mapping[str, Any]) -> Workload:
    policy = told["policy"]
    return Workload(
        name=name,
        requests=int(told["requests"]),
        sessions=int(told["sessions"]),
        days=int(told["days"]),
        efforts=_counts(policy["effort"]),
        max_tokens=_counts(policy["max_tokens"]),
        prompts=_counts(policy["prompt_hash"]),
        lives=_counts(policy["cache_life_s"]),
        units=tuple(
            Unit(
                _sku(one),
                int(one["requests"]),
                _meters(one["tokens"], int),
                _meters(one["pico"], Fraction),
            )
            for one in told["units"]
        ),
    )


def _meters(told: Mapping[str, Any], kind: Callable[[Any], Any]) -> tuple[Any, ...]:
    return tuple(kind(told[meter]) for meter in METERS)


def _sku(told: Mapping[str, Any]) -> Sku:
    speed, geo = (None if told[key] is None else str(told[key]) for key in ("speed", "geo"))
    return Sku(str(told["model"]), str(told["tier"]), speed, geo, bool(told["long_prompt"]))


def _counts(told: Any) -> Counts:
    return tuple((str(name), int(count)) for name, count in told)


def _manifest_of(told: Mapping[str, Any]) -> Manifest:
    def rows(key: str) -> tuple[Rows, ...]:
        return tuple(
            Rows(str(one["name"]), int(one["rows"]), str(one["sha256"])) for one in told[key]
        )

    return Manifest(
        method=str(told["method"]),
        seed=int(told["seed"]),
        book_version=str(told["book_version"]),
        book_sha256=str(told["book_sha256"]),
        policy_sha256=str(told["policy_sha256"]),
        sources=tuple(map(_source, told["sources"])),
        days=rows("days"),
        reports=rows("reports"),
    )


def covered_by(boundary: Mapping[str, Any]) -> Covered:
    """Give what a document's boundary names."""
    return Covered(*(_texts(boundary[f"only_{kind}"]) for kind in ("workspaces", "workloads")))


def _gate(told: Mapping[str, Any]) -> Gate:
    standing = cast("Standing", str(told["standing"]))
    return Gate(str(told["gate"]), standing, str(told["figure"]), str(told["limit"]))


def _source(told: Mapping[str, Any]) -> Source:
    connector, sha256, rows = (str(told[key]) for key in ("connector", "sha256", "rows_sha256"))
    return Source(connector, sha256, int(told["calls"]), rows)


def _rate(told: Any) -> int | Fraction:
    return told if isinstance(told, int) else Fraction(told)


def _texts(told: Any) -> tuple[str, ...]:
    return tuple(map(str, told))
