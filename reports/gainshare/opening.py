"""The front page: the claim, three numbers, and what stands before an invoice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from analyzer.results.baseline import Frozen
from analyzer.results.gainshare import Gainshare, Verified
from reports.gainshare.words import days_in_words
from reports.numbers import NO_BREAK, percent

State = Literal["pass", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Light:
    """One condition of an invoice."""

    state: State
    name: str
    figure: str


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands above the first figure."""

    name: str
    """What the page is called."""
    days: str
    lights: tuple[Light, ...]


def opening_of(found: Gainshare) -> Opening:
    """Give lights for the baseline, and for the last period where there is one."""
    frozen = found.frozen
    last = found.periods[-1] if found.periods else None
    if last is None:
        days = days_in_words(frozen.first_day, frozen.last_day)
        return Opening("Gainshare baseline", days, tuple(_baseline(frozen)))
    days = days_in_words(last.first_day, last.last_day)
    return Opening(
        "Gainshare verification and baseline", days, (*_period(found, last), *_baseline(frozen))
    )


def _baseline(frozen: Frozen) -> Iterator[Light]:
    failed = ", ".join(frozen.failed)
    yield (
        Light("fail", "Baseline indicative", failed)
        if failed
        else Light("pass", "Baseline sufficient", "no gate failed")
    )
    if frozen.both_signed:
        yield Light("pass", "Baseline signed", f"{len(frozen.signatures)} keys")
    else:
        yield Light("fail", "Baseline not signed", "two keys are needed")


def _period(found: Gainshare, last: Verified) -> Iterator[Light]:
    verdict = last.reconciliation
    state: State = "pass" if verdict == "pass" else "fail"
    yield Light(state, "Reconciled" if state == "pass" else "Not reconciled", verdict)
    yield _grade(found, last)
    yield _spread(found, last)
    lost = [one for one in last.saved if one.counted != one.avoided]
    if lost:
        yield Light("warn", "Quality", f"{len(lost)} of {len(last.saved)} gains do not count")
    else:
        yield Light("pass", "Quality", "no gain lost to its gate")


def _grade(found: Gainshare, last: Verified) -> Light:
    if found.fee_rules is None:
        return Light("warn", "Evidence", f"{last.grade}; no terms ask for one")
    least = found.fee_rules.least_grade
    return Light(
        "pass" if last.grade <= least else "fail", "Evidence", f"{last.grade}, {least} is needed"
    )


def _spread(found: Gainshare, last: Verified) -> Light:
    share = last.savings_uncertainty
    told = "not known" if share is None else f"{percent(share)} at 90{NO_BREAK}%"
    if found.fee_rules is None:
        return Light("warn", "Uncertainty", f"{told}; no terms set a limit")
    most = found.fee_rules.most_uncertainty
    within = share is not None and share <= most
    return Light("pass" if within else "warn", "Uncertainty", f"{told}, limit {percent(most)}")
