"""A row that was billed becomes a call: its names, times, settings and prompt."""

import hashlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

import msgspec

from analyzer.prompts import Hasher
from analyzer.trace import Call
from connectors.faults import LINE_FAULTS, LineError
from connectors.mapping.bodies import Answered, Asked, stop_word
from connectors.mapping.cells import Cells
from connectors.mapping.models import platform_named
from connectors.mapping.paths import Path, Row
from connectors.mapping.schema import MappingFile
from connectors.mapping.times import Times
from connectors.mapping.usage import Counted
from connectors.mapping.values import dollars_of, moment_of, share_of, text_of
from connectors.messages import UNKNOWN_MODEL
from connectors.messages.prompt import PromptReader

Value = TypeVar("Value")
PAST_LIMIT = "output exceeds max_tokens"
CELL_UNREAD = "a cell beside the counts holds no value of its kind"
PROMPT_UNREAD = "the request body holds no prompt that can be read"


class Told(NamedTuple):
    """Everything that one row says, before it is a call."""

    row: Row
    asked: Asked
    answered: Answered
    times: Times
    provider: str | None
    model: str | None
    requested: str | None


class CallBuilder:
    """Builds the calls of one file."""

    def __init__(self, mapping: MappingFile, cells: Cells, hasher: Hasher) -> None:
        self._cells = cells
        self._each = tuple(map(Path, mapping.tags.each))
        self._named = tuple(mapping.tags.named)
        self._hasher = hasher
        self._prompts = PromptReader(hasher)
        self._unread = False

    def call(self, number: int, raw: bytes, told: Told, found: Counted) -> Call:
        """Give the call.

        Raises:
            LineError: a value that is none of its kind.
        """
        row, times, billed = told.row, told.times, found.billed
        self._unread = False
        message, gateway = self._names(told)
        stop = told.answered.stop_reason or stop_word(self._cells.code(row, "call.stop_reason"))
        limit = self._lenient(self._cells.count, row, "call.max_tokens") or told.asked.max_tokens
        past = bool(limit and (billed.tokens.output or 0) > limit)
        call = Call(
            line=number,
            line_time_us=self._version(row) or times.end_us or times.start_us or 0,
            line_sha256=hashlib.sha256(raw).digest(),
            message_id=message,
            gateway_id=gateway,
            model=told.model or UNKNOWN_MODEL,
            model_requested=told.requested,
            max_tokens=limit,
            tokens=billed.tokens,
            iterations=billed.iterations,
            web_searches=billed.web_searches,
            accepted_prediction=billed.accepted_prediction,
            rejected_prediction=billed.rejected_prediction,
            usage_basis=found.basis,
            usage_final=told.answered.final,
            flags=billed.flags + times.flags + (PAST_LIMIT,) * past,
            charged=not (stop == "refusal" and not billed.tokens.output),
            stop_reason=stop,
            cache_miss_reason=told.answered.missed.reason,
            cache_missed_tokens=told.answered.missed.tokens,
        )
        call = _with_times(self._with_names(call, row, told), times)
        call = self._with_settings(call, told, found)
        if self._unread:
            call = msgspec.structs.replace(call, flags=(*call.flags, CELL_UNREAD))
        return self._with_prompt(call, told)

    def _with_names(self, call: Call, row: Row, told: Told) -> Call:
        text = self._cells.text
        return msgspec.structs.replace(
            call,
            request_id=text(row, "ids.request"),
            batch_id=text(row, "ids.batch"),
            custom_id=text(row, "ids.custom"),
            org=text(row, "who.org"),
            workspace=text(row, "who.workspace"),
            key=self._key(row),
            user=text(row, "who.user") or told.asked.user,
            session=text(row, "who.session"),
            agent=text(row, "who.agent"),
            app=text(row, "who.app"),
            workload=text(row, "who.workload"),
            tags=dict(self._tags(row)),
        )

    def _with_settings(self, call: Call, told: Told, found: Counted) -> Call:
        cells, row, asked = self._cells, told.row, told.asked
        stream = cells.flag(row, "call.stream")
        stream = asked.stream if stream is None else stream
        return msgspec.structs.replace(
            call,
            platform=cells.text(row, "call.platform") or platform_named(told.provider),
            stream=stream,
            first_us=None if stream is False else call.first_us,  # one token is as late as all
            effort=cells.code(row, "call.effort") or asked.effort,
            tool_choice=cells.code(row, "call.tool_choice") or asked.tool_choice,
            tier=found.billed.tier or cells.code(row, "call.tier"),
            speed=found.billed.speed or cells.code(row, "call.speed"),
            geo=found.billed.geo or cells.code(row, "call.geo"),
            attempt=self._lenient(cells.count, row, "call.attempt") or 0,
            cost_logged_usd=self._lenient(self._cost, row, "cost.amount"),
            sampling=self._lenient(self._share, row, "call.sampling"),
        )

    def _with_prompt(self, call: Call, told: Told) -> Call:
        """Add the prompt of an Anthropic-shaped body; another shape's blocks would hash apart."""
        if told.asked.fields is None:
            return call
        content = list(told.answered.content)
        try:
            prompt, nodes = self._prompts.read(told.asked.fields, content, call.message_id)
        except LINE_FAULTS:
            return msgspec.structs.replace(call, flags=(*call.flags, PROMPT_UNREAD))
        return msgspec.structs.replace(call, prompt=prompt, nodes=nodes)

    def _names(self, told: Told) -> tuple[str | None, str | None]:
        """Give message id and gateway id; an id that `msg_` does not begin is the gateway's."""
        named = [told.answered.message_id, self._cells.text(told.row, "ids.message")]
        message = next((name for name in named if name and name.startswith("msg_")), None)
        other = next((name for name in named if name and not name.startswith("msg_")), None)
        return message, self._cells.text(told.row, "ids.gateway") or other

    def _version(self, row: Row) -> int | None:
        raw = self._cells.raw(row, "repeats.version")
        if raw is None:
            return None
        unit, where = self._cells.unit("repeats.version"), self._cells.where("repeats.version")
        moment = moment_of(raw, unit, where)
        return moment.us if moment else None

    def _key(self, row: Row) -> str | None:
        """Give the key's name; a secret that was logged in its place is kept as a hash alone."""
        name = self._cells.text(row, "who.key")
        if name and name.startswith("sk-"):
            return f"key-{self._hasher.digest(b'api key', name.encode()).hex()[:12]}"
        return name

    def _tags(self, row: Row) -> Iterator[tuple[str, str]]:
        for path in self._each:
            for key, raw in row.entries(path):
                value = text_of(raw)
                if value is not None:
                    # a list of labels has places for keys
                    yield (value, "true") if key.isdigit() else (key, value)
        for tag in self._named:
            value = self._cells.text(row, f"tags.named.{tag}")
            if value is not None:
                yield tag, value

    def _lenient(
        self, read: Callable[[Row, str], Value | None], row: Row, key: str
    ) -> Value | None:
        """Read a cell that bills nothing: one at fault is flagged, and the call kept."""
        try:
            return read(row, key)
        except LineError:
            self._unread = True
            return None

    def _share(self, row: Row, key: str) -> float | None:
        return share_of(self._cells.raw(row, key), self._cells.where(key))

    def _cost(self, row: Row, key: str) -> str | None:
        raw = self._cells.raw(row, key)
        if raw is None or (self._cells.text(row, "cost.currency") or "USD").upper() != "USD":
            return None
        return dollars_of(raw, self._cells.unit(key), self._cells.where(key))


def _with_times(call: Call, times: Times) -> Call:
    return msgspec.structs.replace(
        call,
        start_us=times.start_us,
        first_us=times.first_us,
        end_us=times.end_us,
        time_precision=times.precision,
        time_meaning=times.meaning,
    )
