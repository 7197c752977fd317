"""Bills the agent sessions in one go, oldest call first: sessions share the system prompt."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from generator.agents import Session, Step
from generator.seeded import Random, stream
from generator.truth import Billed
from generator.vendor_cache import Mark, Prefix, Prompt, VendorCache

LOSS_AT_USER_TURN = 0.06
LOSS_AT_TOOL_STEP = 0.004
"""Calls that read the system prompt only, though their entry lives, for reasons no log shows."""
HIDDEN_SHARE = 0.12
"""Share of finished turns after which the client re-reads the prompt outside the transcript."""
WORKSPACE, KEY = "wrkspc_syn_claude_code", "claude-code-seats"


def billed_sessions(seed: int, laid_out: list[Session]) -> tuple[list[Session], list[Billed]]:
    """Give the sessions with their buckets, and all that the vendor bills for them."""
    own = [step for session in laid_out for step in session.steps[session.copied :]]
    hidden = _hidden(laid_out, stream(seed, "hidden"))
    done = _bill([*own, *hidden], stream(seed, "losses"))
    sessions = [replace(s, steps=[done[step.name] for step in s.steps]) for s in laid_out]
    return sessions, [_truth(step) for step in done.values()]


def _bill(steps: Iterable[Step], random: Random) -> dict[str, Step]:
    cache = VendorCache()
    done: dict[str, Step] = {}
    for step in sorted(steps, key=lambda step: (step.start_ms, step.name)):
        share = {"user": LOSS_AT_USER_TURN, "tool": LOSS_AT_TOOL_STEP}.get(step.cause, 0)
        lost_below = step.prefixes[0].tokens if random.random() < share else None
        done[step.name] = replace(step, billed=cache.bill(_prompt(step), lost_below))
    return done


def _prompt(step: Step) -> Prompt:
    ttl_s = step.project.ttl_s
    marks = (Mark(0, ttl_s), Mark(len(step.prefixes) - 2, ttl_s))
    # A transcript shows no first byte; the answer begins about a second after the request.
    scope = (WORKSPACE, step.model, "standard")
    return Prompt(scope, step.start_ms, step.start_ms + 1000, step.prefixes, marks)


def _hidden(sessions: list[Session], random: Random) -> list[Step]:
    """Give the calls the client makes on its own: re-reads after a turn, and each compaction."""
    result: list[Step] = []
    for session in sessions:
        own = session.steps[session.copied :]
        for step, following in pairwise(own):
            if following.cause == "compaction":
                result.append(_after(step, 4000 + int(random.random() * 2000)))
            elif following.cause == "user" and random.random() < HIDDEN_SHARE:
                result.append(_after(step, 15 + int(random.random() * 40)))
    return result


def _after(step: Step, output: int) -> Step:
    name = f"{step.name}_hidden"
    start_ms = step.end_ms + 500
    end = step.prefixes[-1]
    return replace(
        step,
        name=name,
        cause="hidden",
        start_ms=start_ms,
        end_ms=start_ms + 1500 + output * 8,
        output=output,
        prefixes=(*step.prefixes[:-1], Prefix(name, end.tokens + step.output + 150, end.position)),
    )


def _truth(step: Step) -> Billed:
    return Billed(
        name=step.name,
        start_ms=step.start_ms,
        model=step.model,
        workspace=WORKSPACE,
        key=KEY,
        buckets=step.billed,
        output=step.output,
        logged=step.cause != "hidden",
    )
