"""Printed parts that add up to a printed total, also where that total is itself a difference."""

from collections.abc import Sequence
from fractions import Fraction

from reports.numbers import Unit, largest_remainder


def footed(parts: Sequence[Fraction], unit: Unit, target: int) -> list[int]:
    """Steps for parts that add up to `target`, by largest remainder.

    A difference of two rounded totals may lie a step beyond what remainders can reach; the largest
    part takes that step.
    """
    scaled = [part / unit.pico for part in parts]
    least = sum(int(part // 1) for part in scaled)
    within = min(max(target, least), least + len(parts))
    steps = largest_remainder(scaled, within)
    if steps and within != target:
        largest = max(range(len(parts)), key=lambda place: abs(parts[place]))
        steps[largest] += target - within
    return steps
