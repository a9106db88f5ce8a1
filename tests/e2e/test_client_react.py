"""The hooks in a browser, in StrictMode, on the React that is published."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.client.bundling import bundled_program
from tests.client.generate import ROOT
from tests.e2e.client_in_page import with_client
from tests.e2e.site import Site

pytestmark = pytest.mark.browser

APP = """
import { createElement as h, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useAssets, useLinks, useUploads } from '%(client)s/react.js';

function Uploads({ gateway }) {
  const { items, totals, add, pause, resume, clear } = useUploads(gateway, { previews: false });
  Object.assign(window, { add, pause, resume, clear });
  return h('ul', { id: 'react-uploads', title: String(totals.done) },
    items.map(({ id, name, state }) => h('li', { key: id }, `${name} ${state}`)));
}
function Library({ gateway }) {
  const { assets, loading, refresh, remove } = useAssets(gateway, { order: undefined });
  Object.assign(window, { refresh, removeAsset: remove });
  const { links } = useLinks(gateway, assets.map(({ path }) => path));
  const shown = { id: 'react-library', title: String(loading) };
  return h('ol', shown, assets.map(({ path, filename }) => (
    h('li', { key: path }, h('a', { href: links[path]?.url }, filename)))));
}
function Renewed({ gateway }) {
  const { links } = useLinks(gateway, ['image/a']);
  return h('p', { id: 'renewed' }, links['image/a']?.url ?? 'none');
}
function Shown({ gateway, children }) {
  const [shown, show] = useState(true);
  window.show = show;
  return shown ? h('div', null, children) : null;
}
export function render(gateway, what) {
  const root = document.createElement('div');
  document.body.append(root);
  const part = { Uploads, Library, Renewed }[what];
  createRoot(root).render(h(StrictMode, null, h(Shown, null, h(part, { gateway }))));
}
"""


@pytest.fixture(scope="module")
def app() -> str:
    return bundled_program(APP % {"client": ROOT / "client"}, mode="development")


@pytest.fixture
def page(tab: Page, site: Site, app: str) -> Iterator[Page]:
    tab.route("**/app.js", lambda route: route.fulfill(body=app, content_type="text/javascript"))
    with_client(tab, site)
    yield tab


def render(page: Page, what: str, gateway: str = "gateway()") -> None:
    page.evaluate(f"async () => {{ (await import('/app.js')).render({gateway}, '{what}'); }}")


def test_uploads_follow_their_store(page: Page, site: Site) -> None:
    """Rendered as they go; taken off, nothing is told any more and nothing fails."""
    render(page, "Uploads")
    page.evaluate("() => add([file(1000, 'a.txt'), file(20, 'b.txt')], { kind: 'brand_kit' })")
    expect(page.locator("#react-uploads li")).to_have_text(["a.txt done", "b.txt done"])
    expect(page.locator("#react-uploads")).to_have_attribute("title", "2")
    page.evaluate("() => clear()")
    expect(page.locator("#react-uploads li")).to_have_count(0)
    page.evaluate("() => show(false)")
    expect(page.locator("#react-uploads")).to_have_count(0)
    page.evaluate("() => show(true)")
    page.wait_for_selector("#react-uploads", state="attached")
    page.evaluate("() => add([file(30, 'c.txt')], { kind: 'brand_kit' })")
    expect(page.locator("#react-uploads li")).to_have_text(["c.txt done"])
    assert len(site.stored_keys()) == 3


def test_the_library_loads_with_links(page: Page) -> None:
    """Assets and a link to each; what is removed goes."""
    page.evaluate("() => inTime(gateway().upload(file(10, 'note.txt'), { kind: 'brand_kit' }))")
    render(page, "Library")
    link = page.locator("#react-library a")
    expect(link).to_have_text(["note.txt"])
    page.wait_for_function(
        "() => document.querySelector('#react-library a').href.startsWith('http')"
    )
    page.evaluate(
        "async () => removeAsset((await gateway().list().page()).items.map(({ path }) => path))"
    )
    expect(link).to_have_count(0)


def test_the_library_shows_what_the_same_gateway_uploads(page: Page) -> None:
    """Without a refresh by the page; once nobody looks, nothing is asked for."""
    page.evaluate("() => { window.mine = gateway(); }")
    render(page, "Library", "mine")
    expect(page.locator("#react-library")).to_have_attribute("title", "false")
    page.evaluate("() => inTime(mine.upload(file(10, 'note.txt'), { kind: 'brand_kit' }))")
    expect(page.locator("#react-library a")).to_have_text(["note.txt"])
    page.evaluate("() => show(false)")
    expect(page.locator("#react-library")).to_have_count(0)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    page.evaluate("() => inTime(mine.upload(file(10, 'b.txt'), { kind: 'brand_kit' }))")
    page.evaluate("() => new Promise((resolve) => { setTimeout(resolve, 400); })")
    assert not [call for call in asked if call.startswith("GET") and "/v1/assets" in call]


def test_links_are_renewed_before_they_expire(page: Page) -> None:
    """A minute before, as long as the component is mounted; then nothing is asked for."""
    page.clock.install()
    page.evaluate(
        """() => {
          window.asked = 0;
          window.fake = {
            links: async ([path]) => {
              asked += 1;
              const expires = new Date(Date.now() + 900e3).toISOString();
              return [{ path, url: `link ${asked}`, expires_at: expires }];
            },
          };
        }"""
    )
    render(page, "Renewed", "fake")
    page.clock.run_for(1000)
    shown = page.locator("#renewed")
    expect(shown).to_have_text("link 1")
    page.clock.run_for(830_000)
    expect(shown).to_have_text("link 1")
    page.clock.run_for(20_000)
    expect(shown).to_have_text("link 2")
    page.evaluate("() => show(false)")
    page.clock.run_for(3600_000)
    assert page.evaluate("() => asked") == 2
