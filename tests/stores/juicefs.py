"""JuiceFS gateway, MinIO's S3 front end, on one temporary directory."""

import subprocess
from pathlib import Path
from types import TracebackType

from devstack.process import free_ports
from tests.stores.process import Server, StoreFailure, answers, installed
from tests.stores.store import Store, Strictness

PROGRAM = Path(__file__).parents[2] / ".stores" / "juicefs" / "bin" / "juicefs"
REGION = "eu-central-1"
ACCESS_KEY = "root-user"
SECRET_KEY = "root-password"


class JuicefsStore:
    """`with JuicefsStore() as store:` a fresh, empty gateway; ended and removed on leaving.

    The store's key is MinIO's root user, who may do everything but AssumeRole;
    `tests.stores.users.add_user` makes one who may.
    """

    def __enter__(self) -> Store:
        """Raises StoreFailure when JuiceFS is not installed or does not start."""
        program = installed(PROGRAM)
        port, metrics_port = free_ports(2)
        self._server = Server("juicefs")
        directory = self._server.directory
        metadata = f"sqlite3://{directory}/metadata.db"
        try:
            self._format(program, metadata, directory)
            self._server.start(
                [
                    program,
                    "gateway",
                    # Buckets, stored ETags and user metadata: off unless asked for.
                    "--multi-buckets",
                    "--keep-etag",
                    "--object-meta",
                    "--object-tag",
                    # `http://bucket.localhost` as well, which some clients insist on.
                    "--domain=localhost",
                    "--no-banner",
                    "--no-usage-report",
                    "--no-bgjob",
                    "--backup-meta=0",
                    f"--cache-dir={directory}/cache",
                    f"--log={directory}/gateway.log",
                    # Its default port would clash between two stores at once.
                    f"--metrics=127.0.0.1:{metrics_port}",
                    "--no-agent",
                    metadata,
                    f"127.0.0.1:{port}",
                ],
                ready=answers(port),
                environ={
                    "MINIO_ROOT_USER": ACCESS_KEY,
                    "MINIO_ROOT_PASSWORD": SECRET_KEY,
                    "MINIO_SITE_REGION": REGION,
                },
            )
        except BaseException:
            self._server.stop()
            raise
        return Store(
            name="juicefs",
            endpoint=f"http://127.0.0.1:{port}",
            region=REGION,
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            strict=frozenset({Strictness.POST_POLICY, Strictness.STS}),
        )

    def _format(self, program: str, metadata: str, directory: Path) -> None:
        # Trash off: a test store has nothing to regret.
        result = subprocess.run(
            [
                program,
                "format",
                "--no-agent",
                "--storage=file",
                f"--bucket={directory}/objects/",
                "--trash-days=0",
                metadata,
                "tests",
            ],
            capture_output=True,
            text=True,
        )
        if result.returncode:
            raise StoreFailure(f"juicefs format failed:\n{result.stderr}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()
