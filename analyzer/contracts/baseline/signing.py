"""Ed25519 signatures beside a baseline: each signer's name, public key and signature of its bytes.

The `cryptography` package signs and checks; it is optional (`rebill[sign]`).
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from analyzer.errors import ContractError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNERS = 2
"""A baseline is signed when both parties did, each with a key of its own."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature and whether it holds for the file's bytes."""

    signer: str
    fingerprint: str
    """SHA-256 of the public key."""
    holds: bool


def signature_path(baseline: Path) -> Path:
    """Give the file that a baseline's signatures stand in."""
    return baseline.with_name(baseline.name + ".sig")


def sign(raw: bytes, key: Path, signer: str, known: list[dict[str, str]]) -> bytes:
    """Add a signature to those known; give the signature file.

    Raises:
        ContractError: no readable Ed25519 key, or `cryptography` is not installed.
    """
    private = _private(key)
    public = private.public_key().public_bytes_raw()
    told = {
        "algorithm": "Ed25519",
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
        for one in found:
            _ = [one[key] for key in ("signer", "public_key", "signature")]
    except (ValueError, KeyError, TypeError) as error:
        raise ContractError(f"{path}: no signature file, sign anew or remove it") from error
    return list(found)


def check(baseline: Path, raw: bytes) -> tuple[Signature, ...]:
    """Tell of each signature beside a baseline whether it holds for these bytes.

    Raises:
        ContractError: a file of another shape, or `cryptography` is not installed.
    """
    return tuple(_checked(one, raw) for one in stored(baseline))


def both_signed(found: tuple[Signature, ...]) -> bool:
    """Tell whether two keys signed and no signature fails."""
    held = {one.fingerprint for one in found if one.holds}
    return len(held) >= SIGNERS and all(one.holds for one in found)


def _checked(told: dict[str, str], raw: bytes) -> Signature:
    asymmetric = _cryptography()
    from cryptography.exceptions import InvalidSignature

    try:
        public = base64.b64decode(told["public_key"], validate=True)
        key = asymmetric.Ed25519PublicKey.from_public_bytes(public)
        key.verify(base64.b64decode(told["signature"], validate=True), raw)
    except (InvalidSignature, ValueError):
        return Signature(told["signer"], _fingerprint(told["public_key"]), holds=False)
    return Signature(told["signer"], _fingerprint(told["public_key"]), holds=True)


def _fingerprint(public_key: str) -> str:
    return hashlib.sha256(public_key.encode()).hexdigest()


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
