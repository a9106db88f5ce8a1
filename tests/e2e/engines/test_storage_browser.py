"""Amplify's Storage Browser by docs/storage-browser.md, on credentials of `/s3/sts`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.engines.recipes import bundled_app, mounted, recipe
from tests.e2e.engines.tab import Tab
from tests.e2e.site import Site, site_on
from tests.e2e.test_playback import Caller
from tests.stores.store import Store
from tests.stores.tls import behind_tls
from tests.stores.users import add_user
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.whole]

NAME = "components/storage-browser.tsx"
CHOOSER = "[data-testid=amplify-file-select]"
#: What the recipe imports of an app's own: here the test says it.
OWN = """import { AssetGateway } from 'asset-gateway-client';
import { Amplify } from 'aws-amplify';
Amplify.configure({ Auth: { Cognito: { userPoolId: 'us-east-1_x', userPoolClientId: 'x' } } });
const { endpoint, token } = window as any;
export const gateway = new AssetGateway({ endpoint, token });
"""


@pytest.fixture(scope="module")
def module() -> str:
    """The recipe with its packages; its store is another than S3, as the page says how."""
    source = recipe("storage-browser.md", NAME)
    place = "      region,\n"
    told = source.replace(place, f"{place}      customEndpoint: (window as any).store,\n")
    assert told != source
    files = {NAME: told, "lib/gateway.ts": OWN, "main.tsx": mounted("Files", NAME)}
    return bundled_app(files)


@pytest.fixture(scope="module")
def shared_sts_site(shared_lined_site: Site, juicefs_store: Store) -> Iterator[Site]:
    """A site on a store that holds temporary credentials to their policy."""
    add_user(juicefs_store, "site-user", "site-secret")
    with site_on(
        juicefs_store,
        shared_lined_site.stack,
        S3_ACCESS_KEY_ID="site-user",
        S3_SECRET_ACCESS_KEY="site-secret",
        S3_UPLOAD_ROLE_ARN="arn:aws:iam::123456789012:role/uploads",
        STS_ENDPOINT=juicefs_store.endpoint,
    ) as site:
        yield site


@pytest.fixture(scope="module")
def door(juicefs_store: Store) -> Iterator[str]:
    with behind_tls(juicefs_store.endpoint) as host:
        yield host


@pytest.fixture
def site(shared_sts_site: Site) -> Site:
    return shared_sts_site.for_somebody_new()


def test_the_callers_folders_are_browsed(
    tab: Tab, site: Site, door: str, module: str, picture: bytes, tmp_path: Path
) -> None:
    """What the gateway took is found; what goes up there is the gateway's; deleted it is gone."""
    path = Caller(site).upload("logo.png", "image/png", picture)["path"]
    tab.goto(f"{site.page}/blank")
    tab.run(
        "(given) => { Object.assign(window, given); }",
        {"endpoint": site.gateway.url, "token": site.token(), "store": door},
    )
    tab.run_module(module)
    tab.click(f"users/{site.sub}/image/", "button")
    tab.click(f"{path.split('/')[1]}/", "button", exact=False)
    tab.see("logo.png")
    tab.click(f"{site.bucket}/users/{site.sub}/image", "nav button")
    tab.miss("logo.png")

    sky = tmp_path / "sky.png"
    sky.write_bytes(picture)
    tab.click("Menu Toggle")
    tab.click("Upload")
    tab.see("Add files")
    tab.run("(css) => document.querySelector(css).style.removeProperty('display')", CHOOSER)
    tab.choose(CHOOSER, sky)
    tab.see("sky.png")
    tab.click("Upload")
    tab.see("All files uploaded.")
    key = f"users/{site.sub}/image/sky.png"
    # The store shows another connection what it has taken a moment later.
    assert eventually(lambda: key in site.stored_keys()), tab.text()
    assert site.stored(key) == picture
    assert "image/sky.png" in {asset["path"] for asset in Caller(site).get("/v1/assets")["items"]}

    tab.click("Exit")
    tab.click("Select file", "label", exact=False)
    tab.click("Menu Toggle")
    tab.click("Delete")
    tab.see("Delete", "h2")
    tab.click("Delete")
    tab.see("deleted")
    assert eventually(lambda: site.stored_keys() == {f"users/{site.sub}/{path}"})
