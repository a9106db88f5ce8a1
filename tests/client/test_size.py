"""How much of the client a page loads."""

import gzip

from tests.client.bundling import bundled
from tests.client.generate import ROOT

KB = 1000
MOST = 11 * KB
MOST_OF_ELEMENTS = 25 * KB


def zipped(bundle: str) -> int:
    size = len(gzip.compress(bundle.encode(), 9))
    print(f"{len(bundle)} characters, {size} gzipped")
    return size


def test_the_core_stays_small() -> None:
    """At most 11 KB on the wire."""
    bundle = bundled(ROOT / "client" / "asset-gateway.js")
    assert "AssetGateway" in bundle
    assert zipped(bundle) <= MOST


def test_the_elements_stay_small() -> None:
    """All three with the stores they stand on: at most 25 KB, without hls.js."""
    bundle = bundled(ROOT / "client" / "elements.js")
    assert "asset-gallery" in bundle
    assert zipped(bundle) <= MOST_OF_ELEMENTS
