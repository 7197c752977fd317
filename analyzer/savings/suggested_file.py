"""The suggested policy as a file to edit: each rule under its reason, evidence and change."""

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from textwrap import wrap

from analyzer.policy import BatchRule, CachingRule, LeverRule, OutputRule, RoutingRule
from analyzer.results import LEVERS
from analyzer.savings.lines import RISKS, change
from analyzer.savings.suggest import Suggestion
from analyzer.search.choice import Step
from analyzer.search.searching import rule_of
from analyzer.search.windows import LEAST_FOLDS, Windows, Worth
from analyzer.traffic import day_of

WIDTH = 98
NUMBERED = (
    "W01, W02, .. are numbered by dollars in this store: give a workload a name of its own under "
    "[[workload]] before using this file on another."
)
REASONS = {
    "output": "the base policy states it, and its replay saves",
    "routing": "the cheapest feasible model among those allowed; answers were not compared",
    "batch": "half price; the base policy says that results may wait",
    "caching": "the cheapest marks of all that were replayed",
}


def text_of(found: Suggestion) -> str:
    """Give the file; it loads as `found.policy`."""
    taken = [step for step in found.searched.steps if step.verdict == "take"]
    told = {rule_of(step): step for step in taken}
    rules = {lever: iter(found.policy.of(lever)) for lever in LEVERS}
    tables = {f"[[{lever}]]": rules[lever] for lever in LEVERS}
    lines = [*comments(head(found))]
    for line in found.policy.to_toml().splitlines():
        if line in tables:
            rule = next(tables[line])
            lines += comments(reasons(told[rule], found))
        lines.append(line)
    for step in found.searched.steps:
        if step.verdict != "take":
            lines += ["", *comments(refused(step, found.searched.windows))]
    return "\n".join(lines) + "\n"


def head(found: Suggestion) -> Iterator[str]:
    """Say what the file is and on which days it rests."""
    windows, searched = found.searched.windows, found.searched
    yield "Suggested by `rebill policy suggest`; edit freely, `rebill policy check` reads it."
    kept = "nothing is kept aside" if windows.kept is None else f"checked on {span(windows)[1]}"
    yield f"Chosen on {span(windows)[0]}, {kept}; prices {found.prices}."
    yield f"All lines: {worth(searched.fit_worth)} where chosen."
    if searched.kept_worth is not None:
        yield f"All lines: {worth(searched.kept_worth)} where checked."
    if any(re.fullmatch(r"W\d+", step.slot.workload) for step in found.searched.steps):
        yield NUMBERED
    yield from found.notes


def reasons(step: Step, found: Suggestion) -> Iterator[str]:
    """Say why a line stands there, what it is worth, and what a developer changes."""
    rule, evidence, windows = rule_of(step), step.evidence, found.searched.windows
    lever = step.slot.lever
    number = found.searched.steps.index(step)
    labels = [one.label for one in found.workloads if one.name == step.slot.workload]
    yield f"Step {number + 1}. Workload: {'; '.join(labels)}."
    yield f"Reason: {REASONS[lever]}. Risk {RISKS[lever]}."
    yield f"Chosen: {worth(evidence.fit)}; {folds(step, windows)}."
    yield f"With the steps before it: {dollars(found.searched.cumulative[number])} where chosen."
    yield from _checked(evidence.kept)
    yield f"Change: {change(rule)}."
    yield snippet(rule)


def refused(step: Step, windows: Windows) -> Iterator[str]:
    """Say which line was left out, and why."""
    words = {
        "do not": "Do not",
        "no recommendation": "No recommendation",
        "potential": "Potential, once somebody writes a deadline down",
    }[step.verdict]
    yield f"{words}: {step.slot.workload}, {step.slot.lever}: {change(rule_of(step))}."
    yield f"Chosen: {worth(step.evidence.fit)}; {folds(step, windows)}."
    yield from _checked(step.evidence.kept)


def _checked(kept: Worth | None) -> Iterator[str]:
    if kept is None:
        return
    ran = kept.low or kept.high
    yield f"Checked: {worth(kept)}." if ran else "Checked: it moves no dollar in those weeks."


def folds(step: Step, windows: Windows) -> str:
    """Say in how many weeks a line saves, and how much at least."""
    count = len(windows.folds)
    if count < LEAST_FOLDS:
        return "too few whole weeks for a bound"
    return (
        f"saves in {step.evidence.better_folds} of {count} weeks, "
        f"lower bound {dollars(step.evidence.lower)}"
    )


def worth(found: Worth) -> str:
    """Say a saving with its range by loss model."""
    verb = "saves" if found.mean >= 0 else "costs"
    return (
        f"{verb} {dollars(abs(found.mean))} "
        f"({dollars(found.low)} to {dollars(found.high)} by loss model)"
    )


def span(windows: Windows) -> tuple[str, str]:
    """Give the days of both windows; the second is empty where nothing is kept aside."""
    fit, kept = windows.fit, windows.kept
    first = f"{day_of(fit.first)} to {day_of(fit.last)}"
    return first, "" if kept is None else f"{day_of(kept.first)} to {day_of(kept.last)}"


def dollars(pico: Fraction) -> str:
    """Give pico-dollars as dollars and cents, and small sums with more digits."""
    places = 2 if not pico or abs(pico) >= 10**10 else 6
    sign = "-" if pico < 0 else ""
    return f"{sign}${abs(float(pico)) / 1e12:,.{places}f}"


def comments(said: Iterator[str]) -> Iterator[str]:
    """Give sentences as comment lines; what a file's text holds cannot leave its comment."""
    for sentence in said:
        plain = "".join(c if c.isprintable() else " " for c in sentence)
        whole = plain.startswith(("{", "POST"))
        for place, line in enumerate([plain] if whole else wrap(plain, WIDTH - 4) or [""]):
            yield f"# {'  ' if place else ''}{line}"


def snippet(rule: LeverRule) -> str:
    """Give the part of a request that changes, as one line of JSON."""
    match rule:
        case CachingRule():
            return _marks(rule)
        case RoutingRule():
            return json.dumps({"model": rule.to_model})
        case BatchRule():
            request = {"custom_id": "..", "params": "the request's body as it is"}
            return f"POST /v1/messages/batches {json.dumps({'requests': [request]})}"
        case OutputRule():
            if rule.cap_tokens is None:
                return json.dumps({"system": "ask for shorter answers"})
            return json.dumps({"max_tokens": rule.cap_tokens})


def _marks(rule: CachingRule) -> str:
    if rule.ttl == "none":
        return '{"cache_control": remove it from every block}'
    long = {"type": "ephemeral", "ttl": "1h"}
    short = {"type": "ephemeral", "ttl": "5m"}
    front = long if rule.ttl in {"1h", "mixed"} else short
    behind = long if rule.ttl == "1h" else short
    if rule.placement == "observed":
        return json.dumps({"cache_control": front})
    system = {"system": [_block("the whole system prompt", front)]}
    last = {"messages": ["..", _message(_block("the last block", behind))]}
    document = {"messages": [_message(_block("the document", front), _block("the question"))]}
    return json.dumps(
        {
            "system": system,
            "document": document,
            "conversation": last,
            "both": {**system, **last},
        }[rule.placement]
    )


def _block(text: str, control: dict[str, str] | None = None) -> dict[str, object]:
    mark = {} if control is None else {"cache_control": control}
    return {"type": "text", "text": text, **mark}


def _message(*blocks: dict[str, object]) -> dict[str, object]:
    return {"role": "user", "content": list(blocks)}
