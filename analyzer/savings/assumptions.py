"""The assumptions register: each statement a savings figure rests on, its value and source."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from analyzer.policy import Policy, RoutingRule
from analyzer.replay import Scene
from analyzer.results import Assumption, Calibration
from analyzer.words import counted


def register(scene: Scene, policy: Policy, calibration: Calibration) -> tuple[Assumption, ...]:
    """Give the assumptions in a fixed order, numbered A1.."""
    rows = (*_common(scene, calibration), *_of_policy(scene, policy))
    return tuple(
        Assumption(f"A{number}", statement, value, source, mark)
        for number, (statement, value, source, mark) in enumerate(rows, start=1)
    )


_Row = tuple[str, str, str, Literal["measured", "replayed", "assumed"]]

_TRANSCRIPTS = (
    "Transcripts hide system prompt, tools and cache marks: the bill anchors them, the hidden part "
    "is a session's smallest non-zero read, and lives run 15 s beyond the last answer line"
)


def _short(ratio: Fraction) -> str:
    return f"{float(ratio):.2f}"


def _common(scene: Scene, calibration: Calibration) -> Iterator[_Row]:
    calls = scene.traffic.calls
    yield (
        "Prices are the vendor's list prices; no discount is known",
        f"book {scene.basis.book.version}",
        "docs/prices.md",
        "assumed",
    )
    yield (
        "The prompt cache bills as the vendor's page says",
        f"replay error {float(calibration.total.error):+.2%}",
        "docs/cache-rules.md; compared with the billed buckets of this traffic",
        "replayed",
    )
    yield (
        "No cache entry is lost for reasons the log does not show",
        "0 %",
        "fitted loss models do not exist yet",
        "assumed",
    )
    if (calls["visibility"] == "messages_only").any():
        yield (
            _TRANSCRIPTS,
            counted(scene.traffic.hidden_roots, "hidden part"),
            "measured on real transcripts",
            "assumed",
        )
    unsure = int((~calls["minimum_certain"] & (calls["prompt"] > calls["uncached"])).sum())
    if unsure:
        yield (
            "Smallest cacheable prompt, where its date or size is not certain: the higher figure",
            f"{counted(unsure, 'call')} with cached tokens",
            "docs/prices.md",
            "assumed",
        )
    if int(calls["unsplit"].sum()):
        yield (
            "Cache writes without a stated life are 5-minute writes",
            f"{int(calls['unsplit'].sum()):,} tokens",
            "the vendor's default life",
            "assumed",
        )
    if (~calls["usage_final"]).any():
        yield (
            "Answers whose last line never came bill what was seen: a lower bound",
            counted(int((~calls["usage_final"]).sum()), "call"),
            "the log",
            "measured",
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
        )
    for rule in policy.output:
        yield (
            f"{rule.workload}: answers can be {float(rule.length_ratio):.0%} as long",
            f"{float(rule.length_ratio):.2f}",
            rule.basis,
            "assumed",
        )
    for route in policy.routing:
        yield (
            _good_enough(route),
            f"{float(route.escalation_share):.1%} handed back",
            route.basis,
            "assumed",
        )
    for wait in policy.batch:
        yield (
            f"{wait.workload}: results may take {wait.deadline_hours} h",
            f"{float(wait.expiry_share):.1%} expire",
            wait.basis,
            "assumed",
        )
