"""Why a store has nothing to replay, and what to do about it."""

from analyzer.errors import InputError
from analyzer.store import Store
from analyzer.words import counted

_MOST_REASONS = 3


def nothing_to_replay(store: Store, calls: int) -> InputError:
    """Tell an empty store, reports alone, files without calls, and calls without times apart."""
    return InputError(f"{store.path}: {_why(store, calls)}")


def _why(store: Store, calls: int) -> str:
    remedy = f"take logs in with `rebill ingest LOGS --store {store.path}`"
    if calls:
        return (
            f"holds {counted(calls, 'call')}, none with a time, so no day's price fits; take in "
            "a log of the same calls that tells when they were made, or name the column of times "
            "in a mapping (docs/mapping.md)"
        )
    ledger = store.ledger()
    if not ledger.files:
        return f"is empty; {remedy}"
    reported = len(store.usage_rows()) + len(store.cost_rows())
    if reported:
        return (
            f"holds the vendor's reports alone ({counted(reported, 'cell')}), and no call to "
            f"replay or to compare them with; {remedy}"
        )
    reasons = ", ".join(f"{one.reason} {one.lines:,}" for one in ledger.reasons[:_MOST_REASONS])
    return (
        f"holds no call: none in {counted(ledger.lines, 'line')} of "
        f"{counted(ledger.files, 'file')} ({reasons or 'all are empty'}); {remedy}"
    )
