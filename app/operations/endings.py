"""No worker misses the signal that ends it.

From its fork on until it has handlers of its own, a worker has its master's, which put a signal
into a queue that nobody reads: one that is stopped in that time would go on until it is killed
after the graceful timeout. On a busy machine that is a deployment that takes half a minute longer.
So signals wait, blocked, from before the fork until the worker can take them.
"""

from __future__ import annotations

import os
import signal

_ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
_is_registered = False


def hold_back() -> None:
    """In the master, right before a fork: it takes them again behind it, the worker does not."""
    global _is_registered
    if not _is_registered:
        os.register_at_fork(after_in_parent=take)
        _is_registered = True
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)


def take() -> None:
    """In a worker that has its handlers: what came meanwhile comes now."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
