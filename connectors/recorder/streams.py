"""Bodies that are read by the caller and seen by the recorder: bytes and faults pass unchanged."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from datetime import timedelta

import httpx2

from connectors.recorder.exchange import Watch


class Tee(httpx2.SyncByteStream):
    """The body of a sync response."""

    def __init__(self, body: httpx2.SyncByteStream, watch: Watch) -> None:
        self._watch = watch
        self._body = body

    @property
    def elapsed(self) -> timedelta | None:
        """What `Response.elapsed` looks for on the body."""
        return getattr(self._body, "elapsed", None)

    def __iter__(self) -> Iterator[bytes]:
        watch = self._watch
        try:
            for chunk in self._body:
                watch.saw(chunk)
                yield chunk
        except GeneratorExit:
            watch.ended("closed")
            raise
        except BaseException as error:
            watch.ended("failed", error)
            raise
        watch.ended("read")

    def close(self) -> None:
        """Close the body; a call that has not ended ends here."""
        try:
            self._body.close()
        finally:
            self._watch.ended("closed")

    def __del__(self) -> None:
        # a caller may drop a response without reading or closing it
        self._watch.ended("closed")


class AsyncTee(httpx2.AsyncByteStream):
    """The body of an async response."""

    def __init__(self, body: httpx2.AsyncByteStream, watch: Watch) -> None:
        self._watch = watch
        self._body = body

    @property
    def elapsed(self) -> timedelta | None:
        """What `Response.elapsed` looks for on the body."""
        return getattr(self._body, "elapsed", None)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        watch, chunks = self._watch, self._body.__aiter__()
        try:
            async for chunk in chunks:
                watch.saw(chunk)
                yield chunk
        except GeneratorExit:
            watch.ended("closed")
            raise
        except BaseException as error:
            watch.ended("failed", error)
            raise
        finally:
            # in the task that read it; otherwise the event loop closes it later in one of its own
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()
        watch.ended("read")

    async def aclose(self) -> None:
        """Close the body; a call that has not ended ends here."""
        try:
            await self._body.aclose()
        finally:
            self._watch.ended("closed")

    def __del__(self) -> None:
        # a caller may drop a response without reading or closing it
        self._watch.ended("closed")
