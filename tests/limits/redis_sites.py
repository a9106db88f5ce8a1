"""Redis as people run it at scale, on loopback: a cluster, Sentinel, TLS."""

from __future__ import annotations

import contextlib
import ipaddress
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from redis.crc import key_slot

from devstack.process import free_port, free_ports
from tests.limits.redis_server import RedisServer
from tests.stores.process import Server, StoreFailure, answers

SLOTS = 16_384


def until(true: Callable[[], bool], what: str) -> None:
    """Wait for what a server does in its own time."""
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(redis.RedisError):
            if true():
                return
        if time.monotonic() > deadline:
            raise StoreFailure(what)
        time.sleep(0.05)


class Cluster:
    """Three primaries, each with a replica."""

    def __init__(self) -> None:
        self.nodes = [
            RedisServer(
                *("--cluster-enabled", "yes"),
                *("--cluster-port", str(bus), "--repl-diskless-sync-delay", "0"),
                *("--cluster-replica-validity-factor", "0"),
            )
            for bus in free_ports(6)
        ]
        self.buses = [int(node.options[3]) for node in self.nodes]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    def start(self) -> None:
        for node in self.nodes:
            node.start()
        clients = [node.client() for node in self.nodes]
        for index, client in enumerate(clients[:3]):
            first, last = index * SLOTS // 3, (index + 1) * SLOTS // 3 - 1
            _command(client, "CLUSTER ADDSLOTSRANGE", first, last)
            _command(client, "CLUSTER SET-CONFIG-EPOCH", index + 1)
        for node, bus in zip(self.nodes[1:], self.buses[1:], strict=True):
            _command(clients[0], "CLUSTER MEET", "127.0.0.1", node.port, bus)
        for client in clients:
            until(lambda client=client: _met(client) == 6, "the nodes did not meet")  # type: ignore[misc]
        for primary, replica in zip(clients[:3], clients[3:], strict=True):
            _command(replica, "CLUSTER REPLICATE", _id(primary))
        for client in clients:
            until(lambda client=client: _is_well(client), "the cluster is not well")  # type: ignore[misc]
        for primary in clients[:3]:
            until(lambda primary=primary: _replicas(primary) == 1, "a replica did not come")  # type: ignore[misc]
        for client in clients:
            client.close()

    def primary_of(self, key: str) -> int:
        return key_slot(key.encode()) * 3 // SLOTS

    def kill_primary_of(self, key: str) -> None:
        self.nodes[self.primary_of(key)].kill()

    def fail_over(self, key: str) -> None:
        """Let the replica take over, and return when all others know.

        It is told to. Nodes that find out and vote need a short timeout, by which a busy machine
        loses others of them.
        """
        index = self.primary_of(key)
        with self.nodes[index + 3].client() as replica:
            _command(replica, "CLUSTER FAILOVER", "TAKEOVER")
            until(lambda: replica.info("replication")["role"] == "master", "nobody took over")
            heir = _id(replica)
        for other, node in enumerate(self.nodes):
            if other != index:
                with node.client() as client:
                    until(lambda client=client: _obeys(client, heir), "a node does not know")  # type: ignore[misc]

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()


class Sentinels:
    """A primary, its replica, and three Sentinels."""

    def __init__(self) -> None:
        self.primary = RedisServer("--repl-diskless-sync-delay", "0")
        self.replica = RedisServer(
            *("--replicaof", "127.0.0.1", str(self.primary.port)),
            *("--repl-diskless-sync-delay", "0"),
        )
        self._ports = free_ports(3)
        self._sentinels = [Server(f"sentinel-{port}") for port in self._ports]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        return f"redis+sentinel://{hosts}/main/0"

    def start(self) -> None:
        self.primary.start()
        self.replica.start()
        with self.primary.client() as client:
            until(lambda: _replicas(client) == 1, "the replica did not come")
        for sentinel, port in zip(self._sentinels, self._ports, strict=True):
            settings = sentinel.directory / "sentinel.conf"
            settings.write_text(
                f"port {port}\nbind 127.0.0.1\ndir {sentinel.directory}\n"
                f"sentinel monitor main 127.0.0.1 {self.primary.port} 2\n"
            )
            program = shutil.which("redis-server") or ""
            sentinel.start([program, str(settings), "--sentinel"], answers(port))
        with redis.Redis(port=self._ports[0]) as asked:
            until(
                lambda: (
                    len(asked.sentinel_sentinels("main")) == 2
                    and len(asked.sentinel_slaves("main")) == 1
                ),
                "the Sentinels did not meet",
            )

    def fail_over(self) -> None:
        """Kill the primary, and have its replica promoted at once: Sentinels that find out by
        themselves soon enough for a test would be misled by a busy machine."""
        self.primary.kill()
        with redis.Redis(port=self._ports[0]) as asked, self.replica.client() as client:
            until(lambda: bool(asked.sentinel_failover("main")), "no replica is fit")
            until(lambda: client.info("replication")["role"] == "master", "nobody took over")
            until(
                lambda: asked.sentinel_get_master_addr_by_name("main")[1] == self.replica.port,
                "the Sentinel does not know",
            )

    def stop(self) -> None:
        for sentinel in self._sentinels:
            sentinel.stop()
        self.primary.kill()
        self.replica.kill()


@contextlib.contextmanager
def tls_server(directory: Path) -> Iterator[str]:
    """The address of a Redis that speaks TLS alone, with the certificate that signs it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "redis")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    signed, secret = directory / "redis.crt", directory / "redis.key"
    signed.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    port = free_port()
    server = RedisServer(
        *("--tls-port", str(port), "--tls-cert-file", str(signed), "--tls-key-file", str(secret)),
        *("--tls-ca-cert-file", str(signed), "--tls-auth-clients", "no", "--requirepass", "sesame"),
    )
    server.start()
    try:
        yield f"rediss://:sesame@127.0.0.1:{port}/0?ssl_ca_certs={signed}"
    finally:
        server.kill()


def _command(client: redis.Redis, *words: str | int) -> Any:
    return client.execute_command(*words)  # type: ignore[no-untyped-call]


def _id(client: redis.Redis) -> str:
    found = _command(client, "CLUSTER MYID")
    return found.decode() if isinstance(found, bytes) else str(found)


def _met(client: redis.Redis) -> int:
    """Nodes that have shaken hands; the others may yet be forgotten."""
    return sum(
        "handshake" not in each["flags"] for each in _command(client, "CLUSTER NODES").values()
    )


def _obeys(client: redis.Redis, primary_id: str) -> bool:
    """Whether a node, or ``primary_id`` itself, has that as a primary of its healthy cluster."""
    nodes = _command(client, "CLUSTER NODES").values()
    [found] = [each for each in nodes if each["node_id"] == primary_id]
    return "master" in found["flags"] and bool(found["slots"]) and _is_well(client)


def _is_well(client: redis.Redis) -> bool:
    return str(_command(client, "CLUSTER INFO")["cluster_state"]) == "ok"


def _replicas(client: redis.Redis) -> int:
    found: Any = client.info("replication")
    states = [each["state"] for name, each in found.items() if name.startswith("slave")]
    return states.count("online")
