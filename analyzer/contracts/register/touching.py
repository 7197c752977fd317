"""What of a register touches some days, as entered: for pages whose figures no entry moves."""

from datetime import date

from analyzer.contracts.register.file import Entry, Register
from analyzer.results.register import Adjustment


def touching(
    register: Register | None, first_day: date, last_day: date
) -> tuple[Adjustment, ...] | None:
    """Give the entries in their order, days inclusive; None without a register."""
    if register is None:
        return None
    return tuple(
        _adjustment(one)
        for one in register.entries
        if one.first_day <= last_day and one.last_day >= first_day
    )


def _adjustment(one: Entry) -> Adjustment:
    return Adjustment(
        name=one.name,
        trigger=one.trigger.name,
        first_day=one.first_day.isoformat(),
        last_day=one.last_day.isoformat(),
        workloads=one.workloads,
        amount=one.amount,
        method=one.method,
        sha256=one.sha256,
        raised_by=one.raised_by,
        raised_on=one.raised_on.isoformat(),
        signed_by=one.signed_by,
        status=one.status,
    )
