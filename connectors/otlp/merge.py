"""Several spans of one call become one call: framework, instrumentation and SDK each tell of it.

Spans with one response id are one call, in whichever trace they stand. A span without an id joins
the call inside it in its trace when their counts are equal; one that holds the sum of the calls
inside it tells of none. Calls with different response ids stay apart: retries and parallel answers
were all billed. Only the last `WINDOW` to twice as many sightings are held, so a file of any size
fits; copies further apart still meet in the store by their ids.
"""

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import msgspec

from analyzer.trace import Aside, Call, Node, Outcome, Rejected
from connectors.otlp.groups import Group, Sighting, detail, groups_of
from connectors.otlp.usage import prompt_total

WINDOW = 20_000
_PARENTS_HELD = 8 * WINDOW
COPIES_DIFFER = "spans of one call differ in counts"
WRAPS_OTHERS = "counts differ from those of the calls inside it"
_NO_COUNTS = "a model call without token counts; let the instrumentation record usage"
_FILLED = (
    "message_id", "request_id", "gateway_id", "platform", "model_requested", "first_us",
    "stream", "max_tokens", "effort", "tool_choice", "tier", "speed", "geo", "stop_reason", "org",
    "workspace", "user", "session", "agent", "app", "workload", "sampling", "cost_logged_usd",
    "cache_miss_reason", "cache_missed_tokens",
)  # fmt: skip
"""What a copy may add; counts are taken whole from one sighting."""


class Gathering:
    """Model calls of one file while its spans come in."""

    def __init__(self) -> None:
        self._order = 0
        self._parents: dict[str, str] = {}
        self._pending: list[Sighting] = []
        self._nodes: list[Node] = []

    def passed(self, span: str, above: str) -> None:
        """Note a span: ways up a trace lead through it."""
        self._order += 1
        if span:
            self._parents[span] = above

    def add(self, sighting: Sighting) -> Iterator[Outcome]:
        """Take a sighting; give what is settled by now."""
        self.passed(sighting.span, sighting.above)
        sighting.order = self._order
        if sighting.call is not None:
            self._nodes.extend(sighting.call.nodes)
        self._pending.append(sighting)
        if len(self._pending) >= 2 * WINDOW:
            yield from self._settle(self._order - WINDOW)
            for span in list(self._parents)[:-_PARENTS_HELD]:
                del self._parents[span]

    def rest(self) -> Iterator[Outcome]:
        """Give all that is left; the end of the file."""
        yield from self._settle(self._order + 1)

    def _settle(self, before: int) -> Iterator[Outcome]:
        groups = sorted(groups_of(self._pending, self._parents), key=attrgetter("last"))
        later = [member for g in groups if g.last >= before for member in g.members]
        self._pending = sorted(later, key=attrgetter("order"))
        for group in groups:
            if group.last < before:
                yield from self._told(group)

    def _told(self, group: Group) -> Iterator[Outcome]:
        if group.role == "sum":
            yield from (
                Aside(member.line, "sum of the calls inside it") for member in group.members
            )
        elif group.best:
            # nodes of every sighting so far: later prompts may stand on those of a copy
            nodes, self._nodes = tuple(self._nodes), []
            yield msgspec.structs.replace(_merged(group), nodes=nodes)
        elif failure := group.attempt:
            yield failure
            for member in group.members:
                if member.attempt is not failure:
                    yield Aside(member.line, "copy of a failed call")
        else:
            yield from (Rejected(m.line, "no usage", _NO_COUNTS) for m in group.members)


def filled(calls: list[Call]) -> dict[str, Any]:
    """Give what copies of one call may fill in: of each field the first that says something."""
    return {
        name: next((v for v in (getattr(c, name) for c in calls) if v is not None), None)
        for name in _FILLED
    }


def _merged(group: Group) -> Call:
    """Give the most detailed sighting, filled up by the others, most detailed first."""
    ranked = sorted((m for m in group.members if m.call), key=detail, reverse=True)
    calls = [member.call for member in ranked if member.call]
    best = calls[0]
    if len(group.members) == 1 and group.role == "call":
        return best
    searches = [call.web_searches for call in calls if call.web_searches is not None]
    differ = any(_differ(best, member) for member in ranked[1:])
    flags = (COPIES_DIFFER,) * differ + (WRAPS_OTHERS,) * (group.role == "around")
    return msgspec.structs.replace(
        best,
        **filled(calls),
        lines=len(group.members),
        attempt=max(call.attempt for call in calls),
        web_searches=max(searches, default=None),
        flags=best.flags + flags,
        tags={key: value for call in reversed(calls) for key, value in call.tags.items()},
        prompt=next((c.prompt for c in calls if c.prompt.visibility != "none"), best.prompt),
    )


def _differ(best: Call, member: Sighting) -> bool:
    """Tell whether a copy counts something else, beyond what is known of its emitter.

    OpenLLMetry adds the placeholder of a stream's first event to the output (0.62.4, its
    `_process_response_item`), so its output may be a little larger.
    """
    other = member.call
    if other is None or not (best.usage_final and other.usage_final):
        return False
    mine, its = best.tokens, other.tokens
    if prompt_total(its) not in (prompt_total(mine), mine.uncached):
        return True
    more = member.scope.startswith("opentelemetry.instrumentation")
    return its.output != mine.output and not (more and (its.output or 0) > (mine.output or 0))
