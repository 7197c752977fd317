"""The compiled kernel bills random worlds as the readable oracle does, in every token column.

The worlds are only worth something if they would show a mistake, so each rule is also broken in the
oracle, one at a time, and the worlds must tell the broken oracle from the true one.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analyzer.prompts import ChainBuilder, Hasher
from tests.simulators.cache_oracle import (
    MICROSECONDS,
    Bill,
    Block,
    Entry,
    Key,
    Mark,
    Oracle,
    OracleRequest,
)
from tests.simulators.cache_oracle import replay as oracle_replay

Replay = Callable[[list[OracleRequest]], list[Bill]]
World = list[OracleRequest]
MakeWorld = Callable[[int, int], World]

many_choices = settings(
    max_examples=40,
    deadline=None,
    # explaining a failure takes minutes here; the shrunk world says enough
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    # a world of twenty-five requests is some five hundred choices: large for hypothesis, and meant
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@many_choices
@given(data=st.data())
def test_kernel_and_oracle_agree_on_any_world(
    data: st.DataObject, worlds: st.SearchStrategy[World], kernel_replay: Replay
) -> None:
    world = data.draw(worlds)
    assert kernel_replay(world) == oracle_replay(world)


@pytest.mark.parametrize("seed", range(8))
def test_kernel_and_oracle_agree_on_a_long_world(
    seed: int, seeded_world: MakeWorld, kernel_replay: Replay
) -> None:
    world = seeded_world(seed, 300)
    assert kernel_replay(world) == oracle_replay(world)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1000, 1400))
def test_kernel_and_oracle_agree_on_four_hundred_longer_worlds(
    seed: int, seeded_world: MakeWorld, kernel_replay: Replay
) -> None:
    world = seeded_world(seed, 400)
    assert kernel_replay(world) == oracle_replay(world)


@many_choices
@given(data=st.data())
def test_the_four_buckets_are_whole_and_sum_to_the_prompt(
    data: st.DataObject, worlds: st.SearchStrategy[World], kernel_replay: Replay
) -> None:
    world = data.draw(worlds)
    for request, bill in zip(world, kernel_replay(world), strict=True):
        assert min(bill) >= 0
        assert sum(bill) == sum(block.tokens for block in request.blocks)


@pytest.mark.parametrize("seed", range(5))
def test_later_requests_change_no_earlier_bill(
    seed: int, seeded_world: MakeWorld, kernel_replay: Replay
) -> None:
    world = sorted(seeded_world(seed, 300), key=lambda request: request.start_us)
    bills = kernel_replay(world)
    for count in (1, 50, 150, 299):
        assert kernel_replay(world[:count]) == bills[:count]


@pytest.mark.parametrize("seed", range(5))
def test_a_scope_replayed_alone_is_billed_as_among_others(
    seed: int, seeded_world: MakeWorld, kernel_replay: Replay
) -> None:
    world = seeded_world(seed, 300)
    bills = kernel_replay(world)
    for scope in {request.scope for request in world}:
        alone = [request for request in world if request.scope == scope]
        among = [b for r, b in zip(world, bills, strict=True) if r.scope == scope]
        assert kernel_replay(alone) == among


@pytest.mark.parametrize("varied", ["scope", "system_params", "message_params"])
def test_a_prompt_asked_in_many_contexts_is_cold_once_in_each(
    varied: str, kernel_replay: Replay
) -> None:
    # 2000 entries that differ in one thing only: some must collide in the kernel's table
    block = Block(0, "messages", "text", 100)
    asked = [
        OracleRequest(
            start_us=now,
            ready_us=now,
            blocks=(block,),
            marks=(Mark(0, 300),),
            scope=number if varied == "scope" else 0,
            system_params=number if varied == "system_params" else 0,
            message_params=number if varied == "message_params" else 0,
        )
        for now in (0, 1)
        for number in range(2000)
    ]
    assert kernel_replay(asked) == [(0, 100, 0, 0)] * 2000 + [(100, 0, 0, 0)] * 2000


def test_the_worked_cases_hold_with_the_compiler_switched_off() -> None:
    rules = Path(__file__).with_name("test_cache_rules.py")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", str(rules), "-k", "kernel", "-p", "no:cacheprovider"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=rules.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:]


def test_prompt_chains_count_positions_as_the_oracle_does(seeded_world: MakeWorld) -> None:
    for request in seeded_world(0, 60):
        chain = ChainBuilder(Hasher(b"key"))
        for block in request.blocks:
            text = {"type": block.kind, "text": str(block.identity)}
            chain.add(block.section, "user", text)
        assert [node.position for node in chain.nodes] == Oracle().positions(request)


class NoLookbackLimit(Oracle):
    lookback = 10**9


class LookbackOneShorter(Oracle):
    lookback = 19


class LookbackOneLonger(Oracle):
    lookback = 21


class ToolRunsCountedSingly(Oracle):
    def same_run(self, before: Block | None, block: Block) -> bool:
        return before is block


class OnlyTheLastMarkLooks(Oracle):
    def candidates(self, request: OracleRequest) -> Iterator[int]:
        return super().candidates(replace(request, marks=request.marks[-1:]))


class EntryAtTheBlockBeforeToo(Oracle):
    def write(self, request: OracleRequest, mark: Mark) -> None:
        super().write(request, mark)
        super().write(request, Mark(max(0, mark.block - 1), mark.ttl_s))


class MinimumIgnored(Oracle):
    def is_long(self, request: OracleRequest, last: int) -> bool:
        return super().is_long(replace(request, minimum=0), last)


class MinimumIgnoredWhenReading(Oracle):
    def is_hit(self, request: OracleRequest, last: int) -> bool:
        return self.live(request, last) is not None


class MinimumExclusive(Oracle):
    def is_long(self, request: OracleRequest, last: int) -> bool:
        return request.prefix_tokens(last) > request.minimum


class AvailabilityIgnored(Oracle):
    def write(self, request: OracleRequest, mark: Mark) -> None:
        super().write(replace(request, ready_us=request.start_us), mark)


class UnreadableAtTheReadyTime(Oracle):
    def live(self, request: OracleRequest, last: int) -> Entry | None:
        entry = super().live(request, last)
        return entry if entry and entry.readable_us < request.start_us else None


class LiveAtTheExpiry(Oracle):
    def live(self, request: OracleRequest, last: int) -> Entry | None:
        return super().live(request, last) or super().live(
            replace(request, start_us=request.start_us - 1), last
        )


class ExpiryFromReady(Oracle):
    def expiry(self, request: OracleRequest, ttl_s: int) -> int:
        return request.ready_us + ttl_s * MICROSECONDS


class NoRefresh(Oracle):
    def refresh(self, request: OracleRequest, hit: int) -> None:
        pass


class OnlyTheHitIsRefreshed(Oracle):
    def covered(self, request: OracleRequest, hit: int) -> list[int]:
        return [m.block for m in request.marks if m.block == hit]


class EveryMarkBeforeTheHitIsRefreshed(Oracle):
    def covered(self, request: OracleRequest, hit: int) -> list[int]:
        return [m.block for m in request.marks if m.block < hit]


class RefreshByTheLongestLife(Oracle):
    def refresh(self, request: OracleRequest, hit: int) -> None:
        entry = self.live(request, hit) if hit >= 0 else None
        if entry:
            entry.ttl_s = max(mark.ttl_s for mark in request.marks)
        super().refresh(request, hit)


class OverlappingWritersReplace(Oracle):
    def write(self, request: OracleRequest, mark: Mark) -> None:
        self.entries.pop(self.key(request, mark.block), None)
        super().write(request, mark)


class TheFirstWriterStands(Oracle):
    def write(self, request: OracleRequest, mark: Mark) -> None:
        old = self.entries.get(self.key(request, mark.block))
        if old is None or old.expires_us <= request.start_us:
            super().write(request, mark)


class SeedIgnored(Oracle):
    def plant_seed(self, request: OracleRequest) -> None:
        pass


class SeedAlwaysReplaces(Oracle):
    def plant_seed(self, request: OracleRequest) -> None:
        if request.seed:
            self.entries.pop(self.key(request, request.seed.block), None)
        super().plant_seed(request)


class LoopIgnored(Oracle):
    def write_loop(self, request: OracleRequest) -> None:
        pass


class LoopForAnHour(Oracle):
    def write_loop(self, request: OracleRequest) -> None:
        if request.loop is not None:
            whole = replace(request, blocks=request.blocks + request.answer)
            if self.is_long(whole, request.loop):
                self.write(whole, Mark(request.loop, 3600))


class SystemParametersIgnored(Oracle):
    def key(self, request: OracleRequest, last: int) -> Key:
        return super().key(replace(request, system_params=0), last)


class MessageParametersIgnored(Oracle):
    def key(self, request: OracleRequest, last: int) -> Key:
        return super().key(replace(request, message_params=0), last)


class ParametersDropEverything(Oracle):
    def key(self, request: OracleRequest, last: int) -> Key:
        params = request.system_params, request.message_params
        return (*super().key(request, last), params)


class ScopesShare(Oracle):
    def context(self, request: OracleRequest) -> Key:
        return request.model, request.speed


class ModelsShare(Oracle):
    def context(self, request: OracleRequest) -> Key:
        return request.scope, request.speed


class SpeedsShare(Oracle):
    def context(self, request: OracleRequest) -> Key:
        return request.scope, request.model


BROKEN = Oracle.__subclasses__()


@pytest.mark.full
@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_the_worlds_expose_a_planted_bug(broken: type[Oracle], seeded_world: MakeWorld) -> None:
    worlds = (seeded_world(seed, 300) for seed in range(40))
    assert any(broken().replay(world) != oracle_replay(world) for world in worlds)


def test_breaking_nothing_is_not_taken_for_a_bug(seeded_world: MakeWorld) -> None:
    class Unbroken(Oracle):
        pass

    world = seeded_world(0, 300)
    assert Unbroken().replay(world) == oracle_replay(world)
