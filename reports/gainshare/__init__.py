"""The gainshare page: the baseline report, and with periods the verification report."""

from reports.gainshare.page import render
from reports.twin import as_json

__all__ = ["as_json", "render"]
