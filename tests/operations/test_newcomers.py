"""Who is connected is served, who comes while the listener is about to close is refused."""

from __future__ import annotations

import errno
import select
import socket
import sys
from types import SimpleNamespace

import pytest

from app.operations.newcomers import turn_away, turn_away_at_the_end

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux has filters on sockets"
)


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_who_comes_too_late_is_refused_and_nobody_reset(
    family: socket.AddressFamily, host: str
) -> None:
    """The one before is answered; the one after waits for its second try, and is refused then."""
    try:
        listener = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {host}")
    with listener:
        address = listener.getsockname()
        with socket.create_connection(address[:2]) as early:
            turn_away([listener])
            late = socket.socket(family)
            late.setblocking(False)
            late.connect_ex(address)
            early.sendall(b"asked")
            accepted, _ = listener.accept()
            assert accepted.recv(10) == b"asked"
            accepted.close()
            listener.setblocking(False)
            with pytest.raises(BlockingIOError):
                listener.accept()
    with late:
        assert select.select([], [late], [], 30)[1]
        assert late.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED


@pytest.mark.parametrize(
    ("state", "turned_away"),
    [
        ({}, True),
        ({"reexec_pid": 7}, False),
        ({"master_pid": 7}, False),
        ({"systemd": True}, False),
    ],
)
def test_a_listener_that_lives_on_is_left_alone(
    state: dict[str, int], turned_away: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another master, or systemd, has it too."""
    calls: list[object] = []
    monkeypatch.setattr("app.operations.newcomers.turn_away", calls.append)
    arbiter = SimpleNamespace(
        stop=calls.append, LISTENERS=[], reexec_pid=0, master_pid=0, systemd=False
    )
    for name, value in state.items():
        setattr(arbiter, name, value)
    turn_away_at_the_end(arbiter)
    arbiter.stop(False)
    assert calls == ([[], False] if turned_away else [False])
