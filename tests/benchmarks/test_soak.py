"""The long run's judgement: what counts as flat, and that it sees what is not."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from benchmarks.soak import __main__ as soak
from benchmarks.soak.accounts import differences
from benchmarks.soak.client import Client
from benchmarks.soak.crowd import ACTS
from benchmarks.soak.judge import faults, trend
from benchmarks.soak.measure import ProcessSample, Sample, children, sample_process
from benchmarks.soak.record import Record, percentile
from benchmarks.soak.report import Run, document, markdown, picture
from benchmarks.soak.user import PNG, Content
from tests.auth.tokens import JwksServer, TokenMaker
from tests.coroutines import finish

MINUTES = 30


def run_of(
    memory: Callable[[float], float],
    descriptors: Callable[[float], int] = lambda minute: 60,
    threads: Callable[[float], int] = lambda minute: 17,
) -> list[Sample]:
    """Half an hour of one worker, by what it holds at each minute."""
    return [
        Sample(
            seconds,
            {
                "worker 1": ProcessSample(
                    memory(seconds / 60) + 30,
                    memory(seconds / 60) + 8,
                    memory(seconds / 60),
                    40,
                    descriptors(seconds / 60),
                    threads(seconds / 60),
                    seconds / 10,
                )
            },
            100,
            2.0,
        )
        for seconds in range(0, MINUTES * 60 + 1, 10)
    ]


def test_a_process_that_warms_up_and_stays_holds() -> None:
    """Growth in the first fifth, and a ripple after it, are no fault."""
    samples = run_of(lambda minute: 60 + 30 * min(1, minute / 5) + minute % 1)
    assert faults(samples, 0, 0) == []
    assert abs(trend(samples, "worker 1", lambda each: each.private).growth) < 0.01


def test_a_leak_is_seen() -> None:
    """2 MiB in half an hour are within the growth allowed, and 96 MiB in a day are not."""
    samples = run_of(lambda minute: 90 + minute / 15)
    assert trend(samples, "worker 1", lambda each: each.private).daily == pytest.approx(96)
    assert faults(samples, 0, 0) == ["worker 1: memory would grow by 96 MiB in a day"]
    assert len(faults(run_of(lambda minute: 90 + minute), 0, 0)) == 2


def test_descriptors_threads_errors_and_complaints_are_seen() -> None:
    """Each has its own sentence."""
    samples = run_of(lambda minute: 90, lambda minute: 60 + int(minute), lambda minute: int(minute))
    assert [fault.split(" ")[0] for fault in faults(samples, 3, 1)] == [
        "3",
        "1",
        "worker",
        "worker",
    ]


def test_too_short_a_run_has_no_trend() -> None:
    """Ten samples are the least."""
    with pytest.raises(ValueError):
        trend(run_of(lambda minute: 90)[:9], "worker 1", lambda each: each.private)


#: A process that nothing else opens or closes files in. It does the next thing at each line read.
MEASURED = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
sys.stdin.readline()
client = socket.create_connection(listener.getsockname())
accepted, _ = listener.accept()
print("met", flush=True)
sys.stdin.readline()
client.shutdown(socket.SHUT_WR)
print("left", flush=True)
sys.stdin.readline()
"""


def test_processes_are_measured() -> None:
    """A process has memory, threads and descriptors, and its parent knows it."""
    with subprocess.Popen(
        [sys.executable, "-c", MEASURED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout

        def goes_on() -> str:
            print(file=process.stdin, flush=True)
            return process.stdout.readline().strip() if process.stdout else ""

        port = int(process.stdout.readline())
        before = sample_process(process.pid, port)
        assert goes_on() == "met"
        found = sample_process(process.pid, port)
        assert goes_on() == "left"
        left = sample_process(process.pid, port)
        assert process.pid in children(os.getpid())
        goes_on()
    # The server's end is the users' connection; the client's is one like any other, and so is
    # what its user has left.
    assert (before.connections, found.connections, left.connections) == (0, 1, 0)
    assert [each.descriptors - before.descriptors for each in (found, left)] == [1, 2]
    assert found.resident > found.private > 1
    assert found.threads == 1
    assert found.descriptors > 2


def test_percentiles_are_values_that_occurred() -> None:
    """Nearest rank."""
    ordered = [float(value) for value in range(1, 101)]
    assert [percentile(ordered, share) for share in (0.5, 0.95, 0.99, 1)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.5) == 7


def test_the_report_tells_what_was_asked_and_what_was_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Routes with their times, memory, errors; the same as JSON, and a picture."""
    record = Record()
    for milliseconds in range(1, 101):
        record.answered("GET /v1/assets", 200, milliseconds / 1000)
    record.answered("store GET", 206, 0.01)
    record.failed("user 1, look: wrong")
    assert "user 1, look: wrong" in capsys.readouterr().out
    run = Run("swift", 500, MINUTES, record, run_of(lambda minute: 90), ["1 errors"], 10, 900)
    text = markdown(run)
    assert "| `GET /v1/assets` | 100 | 200 | 50.0 ms | 95.0 ms | 99.0 ms |" in text
    assert "| worker 1 | 90.0 MiB | 90.0 MiB | +0.0% |" in text
    assert document(run)["details"] == ["user 1, look: wrong"]
    assert "worker 1" in picture(run)


def test_the_client_asks_again_where_connections_are_not_kept() -> None:
    """Answers come whole, also from a server of HTTP/1.0."""
    tokens = TokenMaker()
    with JwksServer(tokens) as server:

        async def ask() -> list[int]:
            client = Client(int(server.url.split(":")[2].split("/")[0]), 2)
            answers = [await client.request("GET", "/pool", {}) for _ in range(3)]
            client.close()
            assert answers[0].json() == tokens.jwks()
            return [answer.status for answer in answers]

        assert finish(ask()) == [200, 200, 200]


def test_every_act_has_a_weight() -> None:
    """None is there only to be read."""
    assert all(weight > 0 for weight in ACTS.values())


def test_files_that_are_gone_left_or_changed_are_seen() -> None:
    """By key, by size, and by the MD5 that is the ETag of what came in one piece."""
    good, parts = Content(1, 100), Content(2, 200)
    etag = hashlib.md5(good.bytes(), usedforsecurity=False).hexdigest()
    assert good.bytes().startswith(PNG)
    promised = {"users/a/1": good, "users/a/2": parts}
    stored = {"users/a/1": (100, etag), "users/a/2": (200, "0-2")}
    assert differences(promised, stored) == []
    assert differences(promised, {"users/a/2": (200, "0-2")}) == ["users/a/1 is gone"]
    assert differences({}, {"users/a/2": (200, "0-2")}) == ["users/a/2 is nobody's"]
    for changed in ((100, "0" * 32), (99, etag)):
        changes = differences(promised, stored | {"users/a/1": changed})
        assert changes == ["users/a/1 is not as sent"]


def test_sigterm_ends_what_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Ctrl-C does: else store, gateway and worker would outlive the run."""

    def running(_store: str) -> None:
        raise KeyError(signal.getsignal(signal.SIGTERM))

    monkeypatch.setattr(soak, "running_site", running)
    monkeypatch.setattr(sys, "argv", ["soak"])
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(KeyError) as caught:
            soak.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert caught.value.args == (signal.default_int_handler,)
