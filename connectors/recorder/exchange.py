"""One attempt over the wire, from the caller's side: references are kept, nothing is read twice."""

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Protocol

import msgspec

from connectors.recorder.faults import Faults
from connectors.recorder.labels import Named

if TYPE_CHECKING:
    import httpx2
    from anthropic._request import APIRequest

Clock = Callable[[], int]
End = Literal["read", "closed", "failed", "exit"]
"""How the answer ended: to its end, let go by the caller, broken, or with the process."""

_P = ParamSpec("_P")


@dataclass(slots=True)
class Exchange:
    """What was seen of one attempt; times are nanoseconds since 1970 and never run backwards."""

    clock: Clock
    attempt: int
    url: "str | httpx2.URL"
    """As asked for, then as sent."""
    stream: bool
    labels: Named
    start_ns: int = 0
    headers_ns: int | None = None
    first_byte_ns: int | None = None
    end_ns: int | None = None
    request: bytes = b""
    """The body as it was sent."""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    betas: str | None = None
    body: list[bytes] = field(default_factory=list)
    encoded: bool = True
    """Whether the body is still packed as the wire carried it."""
    ended: End = "read"
    exception: str | None = None
    _zero: int = 0

    def __post_init__(self) -> None:
        """Read the clock once; later times are this one plus what the monotonic clock counted."""
        self.start_ns, self._zero = self.clock(), time.perf_counter_ns()

    def now(self) -> int:
        """Give the time."""
        return self.start_ns + time.perf_counter_ns() - self._zero

    def size(self) -> int:
        """Give about the bytes it holds in memory."""
        return len(self.request) + sum(map(len, self.body))


class Keeper(Protocol):
    """Where an ended exchange goes."""

    open: dict[int, "Watch"]

    def ticket(self) -> int:
        """Give a number not given before."""
        ...

    def put(self, exchange: Exchange) -> None:
        """Take an ended exchange to be written; never waits."""
        ...

    def lose(self, reason: str) -> None:
        """Count a call that will not be written."""
        ...


def _guarded(
    method: "Callable[Concatenate[Watch, _P], None]",
) -> "Callable[Concatenate[Watch, _P], None]":
    """Keep every fault of a method from the caller; the call it watched counts as lost."""

    @functools.wraps(method)
    def guarded(watch: "Watch", /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            method(watch, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller's call goes on
            watch.lose("a call could not be recorded", error)

    return guarded


class Watch:
    """Follows one attempt; ends once, whichever of reader, closer and collector comes first."""

    def __init__(
        self, exchange: Exchange, request: "APIRequest", keeper: Keeper, faults: Faults
    ) -> None:
        self._exchange = exchange
        self._request: APIRequest | None = request
        self._keeper = keeper
        self._faults = faults
        self._ticket = keeper.ticket()
        keeper.open[self._ticket] = self

    @_guarded
    def answered(self, answer: object, tee: "Callable[[Any, Watch], object]") -> None:
        """Take the response when its headers are there; a body still to come is teed."""
        seen = self._exchange
        response: Any = getattr(answer, "http_response", answer)
        if not hasattr(response, "status_code"):
            self.lose("another middleware answered in place of the API; put the recorder last")
            return
        seen.headers_ns = seen.now()
        self._take(response)
        if not response.is_closed:
            response.stream = tee(response.stream, self)
            return
        seen.encoded = False
        seen.body = [_content_of(response)]
        self.ended("read")

    @_guarded
    def failed(self, error: BaseException) -> None:
        """Take the exception that came in place of a response."""
        import httpx2

        seen = self._exchange
        response, request = getattr(error, "response", None), getattr(error, "request", None)
        if isinstance(response, httpx2.Response):
            self._take(response)
            seen.encoded, seen.body = False, [_content_of(response)]
        elif isinstance(request, httpx2.Request):
            seen.url, seen.request = request.url, _sent(request)
        self.ended("failed", error)

    @_guarded
    def saw(self, chunk: bytes) -> None:
        """Take a piece of the body on its way to the caller."""
        if not self._exchange.body:
            self._exchange.first_byte_ns = self._exchange.now()
        self._exchange.body.append(chunk)

    @_guarded
    def ended(self, how: End, error: BaseException | None = None) -> None:
        """Hand the exchange over; what comes after the first end changes nothing."""
        if self._keeper.open.pop(self._ticket, None) is None:
            return
        seen = self._exchange
        seen.end_ns, seen.ended = seen.now(), how
        seen.exception = _names_of(error)
        if not seen.request and self._request is not None:
            seen.request = msgspec.json.encode(self._request.json, enc_hook=str)
        self._request = None
        self._keeper.put(seen)

    def lose(self, what: str, error: BaseException | None = None) -> None:
        """Give the call up, and say so."""
        if self._keeper.open.pop(self._ticket, None) is not None:
            self._keeper.lose("fault")
        self._faults.tell(what, error)

    def _take(self, response: "httpx2.Response") -> None:
        seen, request = self._exchange, response.request
        seen.request = _sent(request)
        seen.url = request.url
        seen.betas = request.headers.get("anthropic-beta")
        seen.status, seen.headers = response.status_code, response.headers


def _sent(request: "httpx2.Request") -> bytes:
    """Give the body as it was sent; nothing when it cannot be had or is no JSON object."""
    body = _content_of(request)
    return body if body.startswith(b"{") else b""


def _content_of(message: "httpx2.Request | httpx2.Response") -> bytes:
    """Give a body that is in memory; nothing when it was never read."""
    try:
        return message.content
    except RuntimeError:  # httpx2's RequestNotRead and ResponseNotRead
        return b""


def _names_of(error: BaseException | None) -> str | None:
    """Give the names of an exception and its cause; their messages may hold anything."""
    if error is None:
        return None
    cause = error.__cause__
    return f"{type(error).__name__} from {type(cause).__name__}" if cause else type(error).__name__
