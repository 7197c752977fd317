"""The assumptions register: each statement a savings figure rests on, its value and source."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal

from analyzer.policy import CachingRule, Policy, RoutingRule
from analyzer.reconciled import Discount
from analyzer.replay import Scene
from analyzer.results import Assumption, Calibration
from analyzer.results.register import Registered, Subject
from analyzer.words import counted


def register(
    scene: Scene, policy: Policy, calibration: Calibration, known: Sequence[Discount] = ()
) -> tuple[Assumption, ...]:
    """Give the assumptions in a fixed order, numbered A1..; `known` are discounts off list."""
    return tuple(
        Assumption(one.id, one.statement, one.value, one.source, one.mark)
        for one in registered(scene, policy, calibration, known)
    )


def registered(
    scene: Scene, policy: Policy, calibration: Calibration, known: Sequence[Discount] = ()
) -> tuple[Registered, ...]:
    """Give the same with what each statement is about."""
    rows = (_prices(scene, known), *_common(scene, calibration), *_of_policy(scene, policy))
    return tuple(Registered(f"A{number}", *row) for number, row in enumerate(rows, start=1))


_Row = tuple[str, str, str, Literal["measured", "replayed", "assumed"], Subject]

_TRANSCRIPTS = (
    "Transcripts hide system prompt, tools and cache marks: the bill anchors them, the hidden part "
    "is a session's smallest non-zero read, and lives run 15 s beyond the last answer line"
)


def _short(ratio: Fraction) -> str:
    return f"{float(ratio):.2f}"


def _prices(scene: Scene, known: Sequence[Discount]) -> _Row:
    """The prices that every figure starts from, and what is known to be off them."""
    book = f"book {scene.basis.book.version}"
    about = Subject("prices")
    if not known:
        statement = "Prices are the vendor's list prices; no discount is known"
        return statement, book, "docs/prices.md", "assumed", about
    off = ", ".join(f"{one.model} {float(one.share):.2%}" for one in known)
    sources = "; ".join(dict.fromkeys(one.source for one in known))
    return (
        "Prices are the vendor's list prices; dollars as paid have the known discounts off them",
        f"{book}; off list: {off}",
        f"docs/prices.md; {sources}",
        "assumed",
        about,
    )


def _losses(calibration: Calibration) -> _Row:
    """Which cache losses the amounts are replayed with."""
    first, *others = calibration.loss_models
    about = Subject("losses")
    if not others:
        lost = "none" if first == "none" else f"as the model “{first}” says"
        return (
            f"Cache entries are lost for reasons the log does not show: {lost}",
            "one loss model",
            "no other model could be fitted and passed the back-test",
            "assumed",
            about,
        )
    return (
        f"Cache entries are lost for reasons the log does not show as the model “{first}” says",
        f"{len(others)} other {'model spans' if len(others) == 1 else 'models span'} the ranges",
        f"fitted to this log, passed its back-test: {', '.join(calibration.loss_models)}",
        "replayed",
        about,
    )


def _common(scene: Scene, calibration: Calibration) -> Iterator[_Row]:
    calls = scene.traffic.calls
    yield (
        "The prompt cache bills as the vendor's page says",
        f"replay error {float(calibration.total.error):+.2%}",
        "docs/cache-rules.md; compared with the billed buckets of this traffic",
        "replayed",
        Subject("cache"),
    )
    yield _losses(calibration)
    if (calls["visibility"] == "messages_only").any():
        yield (
            _TRANSCRIPTS,
            counted(scene.traffic.hidden_roots, "hidden part"),
            "measured on real transcripts",
            "assumed",
            Subject("log"),
        )
    unsure = int((~calls["minimum_certain"] & (calls["prompt"] > calls["uncached"])).sum())
    if unsure:
        yield (
            "Smallest cacheable prompt, where its date or size is not certain: the higher figure",
            f"{counted(unsure, 'call')} with cached tokens",
            "docs/prices.md",
            "assumed",
            Subject("cache"),
        )
    if int(calls["unsplit"].sum()):
        yield (
            "Cache writes without a stated life are 5-minute writes",
            f"{int(calls['unsplit'].sum()):,} tokens",
            "the vendor's default life",
            "assumed",
            Subject("cache"),
        )
    if (~calls["usage_final"]).any():
        yield (
            "Answers whose last line never came bill what was seen: a lower bound",
            counted(int((~calls["usage_final"]).sum()), "call"),
            "the log",
            "measured",
            Subject("log"),
        )


def _good_enough(route: RoutingRule) -> str:
    length = _short(route.output_ratio)
    return f"{route.workload}: {route.to_model} answers well enough, length x {length}"


def _of_policy(scene: Scene, policy: Policy) -> Iterator[_Row]:
    families = {target.family for target in scene.targets.values()}
    if families and set(scene.traffic.calls["family"].unique()) - families:
        ratio = scene.ratio
        yield (
            "Tokens of the newer tokenizer for one of the older, prompts and answers alike",
            f"{float(ratio):.2f} (published 1.00 to 1.47)",
            "vendor's token-counting page; not counted on this traffic",
            "assumed",
            Subject("tokens"),
        )
    for rule in policy.output:
        yield (
            f"{rule.workload}: answers can be {float(rule.length_ratio):.0%} as long",
            f"{float(rule.length_ratio):.2f}",
            rule.basis,
            "assumed",
            Subject("lever", rule.workload, "output"),
        )
    for route in policy.routing:
        yield (
            _good_enough(route),
            f"{float(route.escalation_share):.1%} handed back",
            route.basis,
            "assumed",
            Subject("lever", route.workload, "routing"),
        )
    for wait in policy.batch:
        yield (
            f"{wait.workload}: results may take {wait.deadline_hours} h",
            f"{float(wait.expiry_share):.1%} expire",
            wait.basis,
            "assumed",
            Subject("lever", wait.workload, "batch"),
        )
    for cache in policy.caching:
        if change := _marked(cache):
            own = "" if cache.workload == "*" else cache.workload
            yield (
                f"{own or 'every workload'}: cache marks can be set so: {change}",
                f"life {cache.ttl}, placement {cache.placement}",
                cache.basis,
                "assumed",
                Subject("lever", own, "caching"),
            )


def _marked(rule: CachingRule) -> str:
    """What a caching line changes, in words; empty where it leaves marks as observed."""
    parts = []
    if rule.placement != "observed":
        parts.append(f"placed by {rule.placement}")
    if rule.ttl != "observed":
        parts.append("no marks" if rule.ttl == "none" else f"with a life of {rule.ttl}")
    if rule.keep_alive_pings:
        parts.append(f"{counted(rule.keep_alive_pings, 'ping')} while idle")
    if rule.prewarm:
        parts.append("written before they are needed")
    return ", ".join(parts)
