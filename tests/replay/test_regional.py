"""Regional endpoints in a replay: a moved call stays where its data may be, at that price."""

from fractions import Fraction

import pytest

from analyzer.billing import total
from analyzer.policy import Policy, RoutingRule
from analyzer.prices import Book
from analyzer.replay import simulate
from analyzer.savings import Question, analyse
from analyzer.trace import Tokens
from tests.replay.log_builder import Block, Log, cost_of, store_of, study_of

USD = 10**12
BEDROCK = "us.anthropic.claude-opus-4-5-20251101-v1:0"


def route(to: str, escalation_share: Fraction = Fraction(0)) -> Policy:
    made = RoutingRule(
        workload="*",
        to_model=to,
        evidence="assumed",
        basis="test",
        escalation_share=escalation_share,
    )
    return Policy(routing=(made,))


def ask(model: str = BEDROCK, geo: str | None = "regional") -> Log:
    log = Log()
    log.call(0, [Block("q", 1_000)], Tokens(uncached=100_000, output=1_000), model=model, geo=geo)
    return log


def test_a_routed_call_pays_the_premium_on_its_new_model_too() -> None:
    policy = route("claude-haiku-4-5")
    scene = study_of(ask().calls, policy).scene
    # 0.1 Mtok x $5 + 1,000 x $25/Mtok = $0.525; a fifth of it on Haiku; 1.1 times both
    assert cost_of(scene, Policy.observed()) == 5_775 * USD // 10_000
    assert cost_of(scene, policy) == 1_155 * USD // 10_000
    assert simulate(scene, policy, 1)["geo"].to_list() == ["regional"]


def test_a_call_that_is_escalated_pays_it_twice() -> None:
    policy = route("claude-haiku-4-5", escalation_share=Fraction(1))
    scene = study_of(ask().calls, policy).scene
    events = simulate(scene, policy, 1)
    assert sorted(events["model"].to_list()) == ["claude-haiku-4-5", "claude-opus-4-5"]
    assert events["geo"].to_list() == ["regional"] * 2
    # the same two sums: 0.1155 + 0.5775
    assert cost_of(scene, policy) == 6_930 * USD // 10_000


def test_the_bill_of_a_regional_call_is_a_tenth_above_that_of_a_global_one() -> None:
    region, world = (study_of(ask(geo=geo).calls).billed for geo in ("regional", "global"))
    assert (total(region.rows), total(world.rows)) == (5_775 * USD // 10_000, 525 * USD // 1_000)


@pytest.mark.parametrize(
    ("model", "geo", "named"),
    [
        (BEDROCK, None, True),
        (BEDROCK, "regional", False),
        ("anthropic.claude-opus-4-5-20251101-v1:0", None, True),
        ("global.anthropic.claude-opus-4-5-20251101-v1:0", "global", False),
    ],
)
def test_calls_whose_endpoint_is_open_are_named_as_a_lower_bound(
    model: str,
    geo: str | None,
    named: bool,  # noqa: FBT001 - a table of cases
) -> None:
    with store_of(ask(model, geo).calls) as store:
        found = analyse(store, Book.load(), Question(policy=Policy.observed()))
    said = [text for text in found.warnings if "regional" in text]
    expected = (
        "1 call on Bedrock or Google Cloud whose endpoint is not told: priced at list, and 10 % "
        "dearer if it is regional."
    )
    assert said == ([expected] if named else [])
