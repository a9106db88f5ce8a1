"""Whoever connects while the server stops: turned away before they are connected.

A worker that stops accepts all that wait, then closes its listener. The kernel resets whoever it
connects between the two: on an overloaded machine one request in 25 stops was lost so. A filter on
the listener that drops what opens a connection shuts that gap: the client's kernel asks once more,
and is refused.

Only when the whole server stops for good. The listener is one for all processes: on a reload new
workers go on with it, after an upgrade another master.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

_SO_ATTACH_FILTER = 26  # asm-generic/socket.h; Python's socket does not name it
_TCP_FLAGS = 13  # offset in the header, RFC 9293 3.1
_SYN, _SYN_OR_ACK = 0x02, 0x12
#: Classic BPF (linux/filter.h): code, jump if true, jump if false, operand.
_DROP_OPENINGS = (
    (0x30, 0, 0, _TCP_FLAGS),  # load the byte
    (0x54, 0, 0, _SYN_OR_ACK),  # and
    (0x15, 0, 1, _SYN),  # a SYN without ACK?
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFF),  # keep
)


def turn_away(listeners: Sequence[socket.socket]) -> None:
    """Let nobody else connect to ``listeners``; elsewhere than on Linux nothing happens."""
    if not sys.platform.startswith("linux"):
        return
    code = b"".join(struct.pack("HBBI", *each) for each in _DROP_OPENINGS)
    buffer = ctypes.create_string_buffer(code)
    # struct sock_fprog: how many, and where.
    program = struct.pack("HP", len(_DROP_OPENINGS), ctypes.addressof(buffer))
    for listener in listeners:
        # Unix sockets have no such openings; a sandbox may forbid filters.
        if listener.family in (socket.AF_INET, socket.AF_INET6):
            with suppress(OSError):
                listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def turn_away_at_the_end(arbiter: Any) -> None:
    """Have gunicorn's ``arbiter`` do so before it closes its listeners for good."""
    stop = arbiter.stop

    def stop_for_good(graceful: bool = True) -> None:
        if arbiter.reexec_pid == arbiter.master_pid == 0 and not arbiter.systemd:
            turn_away([each.sock for each in arbiter.LISTENERS])
        stop(graceful)

    arbiter.stop = stop_for_good
