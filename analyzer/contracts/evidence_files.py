"""Evidence that a contract file names: a file beside it, with the SHA-256 it had when entered."""

import hashlib
from pathlib import Path, PurePosixPath


def evidence_fault(folder: Path, evidence: str, sha256: str, beside: str = "register") -> str:
    """Say what is wrong with a piece of evidence; empty where it is what was entered."""
    place = PurePosixPath(evidence)
    allowed = f"give a file beside the {beside}, by its relative path"
    if place.is_absolute() or ".." in place.parts:
        return f"evidence: {evidence!r} is not beside the {beside}, {allowed}"
    if (folder / place).exists() and not (folder / place).is_file():
        return f"evidence: {evidence!r} is no file, {allowed}"
    try:
        with (folder / place).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"evidence: {evidence!r} cannot be read ({error.strerror}), put it there"
    if found != sha256:
        return (
            f"sha256: {evidence!r} is not what was entered (it has {found}), restore the file"
            " or enter and sign the change anew"
        )
    return ""
