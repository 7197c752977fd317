"""How much of what perfect foresight could save a policy captures, per lever and jointly."""

from dataclasses import replace

from analyzer.policy import Policy
from analyzer.replay import Replays
from analyzer.results import LEVERS, Foresight, Lever
from analyzer.search.bound import captured, clairvoyant
from analyzer.simulators.losses import NO_LOSSES


def foresight(policy: Policy, replays: Replays) -> tuple[Foresight, ...]:
    """Give the bound of each lever the policy uses, of caching always, and of all together.

    Both sides are replayed on the most likely path: somebody who knew every call would know the
    losses too, and no loss model is a bound.
    """
    used = tuple(lever for lever in LEVERS if lever == "caching" or policy.of(lever))
    asked: list[tuple[Lever, ...]] = [(lever,) for lever in used]
    if len(used) > 1:
        asked.append(used)
    return tuple(_one(policy, replays, levers) for levers in asked)


def _one(policy: Policy, replays: Replays, levers: tuple[Lever, ...]) -> Foresight:
    own = policy.with_levers(frozenset(levers))
    observed = replays.cost(replace(Policy.observed(), seeds=policy.seeds), NO_LOSSES).total
    reached = replays.cost(own, NO_LOSSES).total
    bound = clairvoyant(replays.scene, policy, frozenset(levers)).total
    share = captured(observed, reached, bound)
    return Foresight(levers, observed - bound, observed - reached, share)
