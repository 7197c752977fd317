"""Off the caller's path: a bounded queue, and the thread that renders and writes.

Nothing here takes a lock that the collector could find taken: an answer that a caller dropped ends
while Python collects garbage, in any thread, in the middle of any statement.
"""

import atexit
import contextlib
import itertools
import multiprocessing
import os
import queue
import sys
import threading
import weakref
from collections import Counter

from connectors.recorder.exchange import Clock, Exchange, Watch
from connectors.recorder.faults import Faults
from connectors.recorder.files import Files
from connectors.recorder.line import Renderer, lost_line

EXIT_S = 2.0
"""How long the end of the process waits for a slow disk."""
MOST_WAITING = 4096
"""Calls that may wait; the sum of their sizes is taken at each put."""
_TELL_LOST_NS = 60 * 10**9
"""Losses of this long are told in one line."""
_Signal = threading.Event | None

_writers: "weakref.WeakSet[Writer]" = weakref.WeakSet()


class Writer:
    """Takes ended exchanges and appends them to the files."""

    def __init__(
        self, files: Files, renderer: Renderer, faults: Faults, max_bytes: int, clock: Clock
    ) -> None:
        self._files = files
        self._renderer = renderer
        self._faults = faults
        self._max_bytes = max_bytes
        self._clock = clock
        self._tickets = itertools.count()
        self.start_anew()
        _writers.add(self)

    def start_anew(self) -> None:
        """Begin with nothing; after a fork the parent's calls, thread and file are the parent's."""
        self._files.forget()
        self.open: dict[int, Watch] = {}
        self._waiting: dict[int, tuple[int, Exchange]] = {}
        self._bell: queue.SimpleQueue[_Signal] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._writing = threading.Lock()
        self._counting = threading.RLock()
        self._lost: Counter[str] = Counter()
        self._lost_since_ns = 0
        self._retired = False

    def ticket(self) -> int:
        """Give a number not given before."""
        return next(self._tickets)

    def put(self, exchange: Exchange) -> None:
        """Take an exchange to be written; when too much waits already it is lost and counted."""
        size = exchange.size()
        waiting = [other for other, _ in list(self._waiting.values())]
        if len(waiting) >= MOST_WAITING or sum(waiting) + size > self._max_bytes:
            self._faults.tell("the disk is too slow: calls are not written, and are counted")
            self.lose("queue full")
            return
        self._waiting[self.ticket()] = size, exchange
        self._ring(None)

    def lose(self, reason: str) -> None:
        """Count a call that will not be written; a line says so when one can be written again."""
        with self._counting:
            self._lost_since_ns = self._lost_since_ns or self._clock()
            self._lost[reason] += 1

    def flush(self, timeout_s: float) -> bool:
        """Wait until what was put is written; tell whether it was in time."""
        done = threading.Event()
        self._ring(done)
        if not self._runs():
            self._drain(tell_lost=True)
            return True
        return done.wait(timeout_s)

    def close(self, timeout_s: float) -> bool:
        """Flush, then close the file; a later put opens a new one."""
        in_time = self.flush(timeout_s)
        if self._writing.acquire(timeout=timeout_s if in_time else 0):
            with contextlib.suppress(OSError):
                self._files.close()
            self._writing.release()
        return in_time

    def retire(self) -> None:
        """Let the thread end once everything is written; nobody waits for it."""
        self._retired = True
        if self._runs():
            self._bell.put(None)

    def end(self) -> None:
        """Write what can be written before the process ends, answers that are under way too."""
        for watch in list(self.open.values()):
            watch.ended("exit")
        if (self._waiting or self._lost or self._runs()) and not self.close(EXIT_S):
            self._faults.tell("the process ended before the last calls were written")

    def _runs(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _ring(self, signal: _Signal) -> None:
        self._bell.put(signal)
        if self._runs() or not self._starting.acquire(blocking=False):
            return
        try:
            self._thread = threading.Thread(target=self._run, name="rebill-recorder", daemon=True)
            self._thread.start()
            _end_with_worker()
        except RuntimeError as error:  # no more threads, or the interpreter is closing
            self._faults.tell("the writer's thread cannot start; calls wait for the end", error)
        finally:
            self._starting.release()

    def _run(self) -> None:
        while True:
            signal = self._bell.get()
            self._drain(tell_lost=signal is not None)
            if signal is not None:
                signal.set()
            if self._retired and self._bell.empty():
                self._drain(tell_lost=True)
                with contextlib.suppress(OSError):
                    self._files.close()
                return

    def _drain(self, *, tell_lost: bool) -> None:
        with self._writing:
            for ticket in list(self._waiting):
                self._write(self._waiting[ticket][1])
                del self._waiting[ticket]
            if self._lost and (tell_lost or self._clock() - self._lost_since_ns > _TELL_LOST_NS):
                self._tell_lost()

    def _write(self, exchange: Exchange) -> None:
        try:
            line = self._renderer.line(exchange)
        except Exception as error:  # noqa: BLE001 - a fault here, or in the user's `redact`
            self._faults.tell("a call could not be made a line; it is counted as lost", error)
            self.lose("fault")
            return
        if line is None:
            self.lose("withheld")
        elif not self._append(line):
            self.lose("not written")

    def _tell_lost(self) -> None:
        with self._counting:
            counts, since_ns = dict(self._lost), self._lost_since_ns
        if self._append(lost_line(counts, since_ns, self._clock())):
            with self._counting:
                self._lost -= Counter(counts)
                self._lost_since_ns = self._clock() if self._lost else 0

    def _append(self, line: bytes) -> bool:
        try:
            self._files.append(line)
        except Exception as error:  # noqa: BLE001 - mostly the disk; the thread must live on
            self._faults.tell(
                f"{self._files.folder}: calls are not written, and are counted", error
            )
            return False
        return True


def _end_with_worker() -> None:
    """Write the rest when a `multiprocessing` worker ends: it leaves without `atexit`."""
    workers = sys.modules.get("multiprocessing.util")
    if workers is not None and multiprocessing.parent_process() is not None:
        workers.Finalize(None, _end_all, exitpriority=0)


def _start_all_anew() -> None:
    for writer in list(_writers):
        writer.start_anew()


def _end_all() -> None:
    for writer in list(_writers):
        writer.end()


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_all_anew)
