"""OpenStack Swift behind its S3 front end: one device, one replica, one temporary directory."""

import getpass
import os
from pathlib import Path
from types import TracebackType

from devstack.process import free_ports
from tests.stores.process import Server, StoreFailure, answers, installed
from tests.stores.store import Store, Strictness

PYTHON = Path(__file__).parents[2] / ".stores" / "swift" / "bin" / "python"
REGION = "eu-central-1"
ACCESS_KEY = "test:tester"
SECRET_KEY = "testing"

# Without it Swift would have to be configured in /etc.
SWIFT_CONF = """\
[swift-hash]
swift_hash_path_prefix = tests
swift_hash_path_suffix = tests
"""

# No `cache`: it wants memcached, and a store that remembers nothing answers what is true now.
PROXY_CONF = """\
[DEFAULT]
{common}
client_chunk_size = 1048576
object_chunk_size = 1048576

[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats s3api tempauth bulk copy slo dlo \
versioned_writes symlink proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true

[filter:s3api]
use = egg:swift#s3api
location = {region}
max_upload_part_num = 10000

[filter:tempauth]
use = egg:swift#tempauth
user_{user} = {secret} .admin

[filter:slo]
use = egg:swift#slo
max_manifest_segments = 10000
max_manifest_size = 16777216

[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_object_versioning = true

"""

STORAGE_CONF = """\
[DEFAULT]
{common}
devices = {directory}/devices
mount_check = false
fallocate_reserve = 0

[pipeline:main]
pipeline = {name}-server

[app:{name}-server]
use = egg:swift#{name}
disk_chunk_size = 1048576
network_chunk_size = 1048576
"""

# A busy machine is no lost node. By its defaults Swift gives up on one within half a second, leaves
# it alone for a minute after ten such faults, and lists an object of which its container was told
# too late only once an updater has run, and here runs none.
COMMON = """\
swift_dir = {directory}
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
workers = 0
log_level = WARNING
conn_timeout = 60
node_timeout = 60
client_timeout = 120
container_update_timeout = 60
error_suppression_interval = 0
"""

PASSED_BY_NAME = ("catch_errors", "gatekeeper", "listing_formats", "bulk", "copy", "dlo", "symlink")


def check_attributes(directory: Path) -> None:
    """Raise StoreFailure where Swift would start and then answer every PUT with a 500."""
    try:
        os.setxattr(directory, "user.test", b"1")
    except OSError as error:
        raise StoreFailure(
            f"Swift keeps metadata in extended attributes, and {directory} has none ({error}): "
            "set TMPDIR to a directory on ext4, xfs or btrfs"
        ) from error


def write_configuration(directory: Path, ports: dict[str, int]) -> None:
    (directory / "devices" / "d1").mkdir(parents=True)
    (directory / "swift.conf").write_text(SWIFT_CONF)
    for name, port in ports.items():
        common = COMMON.format(directory=directory, port=port, user=getpass.getuser())
        if name == "proxy":
            text = PROXY_CONF.format(
                common=common, region=REGION, user=ACCESS_KEY.replace(":", "_"), secret=SECRET_KEY
            )
            text += "\n".join(f"[filter:{f}]\nuse = egg:swift#{f}\n" for f in PASSED_BY_NAME)
        else:
            text = STORAGE_CONF.format(common=common, directory=directory, name=name)
        (directory / f"{name}-server.conf").write_text(text)


class SwiftStore:
    """`with SwiftStore() as store:` a fresh, empty Swift; ended and removed on leaving."""

    def __enter__(self) -> Store:
        """Raises StoreFailure when Swift is not installed or does not start."""
        python = installed(PYTHON)
        names = ("proxy", "account", "container", "object")
        ports = dict(zip(names, free_ports(len(names)), strict=True))
        probes = [answers(port) for port in ports.values()]
        self._server = Server("swift")
        try:
            check_attributes(self._server.directory)
            write_configuration(self._server.directory, ports)
            script = str(Path(__file__).with_name("swift_server.py"))
            self._server.start(
                # -P: this folder has a `swift` too, and must not stand before the package.
                [python, "-P", script, str(self._server.directory), *map(str, ports.values())],
                ready=lambda: all(probe() for probe in probes),
            )
        except BaseException:
            self._server.stop()
            raise
        return Store(
            name="swift",
            endpoint=f"http://127.0.0.1:{ports['proxy']}",
            region=REGION,
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            strict=frozenset(
                {
                    Strictness.IF_NONE_MATCH,
                    Strictness.CHECKSUM_SHA256,
                    Strictness.UNSIGNED_AMZ_HEADERS,
                    Strictness.VERSIONING,
                }
            ),
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()
