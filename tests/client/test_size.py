"""How much of the client a page loads."""

import gzip
import subprocess

from tests.client.generate import NPM, ROOT

KB = 1000
MOST = 11 * KB


def test_the_core_stays_small() -> None:
    """Bundled and minified as a front end does it, at most 11 KB on the wire."""
    command = [
        "node",
        str(NPM / "node_modules" / "esbuild-wasm" / "bin" / "esbuild"),
        str(ROOT / "client" / "asset-gateway.js"),
        *("--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=error"),
    ]
    bundle = subprocess.run(command, capture_output=True, check=True).stdout
    assert b"AssetGateway" in bundle
    size = len(gzip.compress(bundle, 9))
    print(f"{len(bundle)} bytes, {size} gzipped")
    assert size <= MOST
