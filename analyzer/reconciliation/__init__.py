"""The three-way match: logs, the vendor's reports, the invoice; and the discount they show."""

from analyzer.reconciliation.discounts import contract_discounts, in_force, shares
from analyzer.reconciliation.reading import Reports, Role, reports, stored_reports
from analyzer.reconciliation.threeway import reconcile

__all__ = [
    "Reports",
    "Role",
    "contract_discounts",
    "in_force",
    "reconcile",
    "reports",
    "shares",
    "stored_reports",
]
