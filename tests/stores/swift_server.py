"""A whole Swift on one device, run by the interpreter of `.stores/swift`.

    python swift_server.py DIRECTORY PROXY_PORT ACCOUNT_PORT CONTAINER_PORT OBJECT_PORT

DIRECTORY holds `swift.conf`, `NAME-server.conf` for each server, and receives rings and data.
Swift is imported once and forked four times: half a second instead of four interpreters.
"""

import ctypes
import os
import signal
import sys
from array import array

from swift.common import utils

directory, *ports = sys.argv[1:]
utils.set_swift_dir(directory)

# Nothing here outlives the tests, and half of what a PUT takes is waiting for the disk.
os.fsync = os.fdatasync = lambda fd: None

# These read swift.conf as they are imported, so they come after its place is known.
from swift.account import server as account_server  # noqa: E402, F401
from swift.common import db  # noqa: E402
from swift.common.ring.ring import RingData  # noqa: E402
from swift.common.wsgi import run_wsgi  # noqa: E402
from swift.container import server as container_server  # noqa: E402, F401
from swift.obj import server as object_server  # noqa: E402, F401
from swift.proxy import server as proxy_server  # noqa: E402, F401

PR_SET_PDEATHSIG = 1  # prctl(2), Linux
SERVERS = ("proxy", "account", "container", "object")

connect_durably = db.get_db_connection


def connect(*args, **options):  # type: ignore[no-untyped-def]  # Swift has no types
    """SQLite's own way to the same: no waiting for the disk, no journal in it."""
    connection = connect_durably(*args, **options)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = MEMORY")
    return connection


db.get_db_connection = connect


def save_ring(name: str, port: int) -> None:
    """Every partition on the one device; the ring builder's balancing has nothing to do here."""
    device = {
        "id": 0, "region": 1, "zone": 1, "weight": 1.0, "device": "d1", "meta": "",
        "ip": "127.0.0.1", "port": port,
        "replication_ip": "127.0.0.1", "replication_port": port,
    }  # fmt: skip
    part_power = 4
    ring = RingData([array("H", [0] * 2**part_power)], [device], 32 - part_power)
    ring.save(os.path.join(directory, f"{name}.ring.gz"))


for name, port in zip(SERVERS[1:], ports[1:], strict=True):
    save_ring(name, int(port))
for name in SERVERS:
    if os.fork() == 0:
        # Swift leaves the process group as daemons do; the kernel ends it with this process.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        sys.exit(run_wsgi(os.path.join(directory, f"{name}-server.conf"), f"{name}-server"))
# Three servers alone are no store: when one ends, all do.
os.wait()
