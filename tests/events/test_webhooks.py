"""Webhooks go out signed, to where they were meant to go, and nowhere else."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import WebhookVerificationError

from app.domain.events import AssetEvent, EventType
from app.events.webhook_addresses import is_forbidden, resolve_name
from app.events.webhooks import DeliveryFailed, WebhookSender
from tests.events.backend import OTHER_SECRET, SECRET, running_backend

EVENT = AssetEvent("evt_1", EventType.CREATED, '{"type":"asset.created","data":{"ü":1}}')


def at_home(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def test_t41_a_webhook_is_signed_with_every_secret() -> None:
    """T41: while a secret is rotated, a receiver with either one is content; a third is not."""
    with running_backend() as backend:
        WebhookSender(backend.url, [SECRET, OTHER_SECRET]).send(EVENT)
    [delivery] = backend.deliveries
    assert delivery.verify(SECRET) == delivery.verify(OTHER_SECRET) == delivery.event
    with pytest.raises(WebhookVerificationError):
        delivery.verify("whsec_" + "A" * 32)
    assert delivery.id == EVENT.id
    assert abs(int(delivery.headers["webhook-timestamp"]) - time.time()) < 300
    assert delivery.headers["content-type"] == "application/json"


def test_path_and_query_are_kept() -> None:
    """The whole address is asked for."""
    with running_backend() as backend:
        WebhookSender(f"{backend.url}/a%20b?team=1", [SECRET]).send(EVENT)
    assert backend.deliveries[0].path == "/hook/a%20b?team=1"


def test_a_connection_serves_several_events() -> None:
    """Answers are read, so that the next event needs no new connection."""
    with running_backend() as backend:
        sender = WebhookSender(backend.url, [SECRET])
        for _ in range(3):
            sender.send(EVENT)
        [pool] = sender._pools.values()
        assert (pool.num_requests, pool.num_connections) == (3, 1)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 410, 429, 500, 503])
def test_t41_anything_but_success_is_a_failure_and_no_redirect_is_followed(status: int) -> None:
    """T41: the event comes again; where a redirect points, nothing is asked."""
    with running_backend() as backend, running_backend() as elsewhere:
        backend.answer = lambda _: status
        backend.answer_headers = {"location": elsewhere.url}
        with pytest.raises(DeliveryFailed, match=str(status)):
            WebhookSender(backend.url, [SECRET]).send(EVENT)
    assert len(backend.deliveries) == 1
    assert not elsewhere.deliveries


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "::ffff:169.254.169.254",
        "2002:a9fe:a9fe::1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "::a9fe:a9fe",
        "2001:0:c000:201::5601:5601",
        "::ffff:168.63.129.16",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "0.0.0.0",  # noqa: S104
        "::",
        "224.0.0.1",
    ],
)
def test_t41_the_metadata_service_is_never_asked(address: str) -> None:
    """T41: in whatever way the address is written, and if only one of a name's addresses is it."""
    assert is_forbidden(address)
    for found in ([address], ["127.0.0.1", address]):
        with running_backend() as backend:
            sender = WebhookSender(
                f"http://hooks.test:{backend.port}/", [SECRET], resolve=lambda *_, f=found: f
            )
            with pytest.raises(DeliveryFailed, match="link-local"):
                sender.send(EVENT)
        assert not backend.deliveries


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376"])
def test_t41_numbers_are_addresses_too(host: str) -> None:
    """T41: the system reads them as 169.254.169.254, and so do we."""
    assert resolve_name(host, 80) == ["169.254.169.254"]
    with pytest.raises(DeliveryFailed, match="link-local"):
        WebhookSender(f"http://{host}/", [SECRET]).send(EVENT)


def test_t41_the_address_that_was_looked_at_is_the_one_that_is_asked() -> None:
    """T41: the name is resolved once an event; a second answer would not be asked for."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    with running_backend() as backend:
        url = f"http://rebinding.test:{backend.port}/"
        sender = WebhookSender(url, [SECRET], resolve=lambda *_: answers.pop(0))
        sender.send(EVENT)
        assert len(answers) == 1
        assert backend.deliveries[0].headers["host"] == f"rebinding.test:{backend.port}"
        with pytest.raises(DeliveryFailed):
            sender.send(EVENT)
    assert len(backend.deliveries) == 1


def test_a_names_next_address_is_tried() -> None:
    """IPv6 first where nobody listens on it: the other address gets the event."""
    with running_backend() as backend:
        url = f"http://both.test:{backend.port}/"
        WebhookSender(url, [SECRET], resolve=lambda *_: ["::1", "127.0.0.1"]).send(EVENT)
    assert len(backend.deliveries) == 1


def test_t37_what_fails_is_told_without_the_address() -> None:
    """T37: a webhook's address may hold a key; no message quotes it."""
    with running_backend() as backend:
        url = f"{backend.url}?key=sesame"
    for sender in (
        WebhookSender(url, [SECRET]),
        WebhookSender("http://nowhere.invalid/sesame", [SECRET]),
        WebhookSender(f"http://{'long' * 16}.invalid/sesame", [SECRET]),
    ):
        with pytest.raises(DeliveryFailed) as caught:
            sender.send(EVENT)
        assert "sesame" not in str(caught.value)


@contextmanager
def cut_off_after(answer: bytes) -> Iterator[str]:
    """The URL of a back end that says ``answer`` to one request, then hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as line:
                asked = b""
                while not asked.endswith(EVENT.body.encode()):
                    asked += line.recv(65_536)
                line.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook?key=sesame"
        thread.join()


def test_t37_a_broken_answer_is_told_without_the_address() -> None:
    """T37: a back end that hangs up in the middle of the request is not quoted either."""
    with cut_off_after(b"") as url, pytest.raises(DeliveryFailed, match="failed") as caught:
        WebhookSender(url, [SECRET]).send(EVENT)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 10\r\n\r\nonly",
        b"Transfer-Encoding: chunked\r\n\r\nnonsense",
        b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone",
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_the_status_counts_though_the_body_breaks_off(status: int, rest: bytes) -> None:
    """What was taken is not sent again for a body that nobody reads."""
    with cut_off_after(b"HTTP/1.1 %d X\r\n%b" % (status, rest)) as url:
        sender = WebhookSender(url, [SECRET])
        if status == 200:
            sender.send(EVENT)
        else:
            with pytest.raises(DeliveryFailed, match="answered 500"):
                sender.send(EVENT)


def test_a_body_that_drips_keeps_nobody() -> None:
    """The status was said; a byte now and then would hold the thread for as long as it likes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        enough = threading.Event()

        def drip() -> None:
            with server.accept()[0] as line, suppress(OSError):
                line.recv(65_536)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while not enough.wait(0.1):
                    line.sendall(b".")

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        WebhookSender(f"http://127.0.0.1:{server.getsockname()[1]}/", [SECRET]).send(EVENT)
        assert time.monotonic() - began < 10
        enough.set()
        thread.join()


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate for ``name``, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


def test_https_is_to_the_name_though_it_goes_to_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate for the name is taken, one for another name is not."""
    for name, taken in (("hooks.test", True), ("other.test", False)):
        file = certificate(tmp_path, name)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        for named_first in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
            monkeypatch.delenv(named_first, raising=False)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        with running_backend(tls=context) as backend:
            sender = WebhookSender(f"https://hooks.test:{backend.port}/", [SECRET], resolve=at_home)
            if taken:
                sender.send(EVENT)
            else:
                with pytest.raises(DeliveryFailed, match="SSLError"):
                    sender.send(EVENT)
        assert len(backend.deliveries) == taken
