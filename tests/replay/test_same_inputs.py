"""Same inputs, same bytes, whatever the hash key and the order of files."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.policy import BatchRule, OutputRule, Policy
from analyzer.prices import Book
from analyzer.prompts import Hasher
from analyzer.results import Savings
from analyzer.savings import Question, analyse
from analyzer.trace import Breakpoint, Call, Node, Tokens
from reports.savings import as_json
from tests.replay.log_builder import Block, Log, events_of, store_of, study_of

few = settings(deadline=None, max_examples=4, suppress_health_check=[HealthCheck.too_slow])


def analysed(book: Book, policy: Policy | None, *files: list[Call]) -> Savings:
    with store_of(*files) as store:
        return analyse(store, book, Question(policy=policy))


@pytest.mark.full
@few
@given(data=st.data())
def test_neither_the_hash_key_nor_the_order_of_files_changes_a_byte(
    data: st.DataObject,
    logs: st.SearchStrategy[list[Call]],
    policies: st.SearchStrategy[Policy],
    book: Book,
) -> None:
    calls = data.draw(logs)
    policy = data.draw(st.one_of(st.none(), policies))
    one, other = calls[::2], calls[1::2]
    expected = as_json(analysed(book, policy, one, other))
    assert as_json(analysed(book, policy, other[::-1], one[::-1])) == expected
    secret = Hasher(data.draw(st.binary(min_size=1, max_size=8)))
    rekeyed = [[under(secret, call) for call in part] for part in (one, other)]
    assert as_json(analysed(book, policy, *rekeyed)) == expected


def under(secret: Hasher, call: Call) -> Call:
    """The call as a store with another key would hold it: every hash is another one."""

    def moved(node: bytes | None) -> bytes | None:
        return None if node is None else secret.digest(node)

    marks = [Breakpoint(secret.digest(m.node), m.ttl_s) for m in call.prompt.breakpoints]
    prompt = msgspec.structs.replace(
        call.prompt,
        leaf=moved(call.prompt.leaf),
        system_end=moved(call.prompt.system_end),
        breakpoints=tuple(marks),
        system_params=secret.digest(call.prompt.system_params),
        message_params=secret.digest(call.prompt.message_params),
    )
    nodes = [
        Node(secret.digest(n.node), moved(n.parent), n.position, n.section, n.chars, n.produced_by)
        for n in call.nodes
    ]
    return msgspec.structs.replace(call, prompt=prompt, nodes=tuple(nodes))


def test_a_stores_own_key_is_in_no_byte(monkeypatch: pytest.MonkeyPatch, book: Book) -> None:
    pages = []
    for key in ("first key", "second key"):
        monkeypatch.setenv("REBILL_KEY", key)
        with store_of() as store:
            log = Log(hasher=store.hasher())
        for at_s, ask in ((0, "a"), (60, "b"), (400, "c")):
            log.call(at_s, [Block("rules", 5_000, "system", ttl="5m"), Block(ask, 100)])
            log.call(at_s + 1, [Block("manners", 5_000, "system"), Block(ask, 100)])
        pages.append(as_json(analysed(book, None, log.calls)))
    assert pages[0] == pages[1]


@few
@given(data=st.data())
def test_a_call_told_again_by_another_file_changes_the_ledger_only(
    data: st.DataObject, logs: st.SearchStrategy[list[Call]], book: Book
) -> None:
    calls = data.draw(logs)
    again = data.draw(st.lists(st.sampled_from(calls), min_size=1, unique_by=lambda c: c.line))
    once, twice = analysed(book, None, calls), analysed(book, None, calls, again)
    assert twice.ledger.repeats == once.ledger.repeats + len(again)
    assert twice.ledger.kept == once.ledger.kept
    assert replace(twice, ledger=once.ledger, manifest=once.manifest) == once


def twins() -> tuple[list[Call], list[Call]]:
    """Two conversations, equal to the letter; one answer took 90 hidden tokens of thought more."""
    question, reply = Block("q", 1_000), "a"
    log = Log()
    for offset_s, output in ((0, 10), (60, 100)):
        first = log.call(offset_s, [question], Tokens(uncached=1_000, output=output))
        answer = Block(reply, 10, by=first.message_id)
        log.call(offset_s + 30, [question, answer, Block(f"r{offset_s}", 500)])
    return log.calls[:2], log.calls[2:]


def test_an_answer_given_twice_belongs_to_the_same_call_in_any_order() -> None:
    first, second = twins()
    wait = BatchRule(workload="*", evidence="deadline", basis="test")
    shorter = OutputRule(workload="*", cap_tokens=50, evidence="assumed", basis="test")
    policy = Policy(output=(shorter,), batch=(wait,))
    one, other = [study_of([*a, *b], policy).scene for a, b in ((first, second), (second, first))]
    assert events_of(one, policy) == events_of(other, policy)
