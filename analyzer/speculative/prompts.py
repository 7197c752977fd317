"""Prompts by kind of text: those that ship, or a user's own file."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import SpeculativeError

KINDS = ("chat", "extraction", "summary", "json", "code", "retrieval", "maths")
"""Kinds of text that are measured apart: repetition of the prompt differs most between them."""
SHIPPED = Path(__file__).with_name("prompts.json")
"""28 prompts written for this project, four of each kind."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question to the model."""

    id: str
    kind: str
    text: str
    tokens: tuple[int, ...] = ()
    """Token ids, chat template included; empty until a tokenizer or a packed file gave them."""


def read(path: Path | None = None) -> tuple[Prompt, ...]:
    """Read prompts from a JSON list or from JSON lines of `kind` and `text` (and `id`, `tokens`).

    Raises SpeculativeError that names the file and the entry: no list, no text, a kind that is
    not measured, two entries of one id.
    """
    place = path or SHIPPED
    try:
        entries = list(_entries(place.read_text(encoding="utf-8")))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise SpeculativeError(
            f"{place}: not JSON ({error}); write a list, or lines, of"
            ' {"kind": "chat", "text": "..."}'
        ) from error
    found = tuple(_prompt(place, number, entry) for number, entry in enumerate(entries, start=1))
    if not found:
        raise SpeculativeError(f"{place}: holds no prompt; give at least one")
    twice = _repeated(prompt.id for prompt in found)
    if twice:
        raise SpeculativeError(f"{place}: two prompts have the id {twice}; give each its own")
    return found


def digest(prompts: Iterable[Prompt]) -> str:
    """SHA-256 of what was asked: ids, kinds and texts, in order."""
    told = [[prompt.id, prompt.kind, prompt.text] for prompt in prompts]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _entries(text: str) -> Iterable[object]:
    if text.lstrip().startswith("["):
        listed = json.loads(text)
        return listed if isinstance(listed, list) else []
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _prompt(place: Path, number: int, entry: object) -> Prompt:
    where = f"{place}: prompt {number}"
    if not isinstance(entry, dict):
        raise SpeculativeError(f'{where}: not an object; write {{"kind": "chat", "text": "..."}}')
    kind, text = entry.get("kind"), entry.get("text")
    if kind not in KINDS:
        raise SpeculativeError(f"{where}: kind {kind!r} is not one of {', '.join(KINDS)}")
    if not isinstance(text, str) or not text.strip():
        raise SpeculativeError(f"{where}: the text is empty; a model needs something to answer")
    tokens = entry.get("tokens") or []
    if not isinstance(tokens, list) or not all(_is_token(token) for token in tokens):
        raise SpeculativeError(f"{where}: tokens are not whole numbers from 0 on; leave them out")
    return Prompt(str(entry.get("id") or f"{kind}-{number}"), str(kind), text, tuple(tokens))


def _is_token(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _repeated(ids: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in ids:
        if name in seen:
            return name
        seen.add(name)
    return None
