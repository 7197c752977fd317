"""What a service tier, a speed and a place of inference multiply every token rate by."""

from datetime import date
from fractions import Fraction

from analyzer.errors import PriceError
from analyzer.prices.schema import ModelRules

_STANDARD_TIER = (None, "", "standard")
_STANDARD_SPEED = (None, "", "standard", "normal")
CLOUD = "cloud"
"""Bedrock or Google Cloud, and the log leaves the endpoint open."""
_UNTOLD_GEO = (None, "", "not_available", CLOUD)
_STANDARD_GEO = (*_UNTOLD_GEO, "global")
_OTHER_SHOPS = (CLOUD, "regional", "global")


def is_fast(speed: str | None) -> bool:
    """Tell whether a speed is one that the vendor sells at its own price."""
    return speed not in _STANDARD_SPEED


def tier_factor(name: str, model: ModelRules, tier: str | None) -> Fraction:
    """Give the batch discount, or 1."""
    if tier in _STANDARD_TIER:
        return Fraction(1)
    if tier != "batch":
        raise PriceError(f"tier {tier}")
    if model.batch is None:
        raise PriceError(f"tier batch on {name}")
    return Fraction(model.batch)


def speed_factor(name: str, model: ModelRules, speed: str | None, day: date) -> Fraction:
    """Give the fast-mode multiplier of that day, or 1."""
    if not is_fast(speed):
        return Fraction(1)
    if speed != "fast":
        raise PriceError(f"speed {speed}")
    for period in model.fast:
        if period.holds(day):
            return Fraction(period.multiplier)
    # By month, so that a log of many days still counts as few reasons.
    raise PriceError(f"speed fast on {name} at {day:%Y-%m}")


def is_untold(geo: str | None) -> bool:
    """Tell whether a log leaves the place of inference open: the list price then stands in."""
    return geo in _UNTOLD_GEO


def is_elsewhere(geo: str | None) -> bool:
    """Tell whether a cloud that keeps its own dates of retirement may have served the call."""
    return geo in _OTHER_SHOPS


def geo_factor(name: str, model: ModelRules, geo: str | None) -> Fraction:
    """Give the multiplier for the place of inference, or 1.

    `us` is the Claude API's parameter; `regional` is a cloud's endpoint of one region or several.
    """
    if geo in _STANDARD_GEO:
        return Fraction(1)
    if geo == "regional":
        return Fraction(model.geo_regional)
    if geo != "us":
        raise PriceError(f"geo {geo}")
    if model.geo_us is None:
        raise PriceError(f"geo us on {name}")
    return Fraction(model.geo_us)
