"""Faults of the recorder itself: each kind is logged once, and none reaches the caller."""

import contextlib
import logging

LOGGER = logging.getLogger("rebill.recorder")


class Faults:
    """What went wrong so far in one recorder."""

    def __init__(self) -> None:
        self._told: dict[str, object] = {}

    def tell(self, what: str, error: BaseException | None = None) -> None:
        """Log a fault when it is the first of its kind.

        An exception's message is left out: it may quote a prompt.
        """
        mark = object()
        if self._told.setdefault(what, mark) is not mark:  # two threads may come here at once
            return
        with contextlib.suppress(Exception):  # a log handler may be at fault too
            LOGGER.error("%s%s (said once; your calls go on)", what, _cause(error))


def _cause(error: BaseException | None) -> str:
    if error is None:
        return ""
    if isinstance(error, OSError) and error.strerror:
        return f": {error.strerror}"
    return f": {type(error).__name__}{_place(error)}"


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f" in {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
