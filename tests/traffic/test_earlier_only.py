"""The back-test map: a call's split is told by earlier calls, its own total and uncached tail."""

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.prices import Book
from analyzer.store import Store
from analyzer.trace import Call, Tokens
from analyzer.traffic import as_sent, load
from tests.replay import random_logs
from tests.replay.log_builder import Block, Log, store_of

Split = tuple[int, int, int, int]
"""Tokens (read, write_5m, write_1h, uncached)."""
RULES, Q = Block("rules", 5_000, "system", ttl="5m"), Block("q", 1_000, ttl="5m")
BOOK = Book.load()


def splits(calls: Iterable[Call], *, blind: bool = True) -> dict[str, Split]:
    with store_of(calls) as store:
        return splits_of(store, blind=blind)


def splits_of(store: Store, *, blind: bool = True) -> dict[str, Split]:
    """The split that the replay gives each call, by message id."""
    traffic = load(store, BOOK, blind=blind)
    events = as_sent(traffic).filter("cacheable").select("request", *BUCKETS)
    named = traffic.calls.select("request", "message_id").join(events, on="request")
    return {row[1]: row[2:] for row in named.sort("request").iter_rows()}


BUCKETS = ("read", "write_5m", "write_1h", "uncached")


def test_an_estimate_holds_until_a_read_has_told_more() -> None:
    log = Log()
    # by characters the rules hold 5,000 of 6,000; the bill says 5,100
    log.call(0, [RULES, Q], Tokens(uncached=0, write_5m=6_000))
    other = Block("other", 1_000, ttl="5m")
    log.call(20, [RULES, other], Tokens(uncached=0, read=5_100, write_5m=900))
    log.call(40, [RULES, Block("third", 1_000, ttl="5m")], Tokens(read=5_100, write_5m=900))
    told = splits(log.calls)
    assert told["m1"] == (0, 6_000, 0, 0)
    assert told["m2"] == (5_000, 1_000, 0, 0)
    assert told["m3"] == (5_100, 900, 0, 0)
    # the map of a plain replay is fitted over the whole log, so the second call is exact there
    assert splits(log.calls, blind=False)["m2"] == (5_100, 900, 0, 0)


def test_the_uncached_tail_of_a_call_tells_its_own_last_mark() -> None:
    log = Log()
    plain = Block("rules", 5_000, "system")
    log.call(0, [plain, Block("q", 1_000)], Tokens(uncached=6_000))
    log.call(20, [RULES, Block("other", 1_000)], Tokens(uncached=900, write_5m=5_100))
    assert splits(log.calls)["m2"] == (0, 5_100, 0, 900)


def test_a_read_without_a_visible_writer_is_no_seed_of_its_own_call() -> None:
    log = Log()
    log.call(0, [RULES, Block("q", 1_000)], Tokens(uncached=1_000, read=5_000))
    assert splits(log.calls, blind=False)["m1"] == (5_000, 0, 0, 1_000)
    assert splits(log.calls)["m1"] == (0, 5_000, 0, 1_000)


def whole(calls: list[Call]) -> list[Call]:
    """Calls whose prompt is whole and placed in time, each named, oldest first."""
    kept = [c for c in calls if c.prompt.visibility != "messages_only" and c.start_us is not None]
    kept.sort(key=lambda call: (call.start_us, call.line))
    return [msgspec.structs.replace(c, message_id=f"m{n:03}") for n, c in enumerate(kept)]


def near_the_estimate(*reads: int) -> list[Call]:
    """Calls that share rules of some 5,000 tokens, whose billed reads tell the estimate apart."""
    log = Log()
    for number, read in enumerate(reads):
        prompt = [RULES, Block(f"q{number}", 1_000, ttl="5m")]
        log.call(20 * number, prompt, Tokens(uncached=0, read=read, write_5m=6_100 - read))
    return log.calls


READS = (0, 5_000, 5_100)


@pytest.mark.parametrize("earlier", [(), (0,), (0, 0), (0, 5_100), (5_000, 0)])
def test_reads_near_the_estimate_change_only_what_follows(earlier: tuple[int, ...]) -> None:
    told = [splits(near_the_estimate(*earlier, own, 5_000)) for own in READS]
    known = [f"m{number + 1}" for number in range(len(earlier) + 1)]
    alone = splits(near_the_estimate(*earlier, 0))
    assert all({name: one[name] for name in known} == alone for one in told)


@settings(max_examples=settings().max_examples // 4, deadline=None)
@given(calls=random_logs.logs().map(whole), data=st.data())
def test_no_split_depends_on_its_own_reads_and_writes(
    calls: list[Call], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(calls) - 1))
    told = calls[place]
    if told.iterations or told.tier == "batch":
        return
    tokens = told.tokens
    cached = (tokens.read or 0) + (tokens.write_5m or 0) + (tokens.write_1h or 0)
    cached += tokens.write_unsplit or 0
    share = data.draw(st.integers(0, cached))
    other = Tokens(
        uncached=tokens.uncached, read=share, write_5m=cached - share, write_1h=0,
        output=tokens.output,
    )  # fmt: skip
    changed = [*calls[:place], msgspec.structs.replace(told, tokens=other), *calls[place + 1 :]]
    before, after = splits(calls), splits(changed)
    for call in calls[: place + 1]:
        assert before.get(call.message_id or "") == after.get(call.message_id or "")


@settings(max_examples=settings().max_examples // 4, deadline=None)
@given(calls=random_logs.logs().map(whole), data=st.data())
def test_no_split_depends_on_a_later_call(calls: list[Call], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(calls)))
    early, late = splits(calls[:cut]), splits(calls)
    assert {name: late[name] for name in early} == early


def test_a_map_of_the_whole_log_is_told_from_the_back_test_map() -> None:
    # the laws above can fail: a map that knows the second call's read changes the second call
    log = Log()
    log.call(0, [RULES, Q], Tokens(uncached=0, write_5m=6_000))
    log.call(20, [RULES, Block("other", 1_000, ttl="5m")], Tokens(read=5_100, write_5m=900))
    unread = msgspec.structs.replace(log.calls[1], tokens=Tokens(read=0, write_5m=6_000))
    told, changed = (
        splits([log.calls[0], second], blind=False)["m2"] for second in (log.calls[1], unread)
    )
    assert told != changed
