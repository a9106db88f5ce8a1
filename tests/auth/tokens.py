"""Actors for tests: a pool that signs tokens, and the server that publishes its keys.

Tokens are put together from ``cryptography`` alone, so that a test may say anything in them, and
does not ask the library under test what is right.
"""

from __future__ import annotations

import base64
import functools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Testing01"
CLIENT_ID = "4testclient0000000000000aa"
SUB = "0f8fad5b-d9cb-469f-a165-70867728950e"


class _Absent:
    def __repr__(self) -> str:  # test ids must be the same in every process
        return "ABSENT"


ABSENT: Any = _Absent()
"""As a claim's or header's value: leave it out."""


@functools.cache
def rsa_key(name: str = "first", bits: int = 2048) -> rsa.RSAPrivateKey:
    """One key per name and session: making one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def public_jwk(key: rsa.RSAPrivateKey, kid: str, /, **more: Any) -> dict[str, Any]:
    """The JWK that Cognito would publish for ``key``; ``more`` replaces members."""
    numbers = key.public_key().public_numbers()
    jwk = {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": kid,
        "n": b64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": b64url(numbers.e.to_bytes(3, "big")),
        **more,
    }
    return {name: value for name, value in jwk.items() if value is not ABSENT}


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def sign_rs256(key: rsa.RSAPrivateKey, signing_input: bytes) -> bytes:
    return key.sign(signing_input, padding.PKCS1v15(), hashes.SHA256())


class TokenMaker:
    """A user pool. ``maker(sub="alice")`` is a signed access token; claims override defaults."""

    def __init__(
        self,
        *,
        issuer: str = ISSUER,
        client_id: str = CLIENT_ID,
        kid: str = "test-key-1",
        key: rsa.RSAPrivateKey | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self.kid = kid
        self.key = key or rsa_key()
        self.clock = clock

    def jwks(self) -> dict[str, Any]:
        return {"keys": [public_jwk(self.key, self.kid)]}

    def claims(self, **claims: Any) -> dict[str, Any]:
        """What Cognito writes into an access token, or with ``token_use="id"`` an ID token."""
        now = int(self.clock())
        common = {
            "sub": SUB,
            "iss": self.issuer,
            "token_use": "access",
            "auth_time": now,
            "iat": now,
            "exp": now + 3600,
            "jti": "6f3e2c1a-0000-4000-8000-000000000001",
            "origin_jti": "6f3e2c1a-0000-4000-8000-000000000002",
        }
        if claims.get("token_use") == "id":
            own = {"aud": self.client_id, "cognito:username": "alice", "email": "a@example.com"}
        else:
            own = {
                "client_id": self.client_id,
                "username": "alice",
                "scope": "aws.cognito.signin.user.admin",
            }
        merged = {**common, **own, **claims}
        return {name: value for name, value in merged.items() if value is not ABSENT}

    def __call__(self, *, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        return self.sign(json.dumps(self.claims(**claims)).encode(), header or {})

    def sign(
        self,
        payload: bytes,
        header: Mapping[str, Any] | None = None,
        signer: Callable[[bytes], bytes] | None = None,
    ) -> str:
        """A token of any payload and any header, signed by ``signer`` (else RS256)."""
        merged = {"kid": self.kid, "alg": "RS256", **(header or {})}
        shown = {name: value for name, value in merged.items() if value is not ABSENT}
        signing_input = f"{b64url(json.dumps(shown).encode())}.{b64url(payload)}"
        sign = signer or functools.partial(sign_rs256, self.key)
        return f"{signing_input}.{b64url(sign(signing_input.encode()))}"


class JwksServer:
    """A JWKS address on loopback, as good or bad as a test wants it. A context manager.

    ``publish(maker)`` sets the answer; ``status``, ``body``, ``headers`` spoil it;
    ``silent()`` keeps it waiting; ``hits`` are the paths asked for.
    """

    def __init__(self, *makers: TokenMaker) -> None:
        self.hits: list[str] = []
        self._speaks = threading.Event()
        self._speaks.set()
        self.drip_seconds = 0.0
        self.publish(*makers)
        self._httpd = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._httpd.daemon_threads = True
        self._thread = threading.Thread(
            target=self._httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def publish(self, *makers: TokenMaker) -> None:
        self.answer_json({"keys": [jwk for maker in makers for jwk in maker.jwks()["keys"]]})

    def answer_json(self, document: Any) -> None:
        self.answer(200, json.dumps(document).encode())

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.status, self.body, self.headers = status, body, headers

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._httpd.server_port}/pool/.well-known/jwks.json"

    def __enter__(self) -> JwksServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Whoever asks is answered when the block ends."""
        self._speaks.clear()
        try:
            yield
        finally:
            self._speaks.set()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.hits.append(self.path)
                server._speaks.wait(60)
                try:
                    self.send_response(server.status)
                    for name, value in server.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(server.body)))
                    self.end_headers()
                    self._send_body()
                except OSError:
                    pass  # the client gave up, which is what some tests are about

            def _send_body(self) -> None:
                if not server.drip_seconds:
                    self.wfile.write(server.body)
                    return
                for byte in server.body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(server.drip_seconds)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


class Clock:
    """A clock that stands still until told otherwise. Seconds."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds
