"""What vendors report of tokens and money: totals to reconcile logs with, never calls."""

from connectors.connector import Connector
from connectors.vendor import admin, analytics, claude_code, console, focus, invoice

CONNECTORS: tuple[Connector, ...] = (
    admin.CONNECTOR,
    analytics.CONNECTOR,
    claude_code.CONNECTOR,
    console.CONNECTOR,
    focus.CONNECTOR,
    invoice.CONNECTOR,
)
