"""Both parties sign the same bytes; a changed byte or a foreign key holds no longer."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.contracts.baseline import signing
from analyzer.errors import ContractError

RAW = b"{}\n"


def key(path: Path) -> Path:
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    """A baseline that two have signed."""
    path = tmp_path / "b.json"
    path.write_bytes(RAW)
    for name in ("consultant", "client"):
        told = signing.sign(RAW, key(tmp_path / f"{name}.pem"), name, signing.stored(path))
        signing.signature_path(path).write_bytes(told)
    return path


def test_two_keys_make_a_signed_baseline(baseline: Path) -> None:
    found = signing.check(baseline, RAW)
    assert [(one.signer, one.holds) for one in found] == [("client", True), ("consultant", True)]
    assert signing.both_signed(found)
    assert not signing.both_signed(found[:1])
    assert not signing.both_signed((found[0], found[0]))


def test_signing_twice_with_one_key_is_one_signature(baseline: Path) -> None:
    pem = baseline.with_name("client.pem")
    told = signing.sign(RAW, pem, "somebody else", signing.stored(baseline))
    assert len(json.loads(told)["signatures"]) == 2


def test_one_party_with_two_keys_is_one_party(baseline: Path) -> None:
    found = signing.check(baseline, RAW)
    renamed = tuple(replace(one, signer=name) for one, name in zip(found, ("x", " X"), strict=True))
    assert not signing.both_signed(renamed)


def test_one_key_written_in_two_ways_is_one_key(baseline: Path) -> None:
    """Base64 of 32 bytes has two spare bits: four texts are one key."""
    path = signing.signature_path(baseline)
    told = json.loads(path.read_bytes())
    one = told["signatures"][0]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    key = one["public_key"]
    spare = letters[letters.index(key[42]) ^ 1]
    told["signatures"][1] = {**one, "public_key": f"{key[:42]}{spare}=", "signer": "client's twin"}
    path.write_text(json.dumps(told))
    assert not signing.both_signed(signing.check(baseline, RAW))


@pytest.mark.parametrize("key", ["algorithm", "signer", "public_key", "signature"])
@pytest.mark.parametrize("value", [5, None, [], "", "\u00e9", "A" * 43])
def test_a_signature_of_another_shape_never_holds(baseline: Path, key: str, value: object) -> None:
    path = signing.signature_path(baseline)
    told = json.loads(path.read_bytes())
    told["signatures"][0][key] = value
    path.write_text(json.dumps(told))
    if not isinstance(value, str):
        with pytest.raises(ContractError, match="no signature file"):
            signing.check(baseline, RAW)
    elif key != "signer":
        assert [one.holds for one in signing.check(baseline, RAW)] == [False, True]


def test_a_signer_has_a_name(baseline: Path) -> None:
    with pytest.raises(ContractError, match="a name is needed"):
        signing.sign(RAW, baseline.with_name("client.pem"), " ", [])


def test_a_changed_byte_breaks_every_signature(baseline: Path) -> None:
    found = signing.check(baseline, b"[]\n")
    assert not any(one.holds for one in found)
    assert not signing.both_signed(found)


def test_a_changed_signature_fails(baseline: Path) -> None:
    path = signing.signature_path(baseline)
    told = json.loads(path.read_bytes())
    told["signatures"][0]["signature"] = told["signatures"][1]["signature"]
    path.write_text(json.dumps(told))
    assert [one.holds for one in signing.check(baseline, RAW)] == [False, True]


def test_no_file_beside_is_no_signature(tmp_path: Path) -> None:
    assert signing.check(tmp_path / "b.json", RAW) == ()


def test_what_is_no_key_is_told(tmp_path: Path) -> None:
    path = tmp_path / "k.pem"
    with pytest.raises(ContractError, match="cannot be read"):
        signing.sign(RAW, path, "x", [])
    path.write_text("nothing")
    with pytest.raises(ContractError, match="no PEM private key"):
        signing.sign(RAW, path, "x", [])


def test_a_damaged_signature_file_is_told(baseline: Path) -> None:
    signing.signature_path(baseline).write_text("[]")
    with pytest.raises(ContractError, match="no signature file"):
        signing.check(baseline, RAW)
