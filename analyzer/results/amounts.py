"""What amounts, levers and grades are.

Money is `Fraction` pico-dollars (1e-12 USD), so that a Shapley part (a multiple of 1/24) and a
mean over seeds stay exact.
"""

from fractions import Fraction
from typing import Literal

Pico = Fraction
NOTHING = Pico(0)
Lever = Literal["output", "routing", "batch", "caching"]
LEVERS: tuple[Lever, ...] = ("output", "routing", "batch", "caching")
"""The four levers in their order of record; the serving effect is not among them."""
Grade = Literal["E1", "E2", "E3", "E4", "E5"]
