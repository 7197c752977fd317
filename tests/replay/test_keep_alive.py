"""Pings, pre-warms and mixed lives, worked by hand on Sonnet 5: $2 plain, $0.2 read, $2.5 written
for 5 minutes, $4 for an hour. A ping goes out 10 s before a life ends: every 290 s of idle time."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.policy import CachingRule, Policy
from analyzer.replay import Scene, simulate
from analyzer.simulators import keep_alive
from analyzer.trace import Call
from tests.replay.log_builder import Block, Event, Log, cost_of, events_of, study_of

MICRO_USD = 10**6
RULES = Block("rules", 2_000, "system")
Row = tuple[str, int, int, int, int]


def marks(**told: Any) -> Policy:
    settled = {"workload": "*", "ttl": "5m", "placement": "conversation", "basis": "test"}
    return Policy(caching=(CachingRule(**(settled | told)),))


def scene_of(*prompts: tuple[int, list[Block]], **fields: Any) -> Scene:
    log = Log()
    for at_s, prompt in prompts:
        log.call(at_s, prompt, **({"model": "claude-sonnet-5"} | fields))
    return study_of(log.calls).scene


def rows(scene: Scene, policy: Policy) -> list[Row]:
    """Reason, plain, read, written for 5 minutes, written for an hour."""
    return [told(event) for event in events_of(scene, policy)]


def told(event: Event) -> Row:
    return event.reason, event.uncached, event.read, event.write_5m, event.write_1h


@pytest.fixture
def pause() -> Scene:
    """A conversation that is idle for ten minutes."""
    first = [RULES, Block("q1", 500)]
    return scene_of((0, first), (600, [*first, Block("q2", 100)]))


def test_pings_bridge_a_pause_and_are_paid_after_the_last_call_too(pause: Scene) -> None:
    policy = marks(keep_alive_pings=2)
    assert rows(pause, policy) == [
        ("original", 0, 0, 2_500, 0),
        ("keep-alive", 0, 2_500, 0, 0),  # at 290 s
        ("keep-alive", 0, 2_500, 0, 0),  # at 580 s
        ("original", 0, 2_500, 100, 0),  # 20 s after the second ping
        ("keep-alive", 0, 2_600, 0, 0),  # nobody comes back: both are paid all the same
        ("keep-alive", 0, 2_600, 0, 0),
    ]
    # 2,600 x $2.5 written, 12,700 x $0.2 read; without pings 5,100 x $2.5 written
    assert cost_of(pause, policy) == (6_500 + 2_540) * MICRO_USD
    assert cost_of(pause, marks()) == 12_750 * MICRO_USD


def test_too_few_pings_are_paid_and_save_nothing(pause: Scene) -> None:
    assert rows(pause, marks(keep_alive_pings=1)) == [
        ("original", 0, 0, 2_500, 0),
        ("keep-alive", 0, 2_500, 0, 0),
        ("original", 0, 0, 2_600, 0),
        ("keep-alive", 0, 2_600, 0, 0),
    ]


def test_no_ping_is_sent_while_the_conversation_goes_on() -> None:
    first = [RULES, Block("q1", 500)]
    scene = scene_of((0, first), (290, [*first, Block("q2", 100)]), (300, [RULES]))
    sent = [
        event for event in events_of(scene, marks(keep_alive_pings=1)) if event.reason != "original"
    ]
    # the call at 290 s comes when the first call's ping was due; the last two calls have one each
    assert [(event.request, event.read) for event in sent] == [(1, 2_600), (2, 2_000)]


def test_another_conversation_does_not_stop_the_pings() -> None:
    scene = scene_of((0, [RULES, Block("q1", 500)]), (200, [RULES, Block("other", 500)]))
    sent = [
        event for event in events_of(scene, marks(keep_alive_pings=1)) if event.reason != "original"
    ]
    assert [event.request for event in sent] == [0, 1]


def test_a_ping_serves_the_calls_own_life() -> None:
    first = [RULES, Block("q1", 500)]
    scene = scene_of((0, first), (7_000, [*first, Block("q2", 100)]))
    assert rows(scene, marks(ttl="1h", keep_alive_pings=1)) == [
        ("original", 0, 0, 0, 2_500),
        ("keep-alive", 0, 2_500, 0, 0),  # at 3,590 s; the next would be due at 7,180 s
        ("original", 0, 2_500, 0, 100),
        ("keep-alive", 0, 2_600, 0, 0),
    ]


@pytest.mark.parametrize(
    "fields", [{"charged": False}, {"model": "claude-haiku-4-5"}, {"tier": "flex"}]
)
def test_what_is_not_cached_or_not_priced_is_not_pinged_for(fields: dict[str, Any]) -> None:
    log = Log()
    log.call(0, [Block("plain", 1_000)])
    log.call(1, [RULES, Block("q", 500)], **({"model": "claude-sonnet-5"} | fields))
    # 2,500 tokens are below Haiku 4.5's minimum of 4,096
    policy = marks(keep_alive_pings=3, prewarm=True, placement="both")
    assert [event.reason for event in events_of(study_of(log.calls).scene, policy)] == [
        "original"
    ] * 2


@pytest.mark.parametrize(("pings", "pays"), [(11, True), (12, False)])
def test_eleven_pings_cost_less_than_a_write_at_a_tenth_of_the_price(
    pings: int, *, pays: bool
) -> None:
    # A gap that takes n pings costs n x 0.1 + 0.1 with them and 1.25 without: n < 11.5.
    # After the last call the same number is paid again, so it is asked once more in between.
    asked = [RULES, Block("q1", 500)]
    gap_s = 290 * pings + 100
    scene = scene_of((0, asked), (gap_s, asked))
    bridged = cost_of(scene, marks(keep_alive_pings=pings))
    after_the_last = pings * 2_500 * 200_000
    assert (bridged - after_the_last < cost_of(scene, marks())) is pays


def test_a_prewarm_lets_calls_that_come_together_read_one_entry() -> None:
    together = [(at_s, [RULES, Block(f"q{at_s}", 100)]) for at_s in (0, 1, 2)]
    scene = scene_of(*together)
    # an answer takes 10 s: without a pre-warm each of the three writes the system prompt
    assert rows(scene, marks(placement="system")) == [("original", 100, 0, 2_000, 0)] * 3
    assert rows(scene, marks(placement="system", prewarm=True)) == [
        ("pre-warm", 0, 0, 2_000, 0),
        *[("original", 100, 2_000, 0, 0)] * 3,
    ]


def test_a_prewarm_is_sent_only_where_the_prefix_is_expired() -> None:
    asked = [(at_s, [RULES, Block(f"q{at_s}", 100)]) for at_s in (0, 299, 599)]
    found = events_of(scene_of(*asked), marks(placement="system", prewarm=True))
    assert [event.request for event in found if event.reason == "pre-warm"] == [0, 2]


def test_a_prewarm_needs_a_mark_on_the_system_prompt() -> None:
    scene = scene_of((0, [RULES, Block("q", 100)]))
    assert len(events_of(scene, marks(placement="conversation", prewarm=True))) == 1


def test_mixed_lives_are_an_hour_on_the_system_prompt_and_5_minutes_behind() -> None:
    first = [RULES, Block("q1", 500)]
    scene = scene_of((0, first), (600, [*first, Block("q2", 100)]), (660, [RULES, Block("x", 90)]))
    assert rows(scene, marks(ttl="mixed", placement="both")) == [
        ("original", 0, 0, 500, 2_000),
        ("original", 0, 2_000, 600, 0),  # the system prompt lives, the conversation does not
        ("original", 0, 2_000, 90, 0),
    ]


def test_mixed_lives_at_the_observed_marks() -> None:
    marked = [Block("rules", 2_000, "system", ttl="5m"), Block("q1", 500, ttl="1h")]
    scene = scene_of((0, marked))
    assert rows(scene, marks(ttl="mixed", placement="observed")) == [("original", 0, 0, 500, 2_000)]


def test_ping_and_prewarm_have_no_answer_and_no_search() -> None:
    scene = scene_of((0, [RULES, Block("q", 100)]), web_searches=3)
    made = simulate(scene, marks(placement="system", prewarm=True, keep_alive_pings=1), 1)
    extra = made.filter(made["reason"] != "original")
    assert extra["reason"].to_list() == ["pre-warm", "keep-alive"]
    assert extra.select("output", "web_searches").rows() == [(0, 0)] * 2


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_rule_of_no_pings_changes_nothing(
    data: st.DataObject, logs: st.SearchStrategy[list[Call]]
) -> None:
    scene = study_of(data.draw(logs)).scene
    plain, none = marks(placement="both"), marks(placement="both", keep_alive_pings=0)
    assert simulate(scene, plain, 1).equals(simulate(scene, none, 1))
    assert plain.to_toml() == none.to_toml()
    assert "keep_alive" not in plain.to_toml()


def test_a_ping_that_knew_the_future_would_be_noticed(
    pause: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: pings only where the conversation goes on."""
    pings = vars(keep_alive)["_pings"]
    never = vars(keep_alive)["_NEVER"]

    def knowing(running: Any, after: Any) -> Any:
        return pings(running.filter(after < never), after[after < never])

    monkeypatch.setattr(keep_alive, "_pings", knowing)
    with pytest.raises(AssertionError):
        test_pings_bridge_a_pause_and_are_paid_after_the_last_call_too(pause)
