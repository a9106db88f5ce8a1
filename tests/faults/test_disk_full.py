"""A full disk: what is written down is lost, and no request with it."""

from __future__ import annotations

import resource
from pathlib import Path

from tests.faults.servers import serving
from tests.stores.store import Store

NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())
#: Of each file in which a process counts (``gunicorn.conf.py``).
BYTES = 256 * 1024
LINKS_COUNTED = 'gateway_requests_total{method="POST",route="/v1/links"'


def test_log_lines_that_cannot_be_written_are_lost_alone(tmp_path: Path) -> None:
    """Standard output is full: requests are answered and counted, and on standard error there is
    one sentence a log, and neither a traceback nor a line that was lost."""
    settings = {"LOG_LEVEL": "INFO", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    with Path("/dev/full").open("wb") as full:
        with serving(NOWHERE, "bucket-one", stdout=full, **settings) as server:
            assert [server.links().status for _ in range(20)] == [200] * 20
            assert server.request("GET", "/v1/assets").status == 503
            assert server.metric(LINKS_COUNTED) == 20
            [worker] = server.workers()
            for kind in ("counter", "histogram"):
                file = (tmp_path / f"{kind}_{worker}.db").stat()
                assert file.st_size == BYTES, "it never grew"
                assert file.st_blocks * 512 >= BYTES, "every page of it is there"
            said = server.output().splitlines()
        assert set(said) == {"log lines cannot be written and are lost"}
        assert len(said) <= 3


def test_without_room_for_metrics_nothing_is_counted(tmp_path: Path) -> None:
    """The folder of the metrics takes no file of their size: the processes start, say so, answer
    everything, and export what others counted, which is nothing here."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES // 4, BYTES // 4))

    settings = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    with serving(NOWHERE, "bucket-one", limit=limit, **settings) as server:
        assert [server.links().status for _ in range(5)] == [200] * 5
        assert server.metric(LINKS_COUNTED) == 0
        assert "this process counts nothing" in server.output()
        assert "Traceback" not in server.output()
        assert list(tmp_path.glob("*.db")) == []
