"""Passes that each call needs under speculation, drawn from run-lengths; the one compiled loop.

Draws are keyed by (seed, request) and a running number, and by nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, chain

import numpy as np
import numpy.typing as npt

from analyzer.compiled import compiled
from analyzer.simulators.recordings import Recording
from analyzer.simulators.run_lengths import Distribution, Drawn

Int64s = npt.NDArray[np.int64]
UInt64s = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Asked:
    """Calls in any order, as arrays of one length."""

    requests: Int64s
    tokens: Int64s
    """Tokens each call has to make after its first."""
    rows: Int64s
    """Which of the run-lengths each call draws from."""


def count_passes(calls: Asked, drawn: Sequence[Drawn], seed: int) -> Int64s:
    """Count passes by call (rows) and drafts checked in them (columns)."""
    widest = max(item.checked_most for item in drawn)
    with np.errstate(over="ignore"):  # hashes wrap; plain Python would warn where numba does not
        return _walk(
            (calls.requests.view(np.uint64), calls.tokens, calls.rows),
            _thresholds(drawn),
            _recorded(drawn),
            np.zeros((len(calls.requests), widest + 1), np.int64),
            np.uint64(seed % 2**64),
        )


def _thresholds(drawn: Sequence[Drawn]) -> UInt64s:
    """Shares as 53-bit integers, so that a draw is compared exactly."""
    shares = [item.accepted_at_least if isinstance(item, Distribution) else () for item in drawn]
    thresholds = np.zeros((len(drawn), max(map(len, shares))), np.uint64)
    for row, falling in enumerate(shares):
        thresholds[row, : len(falling)] = [int(Fraction(share) * 2**53) for share in falling]
    return thresholds


def _recorded(drawn: Sequence[Drawn]) -> tuple[Int64s, Int64s, Int64s, Int64s, Int64s, Int64s]:
    """Give, by row, first answer, answers and drafts; then answers' ends and both lists, joined."""
    held = [item.answers if isinstance(item, Recording) else () for item in drawn]
    most = [item.drafted if isinstance(item, Recording) else item.checked_most for item in drawn]
    answers = list(chain.from_iterable(held))
    return (
        _int64([0, *accumulate(map(len, held))][:-1]),
        _int64(list(map(len, held))),
        _int64(most),
        _int64([0, *accumulate(len(answer.proposed) for answer in answers)]),
        _int64([n for answer in answers for n in answer.proposed]),
        _int64([n for answer in answers for n in answer.accepted]),
    )


def _int64(numbers: list[int]) -> Int64s:
    return np.array(numbers, np.int64)


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # splitmix64 (Steele, Lea and Flood 2014)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@compiled
def _mix(value: np.uint64) -> np.uint64:
    """Spread a 64-bit value: the splitmix64 finaliser."""
    value = (value ^ (value >> _30)) * _FIRST
    value = (value ^ (value >> _27)) * _SECOND
    return value ^ (value >> _31)


@compiled
def _walk(
    calls: tuple[UInt64s, Int64s, Int64s],
    thresholds: UInt64s,
    recorded: tuple[Int64s, Int64s, Int64s, Int64s, Int64s, Int64s],
    passes: Int64s,
    seed: np.uint64,
) -> Int64s:
    """Fill `passes`: a pass yields the model's own token and the drafts it accepts."""
    requests, tokens, rows = calls
    first, answers, drafted, ends, proposed, accepted = recorded
    for call in range(len(requests)):
        key = _mix(_mix(seed + _GOLDEN) ^ requests[call])
        row, left = rows[call], tokens[call]
        draws, place, end = 0, 0, 0
        while left > 0:
            if answers[row] == 0:
                draws += 1
                draw = _mix(key + np.uint64(draws) * _GOLDEN) >> _11
                passes[call, drafted[row]] += 1
                left -= 1
                for threshold in thresholds[row]:
                    if draw < threshold:
                        left -= 1
                continue
            if place >= end:
                draws += 1
                draw = _mix(key + np.uint64(draws) * _GOLDEN)
                answer = first[row] + np.int64(draw % np.uint64(answers[row]))
                place, end = ends[answer] + 1, ends[answer + 1]
                if draws == 1:
                    place += np.int64(_mix(draw + _GOLDEN) % np.uint64(end - place))
            checked = min(drafted[row], proposed[place], left - 1)
            taken = min(accepted[place], checked)
            passes[call, checked] += 1
            place += taken + 1
            left -= taken + 1
    return passes
