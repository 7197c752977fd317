"""Usage without content: sessions as chains of billed totals, worked by hand (Haiku 4.5)."""

from typing import Any

import pytest

from analyzer.policy import CachingRule, Policy
from analyzer.trace import Call, Tokens
from analyzer.traffic import Traffic
from tests.replay.log_builder import Log, events_of, study_of

SESSION = {"session": "s", "app": "agent", "time_meaning": "line"}
MINUTE = 60


def told(log: Log, at_s: int | None, read: int, written: int, tail: int = 3, **fields: Any) -> None:
    tokens = Tokens(uncached=tail, read=read, write_5m=written, write_1h=0, output=100)
    log.call(at_s, [], tokens, **{**SESSION, **fields})


def traffic_of(calls: list[Call]) -> Traffic:
    return study_of(calls).scene.traffic


def observed(calls: list[Call]) -> list[tuple[int | None, ...]]:
    events = events_of(study_of(calls).scene, Policy.observed())
    return [(event.read, event.write_5m, event.uncached) for event in events]


@pytest.fixture
def chain() -> Log:
    """20,000 tokens were there before; each call reads what the one before it had cached."""
    log = Log()
    told(log, 0, 20_000, 5_000)
    told(log, MINUTE, 25_000, 2_000)
    told(log, 2 * MINUTE, 27_000, 1_000)
    return log


def test_a_chain_comes_back_as_it_was_billed(chain: Log) -> None:
    assert observed(chain.calls) == [(20_000, 5_000, 3), (25_000, 2_000, 3), (27_000, 1_000, 3)]


def test_each_call_is_one_node_as_long_as_its_cached_prompt(chain: Log) -> None:
    traffic = traffic_of(chain.calls)
    leaf = traffic.calls["leaf"].to_numpy()
    assert traffic.trie.tokens[0, leaf].tolist() == [25_000, 27_000, 28_000]
    assert traffic.calls["visibility"].unique().to_list() == ["billed_chain"]
    assert traffic.hidden_roots == 1  # the 20,000 that the first call read


def test_after_its_life_a_chain_is_written_again(chain: Log) -> None:
    told(chain, 30 * MINUTE, 0, 29_000)
    assert observed(chain.calls)[-1] == (0, 29_000, 3)


def test_a_prompt_that_took_back_its_last_turn_hangs_below_an_earlier_call(chain: Log) -> None:
    told(chain, 3 * MINUTE, 25_000, 2_500)  # 27,500: longer than the second call, not the third
    assert observed(chain.calls)[-1] == (27_000, 500, 3)


@pytest.mark.parametrize("sign", [{"compaction": True}, {"resume": True}, {}])
def test_a_chain_that_starts_anew_reads_what_sessions_share(
    chain: Log, sign: dict[str, bool]
) -> None:
    told(chain, 3 * MINUTE, 20_000, 4_000 if not sign else 9_000, **sign)
    assert observed(chain.calls)[-1][0] == 20_000


def test_calls_of_no_conversation_stay_as_billed() -> None:
    log = Log()
    for number in range(6):  # every other call is shorter: two prompts in turns
        told(log, number * MINUTE, 0, 9_000 - 4_000 * (number % 2))
    assert traffic_of(log.calls).calls["visibility"].unique().to_list() == ["none"]


@pytest.mark.parametrize("fields", [{"session": None}, {"tier": "batch"}, {"at_s": None}])
def test_only_live_calls_of_a_session_become_chains(chain: Log, fields: dict[str, Any]) -> None:
    told(chain, **{"at_s": 4 * MINUTE, "read": 28_000, "written": 500, **fields})
    kinds = traffic_of(chain.calls).calls["visibility"].to_list()
    assert kinds == ["billed_chain"] * 3 + ["none"]


def test_a_longer_life_is_replayed_on_a_chain(chain: Log) -> None:
    told(chain, 30 * MINUTE, 0, 29_000)
    rule = CachingRule(workload="*", ttl="1h", placement="observed", basis="planted")
    events = events_of(study_of(chain.calls).scene, Policy(caching=(rule,)))
    # an hour's life carries the 28,000 over the half hour
    assert (events[-1].read, events[-1].write_1h) == (28_000, 1_000)
