"""The negotiation report: what to commit to, from the need after levers to the list of asks."""

from reports.negotiation.page import render
from reports.twin import as_json

__all__ = ["as_json", "render"]
