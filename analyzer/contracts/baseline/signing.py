"""Ed25519 signatures beside a baseline: each signer's name, public key and signature of its bytes.

The `cryptography` package signs and checks; it is optional (`rebill[sign]`).
"""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from analyzer.errors import ContractError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_TOLD = ("algorithm", "signer", "public_key", "signature")
_SHOWN = 80
_ALGORITHM = "Ed25519"
SIGNERS = 2
"""A baseline is signed when both parties did, each by its own name with a key of its own."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature and whether it holds for the file's bytes."""

    signer: str
    fingerprint: str
    """SHA-256 of the public key's bytes."""
    holds: bool


def signature_path(baseline: Path) -> Path:
    """Give the file that a baseline's signatures stand in."""
    return baseline.with_name(baseline.name + ".sig")


def sign(raw: bytes, key: Path, signer: str, known: list[dict[str, str]]) -> bytes:
    """Add a signature to those known; give the signature file.

    Raises:
        ContractError: a signer without a name, no readable Ed25519 key, or `cryptography` is not
            installed.
    """
    if not signer.strip():
        raise ContractError("--signer: a name is needed, such as client")
    private = _private(key)
    public = private.public_key().public_bytes_raw()
    told = {
        "algorithm": _ALGORITHM,
        "signer": signer,
        "public_key": base64.b64encode(public).decode(),
        "signature": base64.b64encode(private.sign(raw)).decode(),
    }
    others = [one for one in known if one["public_key"] != told["public_key"]]
    every = sorted([*others, told], key=lambda one: (one["signer"], one["public_key"]))
    return (json.dumps({"signatures": every}, indent=1, sort_keys=True) + "\n").encode()


def stored(baseline: Path) -> list[dict[str, str]]:
    """Give the signatures that stand beside a baseline.

    Raises:
        ContractError: a file of another shape.
    """
    path = signature_path(baseline)
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_bytes())["signatures"]
        return [{key: _text(one[key]) for key in _TOLD} for one in found]
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}), check the path") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ContractError(f"{path}: no signature file, sign anew or remove it") from error


def held(baseline: Path, raw: bytes) -> list[dict[str, str]]:
    """Give the signatures beside a baseline that hold for these bytes.

    Raises:
        ContractError: as `check`.
    """
    return [one for one in stored(baseline) if _checked(one, raw).holds]


def check(baseline: Path, raw: bytes) -> tuple[Signature, ...]:
    """Tell of each signature beside a baseline whether it holds for these bytes.

    Raises:
        ContractError: a file of another shape, or `cryptography` is not installed.
    """
    return tuple(_checked(one, raw) for one in stored(baseline))


def both_signed(found: tuple[Signature, ...]) -> bool:
    """Tell whether two parties signed, each with a key of its own, and no signature fails."""
    keys = {one.fingerprint for one in found}
    names = {one.signer.strip().casefold() for one in found}
    return min(len(keys), len(names)) >= SIGNERS and all(one.holds for one in found)


def only_by(found: tuple[Signature, ...], trusted: tuple[str, ...]) -> tuple[str, ...]:
    """Tell which keys are missing or unknown where certain keys, by fingerprint, must have signed.

    Raises:
        ContractError: what is trusted is no fingerprint.
    """
    for one in trusted:
        if not re.fullmatch(r"[0-9a-f]{64}", one):
            raise ContractError(
                f"--trust {one[:_SHOWN]}: no fingerprint, give 64 hexadecimal digits as"
                " `rebill baseline sign` prints them"
            )
    there = {one.fingerprint for one in found if one.holds}
    missing = (f"no signature by the trusted key {one}" for one in trusted if one not in there)
    unknown = (
        f"signed by a key that is not trusted: {one.fingerprint}"
        for one in found
        if trusted and one.fingerprint not in trusted
    )
    return (*missing, *unknown)


def _checked(told: dict[str, str], raw: bytes) -> Signature:
    asymmetric = _cryptography()
    from cryptography.exceptions import InvalidSignature

    public = _bytes(told["public_key"])
    try:
        key = asymmetric.Ed25519PublicKey.from_public_bytes(public)
        key.verify(_bytes(told["signature"]), raw)
    except (InvalidSignature, ValueError):
        return Signature(told["signer"], _fingerprint(public), holds=False)
    return Signature(told["signer"], _fingerprint(public), holds=told["algorithm"] == _ALGORITHM)


def _bytes(text: str) -> bytes:
    """What is base64 for; nothing where it is none, or not the one way to write these bytes."""
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:
        return b""
    return found if base64.b64encode(found).decode() == text else b""


def _fingerprint(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _private(path: Path) -> "Ed25519PrivateKey":
    asymmetric = _cryptography()
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}), check the path") from error
    except (ValueError, TypeError) as error:
        raise ContractError(
            f"{path}: no PEM private key without a password, make one with"
            " `openssl genpkey -algorithm ed25519`"
        ) from error
    if not isinstance(key, asymmetric.Ed25519PrivateKey):
        raise ContractError(f"{path}: another kind of key, give an Ed25519 one")
    return cast("Ed25519PrivateKey", key)


def _cryptography() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise ContractError(
            "signatures need the cryptography package: pip install 'rebill[sign]'"
        ) from error
    return ed25519
