"""The whole local stack as a front end meets it: page, gateway, store, each on its own origin."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from devstack.account import Stack
from devstack.edge_keys import KeyPair
from devstack.edge_serving import serving_edge
from devstack.pages import Pages
from devstack.process import HOST, free_port, wait_until_answers
from devstack.testing import running_store
from tests.stores.cors import CorsProxy
from tests.stores.store import Store

ROOT = Path(__file__).parents[2]
PASSWORD = "Analytical-3ngine!"
MIB = 1024**2
# Small parts, so that few bytes make many of them.
PARTS = {"PART_SIZE_BYTES": str(5 * MIB), "MULTIPART_THRESHOLD_BYTES": str(10 * MIB)}


@dataclass
class Gateway:
    """gunicorn on a port of its own; `stop` and `start` again where it was, as a deploy would."""

    environment: dict[str, str]
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--bind", f"{HOST}:{self.port}", "wsgi:app"]
        environment = os.environ | self.environment | {"WEB_CONCURRENCY": "2"}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment)
        try:
            wait_until_answers(f"http://{HOST}:{self.port}/healthz", alive=self.runs)
        except BaseException:
            self.stop()
            raise

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Site:
    """Where everything is, and who uses it.

    `page` is the front end's exact origin, `storage` the address to which browsers send bytes;
    `stack` holds the users, and the bytes too unless `line` leads to another store.
    """

    page: str
    gateway: Gateway
    stack: Stack
    storage: str
    bucket: str
    s3: Any
    line: CorsProxy | None = None
    email: str = ""
    password: str = PASSWORD
    sub: str = ""
    #: The local CloudFront, where links lead.
    edge: str = ""

    def for_somebody_new(self) -> "Site":
        """The same site, used by a user who has nothing in it yet."""
        email = f"{uuid4().hex[:12]}@example.com"
        sub = self.stack.create_user(email, self.password)
        return replace(self, email=email, sub=sub)

    def token(self) -> str:
        return str(self.stack.sign_in(self.email, self.password)["AccessToken"])

    def stored_keys(self) -> set[str]:
        """Every key the user's space holds now, previews aside."""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=f"users/{self.sub}/")
        keys = {item["Key"] for item in found.get("Contents", [])}
        return {key for key in keys if "/ !preview." not in key}

    def stored(self, key: str) -> bytes:
        answer = self.s3.get_object(Bucket=self.bucket, Key=key)
        return bytes(answer["Body"].read())

    def unfinished(self) -> list[str]:
        """Keys of the user's multipart uploads that are neither completed nor aborted."""
        found = self.s3.list_multipart_uploads(Bucket=self.bucket, Prefix=f"users/{self.sub}/")
        return [upload["Key"] for upload in found.get("Uploads", [])]


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def page_server(port: int, gateway: str, stack: Stack) -> Iterator[None]:
    """The demo page and the client, on a thread of this process."""
    config = {
        "gateway": gateway,
        "cognito": {
            "endpoint": stack.endpoint,
            "region": stack.region,
            "clientId": stack.client_id,
        },
        "demo": None,
    }
    pages = Pages(config, ROOT / "devstack" / "page", ROOT / "client")
    # An empty page of the same origin as well, without a policy of its own: tests fill it.
    blank = Response("<!doctype html><title>Test</title>", mimetype="text/html")
    served = DispatcherMiddleware(pages, {"/blank": blank})
    server = make_server(HOST, port, served, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def running_site(*, with_line: bool = False, **settings: str) -> Iterator[Site]:
    """The local stack; `settings` are variables of the gateway's environment.

    `with_line` puts a `line` that tests can spoil between browsers and the store.
    """
    page_port = free_port()
    origin = f"http://localhost:{page_port}"
    pair = KeyPair.fresh()
    with (
        running_store(origins=[origin]) as stack,
        serving_edge(stack, pairs=[pair], origins=[origin]) as edge,
        CorsProxy(stack.endpoint) if with_line else nullcontext() as line,
    ):
        storage = line.endpoint if line else stack.endpoint
        environment = stack.gateway_environment([origin]) | pair.gateway_environment(edge)
        pages = {"SHARE": "share", "REQUEST": "request"}
        environment |= {f"{name}_PAGE_URL": f"{origin}/{page}.html" for name, page in pages.items()}
        environment |= {"CLOUDFRONT_COOKIE_DOMAIN": "localhost", "S3_PUBLIC_ENDPOINT": storage}
        environment |= PARTS | settings
        site = Site(
            origin,
            Gateway(environment, free_port()),
            stack,
            storage=storage,
            bucket=stack.bucket,
            s3=stack.client("s3"),
            line=line,
            edge=edge,
        )
        with _running(site, page_port):
            yield site


@contextmanager
def site_on(
    store: Store, stack: Stack, *, page_port: int | None = None, **settings: str
) -> Iterator[Site]:
    """A site whose bytes go to `store`, over a `line` that tests can spoil; `stack` has its users.

    The gateway reaches the store directly: bad weather is the browser's alone. To sign in on the
    page, `stack` must have been started with its origin: name its port.
    """
    page_port = page_port or free_port()
    origin = f"http://localhost:{page_port}"
    with CorsProxy(store.endpoint) as line:
        bucket = store.create_bucket()
        environment = stack.gateway_environment([origin]) | {
            "S3_ENDPOINT": store.endpoint,
            "S3_PUBLIC_ENDPOINT": line.endpoint,
            "S3_REGION": store.region,
            "S3_BUCKET_NAME": bucket,
            "S3_ACCESS_KEY_ID": store.access_key,
            "S3_SECRET_ACCESS_KEY": store.secret_key,
        }
        site = Site(
            origin,
            Gateway(environment | PARTS | settings, free_port()),
            stack,
            storage=line.endpoint,
            bucket=bucket,
            s3=store.client(),
            line=line,
        )
        with _running(site, page_port):
            yield site


@contextmanager
def _running(site: Site, page_port: int) -> Iterator[None]:
    site.gateway.start()
    try:
        with page_server(page_port, site.gateway.url, site.stack):
            yield
    finally:
        site.gateway.stop()
