"""Which rows hang together, by links between two of them."""

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


def components(rows: int, one: Rows, two: Rows) -> Rows:
    """Give each row the least row it hangs together with."""
    least = np.arange(rows, dtype=np.int64)
    while len(one):
        left, right = least[one], least[two]
        apart = left != right
        one, two = left[apart], right[apart]
        np.minimum.at(least, np.maximum(one, two), np.minimum(one, two))
        while not np.array_equal(least, further := least[least]):
            least = further
    return least


def nearest_pairs(rows: int, one: Rows, two: Rows) -> Rows:
    """Give the places of the links that are kept when each, in order, takes two rows still free.

    A link that comes first at both its ends is kept, whatever else there is; so each round settles
    many at once.
    """
    left, kept = np.arange(len(one), dtype=np.int64), []
    first = np.empty(rows, dtype=np.int64)
    free = np.ones(rows, dtype=np.bool_)
    while len(left):
        for ends in (one[left], two[left]):
            first[ends] = len(one)
        for ends in (one[left], two[left]):
            np.minimum.at(first, ends, left)
        sure = left[(first[one[left]] == left) & (first[two[left]] == left)]
        kept.append(sure)
        free[one[sure]] = free[two[sure]] = False
        left = left[free[one[left]] & free[two[left]]]
    return np.sort(np.concatenate([*kept, left]))
