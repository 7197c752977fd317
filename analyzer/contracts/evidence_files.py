"""Evidence that a contract file names: a file beside it, with the SHA-256 it had when entered."""

import hashlib
from pathlib import Path, PurePosixPath

_SHOWN = 80


def evidence_fault(folder: Path, evidence: str, sha256: str, beside: str = "register") -> str:
    """Say what is wrong with a piece of evidence; empty where it is what was entered."""
    if why := _place_fault(folder, evidence, beside):
        allowed = f"give a file beside the {beside}, by its relative path"
        return f"evidence: {evidence[:_SHOWN]!r} {why}, {allowed}"
    try:
        with (folder / evidence).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"evidence: {evidence[:_SHOWN]!r} cannot be read ({error.strerror}), put it there"
    if found != sha256:
        return (
            f"sha256: {evidence!r} is not what was entered (it has {found}), restore the file"
            " or enter and sign the change anew"
        )
    return ""


def _place_fault(folder: Path, evidence: str, beside: str) -> str:
    place = PurePosixPath(evidence)
    if place.is_absolute() or ".." in place.parts:
        return f"is not beside the {beside}"
    try:
        real = (folder / place).resolve()
        if not real.is_relative_to(folder.resolve()):
            return "is a link to another folder"
        return "is no file" if real.exists() and not real.is_file() else ""
    except (OSError, ValueError, RuntimeError):
        return "cannot be a file's name"
