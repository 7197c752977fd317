"""Which request body an answer belongs to: events of one session in their order, or proof.

A request's event names no request id. The answer belongs to the one request of its session and
subsystem that is open when it comes; where several different ones are open (parallel subagents), a
later request proves it: that names the answer's request id and begins with the prompt that was
answered. What stays open to doubt is left unpaired.
"""

from collections import defaultdict
from typing import Literal, NamedTuple

from connectors.claude_code_otel.bodies import Reader, Request


class BodyEvent(NamedTuple):
    """A body's event, or the error that ended a request."""

    kind: Literal["request", "response", "error"]
    session: str
    source: str
    """The client's subsystem that asked (`query_source`)."""
    sequence: int
    order: int
    request_id: str | None = None
    request: Request | None = None


def paired(events: list[BodyEvent], reader: Reader) -> dict[int, list[BodyEvent]]:
    """Give, by the order of each response, its request: the last of the list; earlier tries first.

    Requests that got no answer are in no list.
    """
    after = defaultdict(list)
    for event in events:
        if event.request and event.request.after and event.request.prompt.leaf:
            after[event.request.after].append(event.request.prompt.leaf)
    lanes: dict[tuple[str, str], list[BodyEvent]] = defaultdict(list)
    for event in sorted(events, key=lambda e: (e.session, e.sequence, e.order)):
        lanes[event.session, event.source].append(event)
    found: dict[int, list[BodyEvent]] = {}
    for lane in lanes.values():
        found.update(_paired_in(lane, after, reader))
    return found


def _paired_in(
    lane: list[BodyEvent], after: dict[str, list[bytes]], reader: Reader
) -> dict[int, list[BodyEvent]]:
    found: dict[int, list[BodyEvent]] = {}
    waiting: list[BodyEvent] = []
    for event in lane:
        if event.kind == "request":
            # one that carries a conversation on shows that what it carries on was over
            over = [old for old in waiting if reader.is_above(_leaf(old), _leaf(event))]
            waiting = [old for old in waiting if old not in over] + [event]
            continue
        tries = _alike(waiting)
        if event.kind == "response":
            tries = tries or _proven(waiting, after.get(event.request_id or "", []), reader)
            if tries:
                found[event.order] = tries
        waiting = [request for request in waiting if request not in tries]
    return found


def _alike(waiting: list[BodyEvent]) -> list[BodyEvent]:
    """Give all open requests when they are tries of one and the same prompt; else none."""
    leaves = {event.request.prompt.leaf for event in waiting if event.request}
    return list(waiting) if len(leaves) == 1 else []


def _proven(waiting: list[BodyEvent], followers: list[bytes], reader: Reader) -> list[BodyEvent]:
    """Give the open requests that a later one, sent after this very answer, begins with.

    Of several the longest: what came before it had been answered already.
    """
    proven = [
        event
        for event in waiting
        if any(reader.is_above(_leaf(event), follower) for follower in followers)
    ]
    longest = max((reader.position(_leaf(event)) for event in proven), default=0)
    return _alike([event for event in proven if reader.position(_leaf(event)) == longest])


def _leaf(event: BodyEvent) -> bytes:
    return (event.request.prompt.leaf if event.request else None) or b""
