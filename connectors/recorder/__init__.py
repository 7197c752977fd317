"""A middleware for the Anthropic SDK that writes every call as a line the analyser can replay.

    client = Anthropic(middleware=[Recorder("traffic/")])  # AsyncAnthropic the same

It stands last in the list, next to the wire, and sees each attempt as it was sent. The caller's
thread keeps references and reads the clock; a thread of its own renders and writes. Whatever fails
in here is logged once (`rebill.recorder`), counted in the log, and never reaches the caller.
"""

import functools
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from connectors.endpoints import bills_tokens
from connectors.recorder.exchange import Clock, Exchange, Watch
from connectors.recorder.faults import Faults
from connectors.recorder.files import Files
from connectors.recorder.labels import Tags, Text, labels, resolved
from connectors.recorder.line import Redact, Renderer
from connectors.recorder.writer import Writer

if TYPE_CHECKING:
    from anthropic import APIResponse, AsyncAPIResponse, Middleware
    from anthropic._middleware import AsyncCallNext, CallNext
    from anthropic._request import APIRequest
else:
    Middleware = object

__all__ = ["Recorder", "labels"]

MIB = 2**20
GIB = 2**30


class Recorder(Middleware):
    """Writes each attempt of `messages.create` and `messages.stream` as a line under a folder."""

    labels = staticmethod(labels)

    def __new__(cls, *_arguments: object, **_options: object) -> Self:
        """Give an instance that is an SDK middleware too."""
        plain: type = cls
        made: Self = object.__new__(_as_middleware(plain))
        return made

    def __init__(  # noqa: PLR0913 - a flat list of options is what a user reads and types
        self,
        folder: str | Path,
        *,
        app: Text = None,
        workload: Text = None,
        session: Text = None,
        user: Text = None,
        key: Text = None,
        tags: Tags = None,
        redact: Redact | None = None,
        compress: bool = False,
        max_file_bytes: int = 256 * MIB,
        max_queued_bytes: int = 64 * MIB,
        min_free_bytes: int = GIB,
        clock: Clock = time.time_ns,
    ) -> None:
        """Name the folder; it is made with the first line, and only its owner can read it.

        Args:
            folder: where the files go; many processes may share it.
            app: name of the program; like all labels a value, or a function asked at each call.
            workload: what the call is for (`triage`); the analyser groups by it.
            session: the conversation or job that the call belongs to.
            user: on whose behalf.
            key: a name for the API key, never the key itself.
            tags: anything else, as names and plain values.
            redact: gets each line as a dictionary before it is written, and gives it back changed;
                None withholds the line.
            compress: write `.jsonl.gz`.
            max_file_bytes: a file of this size is followed by a new one; so is yesterday's.
            max_queued_bytes: what may wait for a slow disk; calls beyond it are lost and counted.
            min_free_bytes: writing stops while the disk has less free than this.
            clock: nanoseconds since 1970; another one is for tests.
        """
        self._labels: Mapping[str, object] = {
            "app": app, "workload": workload, "session": session, "user": user, "key": key,
            "tags": tags,
        }  # fmt: skip
        self._clock = clock
        self._faults = Faults()
        files = Files(Path(folder), max_file_bytes, min_free_bytes, clock, compress=compress)
        self._writer = Writer(files, Renderer(redact), self._faults, max_queued_bytes, clock)
        # at the end of the process the writer is told by itself
        weakref.finalize(self, self._writer.retire).atexit = False

    def handle(self, request: "APIRequest", call_next: "CallNext") -> "APIResponse[Any]":
        """Pass an attempt of a sync client on, and record it."""
        from connectors.recorder.streams import Tee

        watch = self._watch(request)
        if watch is None:
            return call_next(request)
        try:
            response = call_next(request)
        except BaseException as error:
            watch.failed(error)
            raise
        watch.answered(response, Tee)
        return response

    async def handle_async(
        self, request: "APIRequest", call_next: "AsyncCallNext"
    ) -> "AsyncAPIResponse[Any]":
        """Pass an attempt of an async client on, and record it."""
        from connectors.recorder.streams import AsyncTee

        watch = self._watch(request)
        if watch is None:
            return await call_next(request)
        try:
            response = await call_next(request)
        except BaseException as error:
            watch.failed(error)
            raise
        watch.answered(response, AsyncTee)
        return response

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until every ended call is written; tell whether it was in time."""
        return self._writer.flush(timeout_s)

    def close(self, timeout_s: float = 5.0) -> bool:
        """Flush and close the file; a later call opens a new one."""
        return self._writer.close(timeout_s)

    def _watch(self, request: "APIRequest") -> Watch | None:
        try:
            if not bills_tokens(request.url):
                return None
            exchange = Exchange(
                clock=self._clock,
                attempt=request.retries_taken,
                url=request.url,
                stream=request.stream,
                labels=resolved(self._labels, self._faults),
            )
            return Watch(exchange, request, self._writer, self._faults)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller's call goes on
            self._faults.tell("a call could not be watched", error)
            self._writer.lose("fault")
            return None


@functools.cache
def _as_middleware(cls: type) -> type:
    """Give the class with the SDK's own as a base, which takes a second to import.

    A program that only names a recorder or its labels does not wait for it.
    """
    from anthropic import Middleware as Base

    return cls if Base in cls.__mro__ else type(cls.__name__, (cls, Base), {})
