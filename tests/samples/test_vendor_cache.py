"""The generator's own cache rule, against the vendor's worked examples."""

from collections.abc import Callable
from types import ModuleType

import pytest

SCOPE = ("workspace", "claude-sonnet-5-5", "standard")


@pytest.fixture
def rule(generator: Callable[[str], ModuleType]) -> ModuleType:
    return generator("vendor_cache")


def _prompt(
    rule: ModuleType, start_s: float, blocks: list[tuple[str, int]], *marks: object
) -> object:
    prefixes = [rule.Prefix(name, tokens, place) for place, (name, tokens) in enumerate(blocks)]
    start_ms = round(start_s * 1000)
    return rule.Prompt(SCOPE, start_ms, start_ms + 500, prefixes, marks)


def test_mixed_lives_split_at_the_hit_and_at_the_last_hour_mark(rule: ModuleType) -> None:
    cache = rule.VendorCache()
    blocks = [("a", 1000), ("ab", 1600), ("abc", 2500), ("abcd", 2600)]
    cache.bill(_prompt(rule, 0, blocks[:1], rule.Mark(0, 3600)))
    marks = (rule.Mark(0, 3600), rule.Mark(1, 3600), rule.Mark(2, 300))
    # A = 1,000 hit; B = 1,600 last 1h mark; C = 2,500 last mark; total 2,600.
    billed = cache.bill(_prompt(rule, 10, blocks, *marks))
    assert billed == rule.Buckets(uncached=100, read=1000, write_5m=900, write_1h=600)


def test_an_entry_is_readable_from_the_first_byte_to_the_end_of_its_life(rule: ModuleType) -> None:
    blocks = [("a", 1000)]
    reads = []
    for second in (0.4, 0.5, 299.9, 300.0):
        cache = rule.VendorCache()
        cache.bill(_prompt(rule, 0, blocks, rule.Mark(0, 300)))
        reads.append(cache.bill(_prompt(rule, second, blocks, rule.Mark(0, 300))).read)
    assert reads == [0, 1000, 1000, 0]


def test_a_read_starts_the_life_anew(rule: ModuleType) -> None:
    cache = rule.VendorCache()
    prompts = [_prompt(rule, at, [("a", 1000)], rule.Mark(0, 300)) for at in (0, 200, 400, 701)]
    assert [cache.bill(prompt).read for prompt in prompts] == [0, 1000, 1000, 0]


def test_a_read_by_a_later_mark_renews_the_entry_it_found(rule: ModuleType) -> None:
    cache = rule.VendorCache()
    cache.bill(_prompt(rule, 0, [("a", 1000)], rule.Mark(0, 300)))
    # Each next prompt goes on in its own way from "a", which nobody marks again.
    reads = [
        cache.bill(_prompt(rule, at, [("a", 1000), (f"a{at}", 1500)], rule.Mark(1, 300))).read
        for at in (200, 400, 701)
    ]
    assert reads == [1000, 1000, 0]


def test_a_mark_looks_back_twenty_positions_its_own_included(rule: ModuleType) -> None:
    blocks = [(f"block {place}", 600 + place) for place in range(40)]
    reads = []
    for last in (34, 35):
        cache = rule.VendorCache()
        cache.bill(_prompt(rule, 0, blocks[:16], rule.Mark(15, 300)))
        reads.append(cache.bill(_prompt(rule, 1, blocks, rule.Mark(last, 300))).read)
    # From 34 the twentieth position is 15, where the entry lies; from 35 it is 16.
    assert reads == [615, 0]


def test_a_prefix_below_the_minimum_is_not_cached(rule: ModuleType) -> None:
    cache = rule.VendorCache()
    short = cache.bill(_prompt(rule, 0, [("a", 511)], rule.Mark(0, 300)))
    enough = cache.bill(_prompt(rule, 0, [("b", 512)], rule.Mark(0, 300)))
    assert (short.uncached, short.write_5m, enough.write_5m) == (511, 0, 512)


def test_workspaces_share_nothing(rule: ModuleType) -> None:
    cache = rule.VendorCache()
    one = _prompt(rule, 0, [("a", 1000)], rule.Mark(0, 300))
    cache.bill(one)
    elsewhere = rule.Prompt(
        ("elsewhere", *SCOPE[1:]), 5000, 5500, [rule.Prefix("a", 1000, 0)], [rule.Mark(0, 300)]
    )
    assert cache.bill(elsewhere).read == 0
