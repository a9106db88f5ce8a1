"""One environment for all clients (C36): proxies and private certificate authorities."""

from __future__ import annotations

import base64
import datetime
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app import http_clients
from app.auth.accounts import Accounts
from app.auth.jwks import JwksCache
from app.auth.sources import PublishedKeys
from app.aws.clients import LazyClient
from app.domain.errors import IdentityUnavailable, StorageUnavailable
from app.domain.events import AssetEvent, EventType
from app.events.queue import Message, Queue, QueueUnavailable
from app.events.webhooks import DeliveryFailed, WebhookSender
from app.s3.bulkhead import Bulkhead
from app.s3.client import S3Client
from app.s3.objects import Objects
from app.signing.addressing import BucketAddress
from app.signing.credentials import Credentials
from tests.auth.tokens import TokenMaker
from tests.events.backend import SECRET
from tests.s3.canned import KEY, SIGNER
from tests.s3.raw_store import Asked, RawStore, response
from tests.test_http_environment import clean  # noqa: F401  # pytest finds it by its name

KEYS = Credentials("AKIDEXAMPLE", "secret")
FACTS = [("ETag", '"e"'), ("Last-Modified", "Sun, 22 Nov 2026 12:00:00 GMT")]
EVENT = AssetEvent("evt_1", EventType.CREATED, "{}")
MESSAGE = Message("", "receipt", 1)


class Authority(NamedTuple):
    """A private authority's certificate, and a server's context with one that it issued."""

    bundle: Path
    server: ssl.SSLContext


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    key, name = ec.generate_private_key(ec.SECP256R1()), _named("a private authority")
    root = _certificate(name, name, key.public_key(), key, ca=True)
    own = ec.generate_private_key(ec.SECP256R1())
    leaf = _certificate(_named("server"), name, own.public_key(), key, ca=False)
    bundle, chain = folder / "authority.pem", folder / "server.pem"
    bundle.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    chain.write_bytes(
        leaf.public_bytes(serialization.Encoding.PEM)
        + own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return Authority(bundle, context)


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.DNSName("inside.test")]
    identifier = x509.SubjectKeyIdentifier.from_public_key(signer.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(signer, hashes.SHA256())
    )


def everything(asked: Asked) -> Iterable[bytes]:
    """Each service's answer, by what is asked."""
    if asked.method == "HEAD":
        yield response("200 OK", b"", FACTS)
    elif asked.target.endswith("jwks.json"):
        yield response("200 OK", JWKS)
    else:
        yield response("200 OK", b"{}", [("Content-Type", "application/x-amz-json-1.0")])
    yield b""


JWKS = json.dumps(TokenMaker().jwks()).encode()


def look(origin: str) -> None:
    address = BucketAddress.of("media", "eu-central-1", endpoint=origin, style="path")
    assert Objects(S3Client(SIGNER, address, Bulkhead(2))).head(KEY) is not None


def fetch_keys(origin: str) -> None:
    assert JwksCache(PublishedKeys(f"{origin}/jwks.json")).load()


def check_account(origin: str) -> None:
    Accounts("eu-central-1", origin).check("a token")


def tell(origin: str) -> None:
    def resolve(host: str, _port: int) -> list[str]:
        if host == "localhost":
            return ["127.0.0.1"]
        raise OSError("a name that is known to the proxy alone")

    WebhookSender(f"{origin}/hook", [SECRET], resolve=resolve).send(EVENT)


def delete_message(origin: str) -> None:
    sqs = LazyClient("sqs", "eu-central-1", endpoint=origin, keys=KEYS)
    Queue(sqs, f"{origin}/1/queue").delete(MESSAGE)


CLIENTS: dict[str, Callable[[str], None]] = {
    "store": look,
    "JWKS": fetch_keys,
    "accounts": check_account,
    "webhooks": tell,
    "SQS": delete_message,
}
FAILURES = (StorageUnavailable, IdentityUnavailable, DeliveryFailed, QueueUnavailable)


class Proxy:
    """A proxy on loopback that knows every name of ``.test``; ``seen`` is what it was asked."""

    def __init__(self, credentials: str = "") -> None:
        encoded = base64.b64encode(credentials.encode()).decode()
        self._wanted = f"Basic {encoded}" if credentials else None
        self.seen: list[str] = []

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threads = [threading.Thread(target=self._accept)]
        self._threads = threads
        threads[0].start()
        try:
            yield self
        finally:
            self._listener.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()
            self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                thread = threading.Thread(target=self._serve, args=(self._listener.accept()[0],))
                self._threads.append(thread)
                thread.start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError), line:
            line.settimeout(10)
            head = b""
            while b"\r\n\r\n" not in head:
                head += line.recv(65_536)
            method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
            if self._wanted and f"proxy-authorization: {self._wanted}".lower() not in (
                head.decode("latin-1").lower()
            ):
                line.sendall(b"HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n")
                return
            self.seen.append(f"{method} {target}")
            if method == "CONNECT":
                port = int(target.rpartition(":")[2])
                line.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                rest = b""
            else:
                parts = urlsplit(target)
                port = parts.port or 80
                path = f"{parts.path}?{parts.query}" if parts.query else parts.path
                rest = head.replace(target.encode(), path.encode(), 1)
            with socket.create_connection(("127.0.0.1", port)) as upstream:
                upstream.sendall(rest)
                back = threading.Thread(target=_pump, args=(upstream, line))
                back.start()
                _pump(line, upstream)
                back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    for end, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with suppress(OSError):
            end.shutdown(how)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy"])
def test_c36_every_client_goes_by_the_proxy(
    client: str, variable: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C36: to a name that the proxy alone can resolve, with TLS to the server itself."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    with RawStore(everything, authority.server) as server, Proxy().running() as proxy:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
        CLIENTS[client](f"https://inside.test:{server.port}")
        assert proxy.seen == [f"CONNECT inside.test:{server.port}"]
        assert len(server.asked) == 1


@pytest.mark.parametrize("client", CLIENTS)
def test_c36_plain_http_goes_by_its_own_proxy(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """C36: the whole URL is asked of it, and the server sees the host that was signed; the proxy's
    password is sent to it, and no further."""
    with RawStore(everything) as server, Proxy("user:p@ss word").running() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:p%40ss%20word@127.0.0.1:{proxy.port}")
        CLIENTS[client](f"http://inside.test:{server.port}")
        assert len(proxy.seen) == 1
        assert f" http://inside.test:{server.port}/" in proxy.seen[0]
        assert server.asked[0].headers["host"] == f"inside.test:{server.port}"


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_c36_every_client_trusts_the_private_authority(
    client: str, variable: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C36: named by any of the three variables, alone."""
    monkeypatch.setenv(variable, str(authority.bundle))
    with RawStore(everything, authority.server) as server:
        CLIENTS[client](f"https://localhost:{server.port}")
        assert len(server.asked) == 1


@pytest.mark.parametrize("client", CLIENTS)
def test_c36_an_authority_that_nobody_named_is_not_trusted(
    client: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C36: the server is asked nothing."""
    monkeypatch.setattr("app.s3.client._BACKOFF_SECONDS", 0)
    with RawStore(everything, authority.server) as server:
        with pytest.raises((*FAILURES, AssertionError)):
            CLIENTS[client](f"https://localhost:{server.port}")
        assert server.asked == []


@pytest.mark.parametrize("client", CLIENTS)
def test_c36_no_proxy_is_obeyed(
    client: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C36: a host that NO_PROXY names is reached directly."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    monkeypatch.setenv("NO_PROXY", "localhost,.internal")
    with RawStore(everything, authority.server) as server, Proxy().running() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        CLIENTS[client](f"https://localhost:{server.port}")
        assert proxy.seen == []


@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "[fd00:ec2::254]"])
def test_t41_a_proxy_is_not_asked_for_the_metadata_service(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T41: an address that is written as such is refused, whoever would connect to it."""
    with Proxy().running() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(DeliveryFailed, match="link-local"):
            WebhookSender(f"http://{host}/", [SECRET]).send(EVENT)
        assert proxy.seen == []


def test_t41_a_name_that_leads_there_is_refused_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """T41: as far as it can be known here; names that nobody here knows are the proxy's."""
    with Proxy().running() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        sender = WebhookSender(
            "http://rebinding.test/", [SECRET], resolve=lambda *_: ["169.254.169.254"]
        )
        with pytest.raises(DeliveryFailed, match="link-local"):
            sender.send(EVENT)
        assert proxy.seen == []


@pytest.mark.parametrize("where", ["CONNECT", "header", "body"])
def test_t56_a_deadline_bounds_every_byte_of_an_answer(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T56: of a proxy to CONNECT, of headers, of a body, each of which could drip for hours."""
    whole = response("200 OK", b"x" * 1000)

    def respond(_: Asked) -> Iterable[bytes]:
        if where == "body":
            yield whole[:-900]
        yield from server.drip(whole, 0.05)

    with RawStore(respond) as server:
        url = f"{server.endpoint}/"
        if where == "CONNECT":
            monkeypatch.setenv("HTTPS_PROXY", server.endpoint)
            url = "https://inside.test/"
        pool = http_clients.pool_for(url)
        began = time.monotonic()
        with pytest.raises(urllib3.exceptions.HTTPError), http_clients.deadline(0.4):
            pool.request("GET", url)
        assert 0.4 <= time.monotonic() - began < 20


def test_a_deadline_ends_with_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next request over the same connection has its own time, and the usual patience."""
    now = [0.0]
    monkeypatch.setattr(http_clients.time, "monotonic", lambda: now[0])

    with RawStore(lambda _: [response("200 OK", b"x")]) as server:
        pool = http_clients.pool_for(server.endpoint)
        with http_clients.deadline(30):
            assert pool.request("GET", f"{server.endpoint}/").status == 200
        now[0] += 60
        assert pool.request("GET", f"{server.endpoint}/").status == 200
        assert server.connections == 1
        with http_clients.deadline(30) as ends_at, pytest.raises(urllib3.exceptions.HTTPError):
            now[0] = ends_at
            pool.request("GET", f"{server.endpoint}/")
