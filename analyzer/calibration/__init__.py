"""How far the replay is from the bill, and the losses that no log explains."""

from analyzer.calibration.backtest import CHOSEN, back_test
from analyzer.calibration.fitting import fit_all
from analyzer.calibration.gaps import calibrate

__all__ = ["CHOSEN", "back_test", "calibrate", "fit_all"]
