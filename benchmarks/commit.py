"""Print what 50 commits on 10,000 paths of 36 months take, beside a loop over single paths.

The peer settles one path after another by the same rules with scalar arithmetic. It runs on a
hundredth of the paths; its time is scaled.
"""

import resource
import time
from fractions import Fraction

import numpy as np

from analyzer.contracts.commit.simulation import Floats, simulate
from analyzer.contracts.commit.terms import Carry, Terms

PATHS, MONTHS, COMMITS = 10_000, 36, 50
PEER_PATHS = 100
_OFF, _YEAR, _MINIMUM = 0.12, 12, 2.0


def main() -> None:
    """Time the plainest contract and one with every clause, and the peer on the plainest."""
    use = np.random.Generator(np.random.Philox(1)).lognormal(3, 0.4, (MONTHS, PATHS))
    commits = np.linspace(50, 500, COMMITS)
    print("| contract | seconds | peak MiB |\n|---|---|---|")
    plain = _timed(use, commits, full=False)
    print(f"| pool, overage at list | {plain:.2f} | {_peak_mib()} |")
    print(
        f"| ramp, minimum, carried credit | {_timed(use, commits, full=True):.2f} | {_peak_mib()} |"
    )
    began = time.perf_counter()
    slow = sum(_peer(use[:, path], commit) for path in range(PEER_PATHS) for commit in commits)
    peer = (time.perf_counter() - began) * PATHS / PEER_PATHS
    fast = sum(simulate(use[:, :PEER_PATHS], _terms(c, full=False)).total.sum() for c in commits)
    same = "equal" if abs(slow / float(fast) - 1) < 1e-9 else "DIFFERENT"  # noqa: PLR2004 - rounding
    print(
        f"| one path after another, scaled, totals {same} | {peer:.1f} | ratio {peer / plain:.0f} |"
    )


def _terms(commit: float, *, full: bool) -> Terms:
    amount, off = Fraction(commit), Fraction(3, 25)
    commits = (amount / 2 if full else amount, amount, amount)
    carry = Carry(Fraction(1, 2), _YEAR, "first") if full else None
    minimum = Fraction(_MINIMUM) if full else Fraction(0)
    return Terms(commits, (off,) * 3, (Fraction(0),) * 3, _YEAR, Fraction(0), minimum, carry)


def _timed(use: Floats, commits: Floats, *, full: bool) -> float:
    began = time.perf_counter()
    for commit in commits:
        simulate(use, _terms(float(commit), full=full), 0.005)
    return time.perf_counter() - began


def _peer(path: Floats, commit: float) -> float:
    total = 0.0
    for first in range(0, MONTHS, _YEAR):
        used = 0.0
        for month in range(first, first + _YEAR):
            net = (1 - _OFF) * path[month]
            own = min(net, commit - used)
            used += own
            total += own + (net - own) / (1 - _OFF)
        total += commit - used
    return float(total)


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
