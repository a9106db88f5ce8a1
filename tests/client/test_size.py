"""How much of the client a page loads."""

import gzip
import subprocess

from tests.client.generate import NPM, ROOT

KB = 1000
MOST = 11 * KB
MOST_OF_ELEMENTS = 25 * KB


def bundled(module: str) -> bytes:
    """The module as a front end bundles and minifies it."""
    command = [
        "node",
        str(NPM / "node_modules" / "esbuild-wasm" / "bin" / "esbuild"),
        str(ROOT / "client" / module),
        *("--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=error"),
    ]
    return subprocess.run(command, capture_output=True, check=True).stdout


def zipped(bundle: bytes) -> int:
    size = len(gzip.compress(bundle, 9))
    print(f"{len(bundle)} bytes, {size} gzipped")
    return size


def test_the_core_stays_small() -> None:
    """At most 11 KB on the wire."""
    bundle = bundled("asset-gateway.js")
    assert b"AssetGateway" in bundle
    assert zipped(bundle) <= MOST


def test_the_elements_stay_small() -> None:
    """All three with the stores they stand on: at most 25 KB, without hls.js."""
    bundle = bundled("elements.js")
    assert b"asset-gallery" in bundle
    assert zipped(bundle) <= MOST_OF_ELEMENTS
