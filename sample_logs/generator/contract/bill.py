"""Bills the contract's calls, and tells what they would have cost with fewer levers pulled."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from generator.calendar import day_of
from generator.contract import company as co
from generator.contract.traffic import Sent
from generator.exchanges import Json
from generator.truth import Billed
from generator.vendor_cache import Buckets, Mark, Prefix, Prompt, VendorCache
from generator.vendor_reports import Price, usd

STEPS = ("baseline", "after_output", "after_routing", "after_batch", "actual")
"""Costs of the same calls with one more lever pulled each, in the order of record."""
_SHORTENED = (co.FORMS, co.BRIEF)
_ROLLOUTS = (
    (co.DESK, co.CACHING), (co.BRIEF, co.BRIEF_CAP), (co.FORMS, co.BATCHES),
    (co.FORMS, co.FORMS_CAP), (co.MAIL, co.ROUTING),
)  # fmt: skip
_FIVE_MINUTES_S = 300
_UNSEEN = tuple(f"form_{month[-2:]}15_1" for month in co.MONTHS)
"""Billed, and in no log."""


def billed(calls: Iterable[Sent]) -> list[tuple[Sent, Billed]]:
    """Give each call with what the vendor bills, oldest first."""
    cache = VendorCache()
    ordered = sorted(calls, key=lambda one: (one.exchange.start_ms, one.exchange.name))
    return [(one, _billed(one, cache.bill(_prompt(one)))) for one in ordered]


def truth(bills: Iterable[tuple[Sent, Billed]], price: Price) -> Json:
    """Give by month and workload what its calls cost at each step, and what rollouts cost."""
    months: dict[str, dict[str, dict[str, int]]] = {month: {} for month in co.PERIODS}
    rollouts = dict.fromkeys(co.PERIODS, 0)
    for one, bill in bills:
        month = bill.day[:7]
        if month not in months or not bill.logged:
            continue
        if in_rollout(one, day_of(bill.start_ms)):
            rollouts[month] += _cost(bill, price)
            continue
        own = months[month].setdefault(one.workload, dict.fromkeys(STEPS, 0))
        for step, state in zip(STEPS, _states(one, bill), strict=True):
            own[step] += _cost(state, price)
    return {
        "synthetic": True,
        "organization": co.ORGANISATION,
        "note": "dollars of the same calls with one more lever pulled each; rollouts stand apart",
        "months": {
            month: {
                name: {step: usd(pico) for step, pico in steps.items()}
                for name, steps in sorted(found.items())
            }
            for month, found in months.items()
        },
        "rollouts": {month: usd(pico) for month, pico in rollouts.items()},
    }


def in_rollout(one: Sent, day: date) -> bool:
    """Tell whether a call's workload was being changed on that day."""
    return any(
        one.exchange.caller == who and first <= day <= last for who, (first, last) in _ROLLOUTS
    )


def _billed(one: Sent, buckets: Buckets) -> Billed:
    call = one.exchange
    return Billed(
        name=call.name,
        start_ms=call.start_ms,
        model=call.model,
        workspace=call.caller.workspace,
        key=call.caller.key,
        tier="batch" if call.batch else "standard",
        buckets=buckets,
        output=call.output_tokens,
        logged=call.name not in _UNSEEN,
    )


def _states(one: Sent, bill: Billed) -> tuple[Billed, ...]:
    """The baseline's call, then with output, routing, batch and caching as they came to be."""
    plain = Buckets(uncached=one.prompt)
    first = replace(
        bill, model=one.before_model, tier="standard", buckets=plain, output=one.before_output
    )
    shorter = bill.output if one.exchange.caller in _SHORTENED else one.before_output
    second = replace(first, output=shorter)
    third = replace(second, model=bill.model, output=bill.output)
    return first, second, third, replace(third, tier=bill.tier), bill


def _cost(bill: Billed, price: Price) -> int:
    amounts: Mapping[str, int] = price(bill) or {}
    return sum(amounts.values())


def _prompt(one: Sent) -> Prompt:
    call = one.exchange
    prefixes: list[Prefix] = []
    identity, tokens = "", 0
    for place, (name, count) in enumerate(one.blocks):
        identity, tokens = f"{identity}|{name}", tokens + count
        prefixes.append(Prefix(identity, tokens, place))
    marks = [Mark(place, _FIVE_MINUTES_S) for place in one.marks]
    scope = (call.caller.workspace, call.model, call.speed)
    return Prompt(scope, call.start_ms, call.first_ms, prefixes, marks)
