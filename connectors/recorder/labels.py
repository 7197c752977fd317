"""Names that the caller gives its calls: app, workload, session, user, key, tags."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from types import MappingProxyType

from connectors.recorder.faults import Faults

Text = str | Callable[[], str | None] | None
"""A value, or a function that is asked at each call, in the caller's thread and context."""
Tags = Mapping[str, object] | Callable[[], Mapping[str, object] | None] | None
Scalar = str | int | float | bool
Named = dict[str, str | dict[str, Scalar]]

_COUNTS_UP_TO = 2**53
"""Whole numbers beyond this lose digits in many JSON readers; they are written as text."""

_around: ContextVar[Mapping[str, object]] = ContextVar(
    "rebill_labels", default=MappingProxyType({})
)


@contextlib.contextmanager
def labels(
    *,
    app: Text = None,
    workload: Text = None,
    session: Text = None,
    user: Text = None,
    key: Text = None,
    tags: Tags = None,
) -> Iterator[None]:
    """Name every call made inside, in this thread or task; inner names win, tags add up."""
    given = {"app": app, "workload": workload, "session": session, "user": user, "key": key}
    outer = _around.get()
    inner = {**outer, **{name: value for name, value in given.items() if value is not None}}
    inner["tags"] = (*_layers(outer.get("tags")), tags)
    token = _around.set(inner)
    try:
        yield
    finally:
        # a generator that is closed in another context keeps its names there
        with contextlib.suppress(ValueError):
            _around.reset(token)


def resolved(own: Mapping[str, object], faults: Faults) -> Named:
    """Give the names of a call that starts now; one that cannot be had is left out and told."""
    around = _around.get()
    named: Named = {}
    for name, value in {**own, **around}.items():
        if name == "tags":
            continue
        text = _text(value, name, faults)
        if name == "key" and text.startswith("sk-"):
            faults.tell("label key: holds a secret; give the key a name. Left out")
        elif text:
            named[name] = text
    if tags := _tags((own.get("tags"), *_layers(around.get("tags"))), faults):
        named["tags"] = tags
    return named


def _layers(tags: object) -> tuple[object, ...]:
    return tags if isinstance(tags, tuple) else ()


def _text(value: object, name: str, faults: Faults) -> str:
    asked = _asked(value, name, faults)
    return "" if asked is None else str(_scalar(str, asked, name, faults) or "")


def _tags(layers: tuple[object, ...], faults: Faults) -> dict[str, Scalar]:
    tags: dict[str, Scalar] = {}
    for layer in layers:
        given = _asked(layer, "tags", faults)
        if isinstance(given, Mapping):
            for name, value in given.items():
                plain = _scalar(_plain, _asked(value, "tags", faults), "tags", faults)
                if plain is not None:
                    tags[_sound(str(name))] = plain
    return tags


def _asked(value: object, name: str, faults: Faults) -> object:
    if not callable(value):
        return value
    try:
        return value()
    except Exception as error:  # noqa: BLE001 - the caller's function, and the caller's call
        faults.tell(f"label {name}: its function failed. Left out", error)
        return None


def _scalar(
    turn: Callable[[object], Scalar], value: object, name: str, faults: Faults
) -> Scalar | None:
    try:
        plain = turn(value) if value is not None else None
    except Exception as error:  # noqa: BLE001 - any object's __str__ may run here
        faults.tell(f"label {name}: cannot be written as text. Left out", error)
        return None
    return _sound(plain) if isinstance(plain, str) else plain


def _plain(value: object) -> Scalar:
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int) and abs(value) <= _COUNTS_UP_TO:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    return str(value)


def _sound(text: str) -> str:
    """Replace halves of surrogate pairs, which no encoder writes."""
    return text.encode(errors="replace").decode()
