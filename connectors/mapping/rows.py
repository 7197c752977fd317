"""One row of a table becomes one outcome, by a mapping."""

import msgspec

from analyzer.prompts import Hasher
from analyzer.trace import (
    OTHER_MODEL,
    OTHER_MODEL_PREDICTED,
    OWN_HARDWARE,
    Aside,
    Attempt,
    Outcome,
    Tokens,
)
from connectors.answers import error_code
from connectors.endpoints import on_own_hardware
from connectors.faults import LineError
from connectors.mapping.bodies import answered_in, asked_in
from connectors.mapping.calls import CallBuilder, Told
from connectors.mapping.cells import Cells
from connectors.mapping.models import is_claude, model_name
from connectors.mapping.paths import Path, Row
from connectors.mapping.rules import CompiledRule
from connectors.mapping.schema import MappingFile
from connectors.mapping.times import times_in
from connectors.mapping.usage import Counted, Counts, counted
from connectors.mapping.values import status_of

FAILED_YET_COUNTED = "the status is an error and tokens were counted"
BODY_DIFFERS = "the response body and the columns count differently"
SEVERAL = "several values stand where one call has one; the first is counted"
ESTIMATED = "counts of the gateway's own tokenizer"

_FIRST_ERROR = 400
_COUNTS = tuple(f"usage.{name}" for name in Counts._fields)
_Sorted = Counted | Aside | Attempt


class RowReader:
    """Reads the rows of one file by one mapping."""

    def __init__(self, mapping: MappingFile, hasher: Hasher) -> None:
        self.cells = Cells(mapping)
        self._mapping = mapping
        self._calls = CallBuilder(mapping, self.cells, hasher)
        self._rules = [CompiledRule(rule) for rule in mapping.rule]
        self._estimated = tuple(map(Path, mapping.usage.estimated))

    def outcome(self, number: int, raw: bytes, row: Row) -> Outcome:
        """Give the outcome of a row.

        Raises:
            LineError: the row should tell of a call and cannot be read.
        """
        told, rest = self._sorted(number, row)
        if isinstance(rest, Aside | Attempt):
            return rest
        assert told is not None  # noqa: S101 - what is counted was told
        return self._calls.call(number, raw, told, rest)

    def tokens(self, row: Row) -> Tokens | None:
        """Give what a row was billed for, without making the call; None when it tells of none.

        Raises:
            LineError: as `outcome`.
        """
        _, rest = self._sorted(0, row)
        return rest.billed.tokens if isinstance(rest, Counted) else None

    def _sorted(self, number: int, row: Row) -> tuple[Told | None, _Sorted]:
        """Give what a row says, and its counts, or the outcome of one that holds no call."""
        rule = next((rule for rule in self._rules if rule.fits(row)), None)
        if rule is not None and rule.aside:
            return None, Aside(number, rule.aside)
        told = self._told(row)
        if told.model is not None and not is_claude(told.model, told.provider):
            return told, Aside(number, self._of_others(told))
        found = self._counted(told)
        error = self._error(told) or (rule.attempt if rule else None)
        if found is None and error:
            return told, self._attempt(number, told, error)
        if found is None:
            raise LineError("no usage", f"{self._usage_place()}: nothing is counted in this row")
        return told, _flagged(found, FAILED_YET_COUNTED) if error else found

    def _of_others(self, told: Told) -> str:
        """Say what a row of another model is; own servers and rejected predictions are named."""
        if on_own_hardware(told.provider):
            return OWN_HARDWARE
        body = told.answered.counted
        column = self.cells.count(told.row, "usage.rejected_prediction")
        rejected = column or (body.billed.rejected_prediction if body else None)
        return OTHER_MODEL_PREDICTED if rejected else OTHER_MODEL

    def _told(self, row: Row) -> Told:
        cells = self.cells
        asked = asked_in(cells.raw(row, "body.request"))
        answered = answered_in(cells.raw(row, "body.response"))
        provider = cells.text(row, "call.provider")
        requested = cells.text(row, "call.model_requested") or asked.model
        served = [name for name in (answered.model, cells.text(row, "call.model")) if name]
        names = [self._model(name) for name in (*(served or (requested,)),) if name]
        ours = next((name for name in names if is_claude(name, provider)), None)
        return Told(
            row,
            asked,
            answered,
            times_in(row, cells),
            provider,
            ours or next(iter(names), None),
            self._model(requested) if requested else None,
        )

    def _model(self, written: str) -> str:
        return self._mapping.models.get(written) or model_name(written)

    def _counted(self, told: Told) -> Counted | None:
        """Give the counts of the body, or else of the columns; None when neither counts any."""
        columns = Counts(*(self.cells.count(told.row, key) for key in _COUNTS))
        usage = self._mapping.usage
        own = None
        if columns.any:
            own = counted(columns, usage.basis, summed=usage.total_is == "summed")
        body = told.answered.counted
        if body is None or not _holds_tokens(body):
            return self._marked(told.row, own) if own else None
        if body.billed.web_searches is None:
            billed = msgspec.structs.replace(body.billed, web_searches=columns.web_searches)
            body = body._replace(billed=billed)
        differs = own is not None and _outputs_differ(own, body)
        return _flagged(body, BODY_DIFFERS) if differs else body

    def _marked(self, row: Row, own: Counted) -> Counted:
        if self.cells.several(row, "usage.output"):
            own = _flagged(own, SEVERAL)
        cell = self.cells.get("usage.input")
        if self._estimated and cell is not None:
            taken = row.find(cell.paths)
            if taken is not None and taken is row.find(self._estimated):
                own = _flagged(own, ESTIMATED)._replace(basis="estimated")
        return own

    def _usage_place(self) -> str:
        keys = ("usage.input", "usage.prompt_total", "body.response")
        return " or ".join(self.cells.where(key) for key in keys if self.cells.get(key))

    def _error(self, told: Told) -> str | None:
        """Say why nothing was billed, where the row says that something went wrong."""
        place = self.cells.where("call.status")
        status = status_of(self.cells.raw(told.row, "call.status"), place)
        if told.answered.error:
            return told.answered.error
        named = self.cells.code(told.row, "call.error")
        if status is not None and status >= _FIRST_ERROR:
            return error_code(named or "", f"http_{status}")
        return error_code(named, "error") if named else None

    def _attempt(self, number: int, told: Told, error: str) -> Attempt:
        place = self.cells.where("call.status")
        return Attempt(
            line=number,
            status=status_of(self.cells.raw(told.row, "call.status"), place),
            error=error,
            start_us=told.times.start_us,
            end_us=told.times.end_us,
            request_id=self.cells.text(told.row, "ids.request"),
            model=told.model,
            attempt=self.cells.count(told.row, "call.attempt") or 0,
        )


def _flagged(found: Counted, flag: str) -> Counted:
    billed = msgspec.structs.replace(found.billed, flags=(*found.billed.flags, flag))
    return found._replace(billed=billed)


def _holds_tokens(found: Counted) -> bool:
    tokens = found.billed.tokens
    return bool(tokens.uncached or tokens.output or tokens.read)


def _outputs_differ(own: Counted, body: Counted) -> bool:
    mine, theirs = own.billed.tokens.output, body.billed.tokens.output
    return mine is not None and theirs is not None and mine != theirs
