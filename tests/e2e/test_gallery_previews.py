"""A gallery of films loads their small pictures, and no film."""

from collections import Counter

import pytest
from playwright.sync_api import Page, Route

from tests.e2e.made_gallery import made_gallery
from tests.e2e.site import Site

pytestmark = pytest.mark.browser

COUNT = 1000
FILMS = made_gallery(
    COUNT,
    """(i) => ({ kind: 'video', type: 'mp4',
      preview: { url: `/previews/${i}.png` }, link: { url: `/films/${i}.mp4` } })""",
)
# Every card comes into sight for as long as it takes to be noticed.
THROUGH = f"""
const seen = () => gallery.shadowRoot.querySelectorAll('.thumb img').length;
const page = document.documentElement;
while (cards().length < {COUNT} || scrollY + innerHeight < page.scrollHeight - 1) {{
  scrollBy(0, innerHeight / 2);
  await frame();
  await frame();
}}
await until(() => seen() === {COUNT});
window.ready = true;
"""


def test_1000_films_load_1000_pictures_and_no_film(tab: Page, site: Site, picture: bytes) -> None:
    """Each picture once, as its card comes into sight; of the films not one byte is asked for."""
    asked: Counter[str] = Counter()

    def answer(route: Route) -> None:
        asked[route.request.url.removeprefix(site.page)] += 1
        route.fulfill(body=picture, content_type="image/png")

    tab.route("**/previews/*", answer)
    tab.route("**/films/*", answer)
    tab.goto("/blank")
    tab.add_script_tag(content=f"{FILMS}{THROUGH}", type="module")
    tab.wait_for_function("() => window.ready")
    assert asked == {f"/previews/{i}.png": 1 for i in range(COUNT)}
