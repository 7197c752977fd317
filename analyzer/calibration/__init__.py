"""How far the replay is from the bill, and the losses that no log explains."""

from analyzer.calibration.gaps import NOTE, calibrate

__all__ = ["NOTE", "calibrate"]
