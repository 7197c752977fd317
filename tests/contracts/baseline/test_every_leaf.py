"""Every single place of a baseline's document, changed, is named; none passes as made anew."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from analyzer.contracts.baseline import (
    Ask,
    Baseline,
    asked_by,
    canonical,
    freeze,
    load,
    read_frozen,
    to_bytes,
    verify_file,
)
from analyzer.contracts.baseline.document import digest_of
from analyzer.contracts.logged import whole_days
from analyzer.errors import ContractError
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.reconciled import Discount

CONTRACT = (Discount("*", 0, "as signed"),)  # type: ignore[arg-type]  # 0 is a share
ONLY_THE_FILE_TELLS = {"title", "static_factors[0]", "manifest.seed"}
"""What is asked anew as the file says: its own digest, or the one signed off, tells of a change."""
REFUSED = {"kind", "version"}
ASKED = {"period.first_day", "period.last_day", "excluded_days[0]"}


@pytest.fixture
def frozen(weeks: Any, filled: Any) -> Baseline:
    calls = weeks(35, speed=None)
    ask = Ask(
        whole_days("2026-08-03..2026-09-06"), excluded=(whole_days("2026-08-04").first_day,),
        static_factors=("models as they are",), contract=CONTRACT,
    )  # fmt: skip
    with filled(calls, calls) as store:
        return freeze(store, Book.load(), ask)


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, (dict, list)):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(one, (*place, key))
    else:
        yield place


def name(place: tuple[Any, ...]) -> str:
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in place)[1:]


def other(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return value + 1
    if len(value) == 10 and value[4] == "-" and value[-1].isdigit():
        return value[:-1] + ("6" if value[-1] != "6" else "7")
    return value[:-1] + ("1" if value[-1:] != "1" else "2")


def changed(raw: bytes, place: tuple[Any, ...]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(raw)
    at: Any = told
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = other(at[place[-1]])
    return told


def test_every_changed_place_is_named(frozen: Baseline, tmp_path: Path) -> None:
    path, raw = tmp_path / "b.json", to_bytes(frozen)
    every = list(places(json.loads(raw)))
    assert len(every) > 150
    for place in every:
        if name(place) in REFUSED:
            continue
        path.write_bytes(canonical(changed(raw, place)))
        with pytest.raises(ContractError, match="the file was changed"):
            load(path)
        found = [one.part for one in verify_file(read_frozen(path), frozen)]
        assert found[0] == "the file itself, by its manifest.outputs_sha256", place
        named = {name(place)} & set(found) or any("of 2026" in p or "report" in p for p in found)
        assert named or len(found) > 1 or name(place).endswith("outputs_sha256"), place


def test_a_forger_who_mends_the_digest_is_named_too(frozen: Baseline, tmp_path: Path) -> None:
    path, raw = tmp_path / "b.json", to_bytes(frozen)
    for place in places(json.loads(raw)):
        told = changed(raw, place)
        told["manifest"]["outputs_sha256"] = digest_of(told)
        path.write_bytes(canonical(told))
        if name(place) in REFUSED:
            with pytest.raises(ContractError):
                read_frozen(path)
        elif name(place) not in ONLY_THE_FILE_TELLS | {"manifest.outputs_sha256"}:
            assert verify_file(read_frozen(path), frozen), place


def test_figures_that_contradict_each_other_are_refused(frozen: Baseline, tmp_path: Path) -> None:
    """Half of a fee rests on whether a baseline is indicative: that is no figure to be edited."""
    path = tmp_path / "b.json"
    for key, value in (("status", "sufficient"), ("bill_pico", "1"), ("currency", "EUR")):
        told = json.loads(to_bytes(frozen))
        assert told[key] != value
        told[key] = value
        told["manifest"]["outputs_sha256"] = digest_of(told)
        path.write_bytes(canonical(told))
        with pytest.raises(ContractError, match="contradict each other"):
            load(path)


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, [None], {"a": 1}, True, "2026-02-30"])
def test_another_shape_is_told_and_never_a_traceback(
    frozen: Baseline, tmp_path: Path, value: Any
) -> None:
    path, raw = tmp_path / "b.json", to_bytes(frozen)
    for told in reshaped(raw, value):
        path.write_bytes(canonical(told))
        with suppress(ContractError):
            load(path)
        with suppress(ContractError):
            file = read_frozen(path)
            asked_by(file, Policy.observed(), ())
            assert verify_file(file, frozen)


def reshaped(raw: bytes, value: Any) -> Iterator[dict[str, Any]]:
    """The document with one of its parts in another shape, and its digest mended."""
    whole = json.loads(raw)
    keys: list[tuple[str, str | None]] = [(key, None) for key in whole]
    keys += [(part, key) for part in ("period", "manifest", "boundary") for key in whole[part]]
    for part, key in keys:
        told = json.loads(raw)
        if key is None:
            told[part] = value
        else:
            told[part][key] = value
        if isinstance(told.get("manifest"), dict) and key != "outputs_sha256":
            told["manifest"]["outputs_sha256"] = digest_of(told)
        if {part, key} & {"title", "static_factors", "seed"} or told == whole:
            continue
        yield told


@pytest.mark.parametrize(
    "raw",
    [
        b'{"kind": "rebill baseline", "version": 1, "title": NaN}',
        b'{"kind": "rebill baseline", "version": 1, "title": "\\ud800"}',
        b"[" * 100_000,
        b'{"kind": "rebill baseline", "version": 1, "n": ' + b"9" * 5_000 + b"}",
        b"\xff\xfe",
    ],
)
def test_what_only_python_calls_json_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(raw)
    with pytest.raises(ContractError, match="not JSON"):
        load(path)
