"""The browser client on the real stack: what it promises to the pages that use it."""

import json
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.e2e.client_in_page import expected, with_client
from tests.e2e.site import ROOT, Site


@pytest.fixture
def page(tab: Page, site: Site) -> Page:
    return with_client(tab, site)


def test_the_package_is_in_step_with_the_gateway() -> None:
    """No dependencies, the gateway's own version number, and every file that it names."""
    package = json.loads((ROOT / "client" / "package.json").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "dependencies" not in package
    assert package["version"] == project["version"]
    assert all([*(ROOT / "client").glob(name)] for name in package["files"])


@pytest.mark.browser
def test_an_upload_returns_the_verified_asset(page: Page, site: Site) -> None:
    """The asset has the file's facts, its metadata and SHA-256; the store has its bytes."""
    asset = page.evaluate(
        """async () => {
          const seen = [];
          const asset = await gateway().upload(file(70_000), {
            kind: 'brand_kit', projectId: undefined, metadata: { title: 'Überblick' },
            checksum: 'sha256',
            onProgress: ({ state, loaded, total }) => seen.push([state, loaded, total]),
          });
          return { ...asset, seen };
        }"""
    )
    seen = asset.pop("seen")
    assert asset["size"] == 70_000
    assert asset["metadata"] == {"title": "Überblick"}
    assert asset["checksum_sha256"]
    assert site.stored(asset["key"]) == expected(70_000)
    states = list(dict.fromkeys(state for state, _, _ in seen))
    assert states == ["hashing", "uploading", "verifying", "done"]
    assert seen[-1] == ["done", 70_000, 70_000]


@pytest.mark.browser
def test_a_form_post_works_as_well(page: Page, site: Site) -> None:
    """`method: 'post'` sends the policy's fields before the file."""
    asset = page.evaluate(
        "() => gateway().upload(file(5000), { kind: 'brand_kit', method: 'post' })"
    )
    assert site.stored(asset["key"]) == expected(5000)


@pytest.mark.browser
def test_a_put_that_fails_is_never_reported_as_success(page: Page, site: Site) -> None:
    """A store that keeps answering 500 makes the upload reject, and nothing is completed."""
    completed: list[str] = []
    page.on("request", lambda sent: completed.append(sent.url) if "complete" in sent.url else None)
    page.route(f"{site.storage}/**", lambda route: answer(route, 500))
    told = page.evaluate(
        "() => failure(gateway({ retries: 2 }).upload(file(100), { kind: 'brand_kit' }))"
    )
    assert told["name"] == "GatewayError"
    assert (told["slug"], told["status"]) == ("store-refused", 500)
    assert not completed


@pytest.mark.browser
def test_a_put_is_sent_again_after_a_passing_failure(page: Page, site: Site) -> None:
    """One 500, one lost connection, and then the bytes arrive whole."""
    failures: Iterator[Callable[[Route], None]] = iter(
        [lambda route: answer(route, 500), lambda route: route.abort()]
    )

    def stumble(route: Route) -> None:
        if route.request.method == "PUT" and (fail := next(failures, None)):
            fail(route)
        else:
            route.fallback()

    page.route(f"{site.storage}/**", stumble)
    asset = page.evaluate("() => gateway().upload(file(9000), { kind: 'brand_kit' })")
    assert site.stored(asset["key"]) == expected(9000)
    assert next(failures, None) is None


@pytest.mark.browser
def test_an_answer_that_got_lost_is_no_failure(page: Page, site: Site) -> None:
    """The bytes arrived, the answer did not: the retry meets a 412, and completion judges."""
    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method == "PUT" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.fallback()

    page.route(f"{site.storage}/**", lose_the_answer)
    asset = page.evaluate("() => gateway().upload(file(9000), { kind: 'brand_kit' })")
    assert lost == [200]
    assert site.stored(asset["key"]) == expected(9000)


@pytest.mark.browser
def test_a_token_function_is_asked_again_after_a_401(page: Page, site: Site) -> None:
    """The second answer of the function is used; calls that fail together ask it once."""
    asked = page.evaluate(
        """async (good) => {
          const asked = [];
          let current = 'stale.stale.stale';
          const client = gateway({ token: async ({ renew }) => {
            asked.push(renew);
            if (renew) current = good;
            return current;
          } });
          await Promise.all([client.list().page(), client.list().page(), client.list().page()]);
          return asked;
        }""",
        site.token(),
    )
    assert asked.count(True) == 1


@pytest.mark.browser
@pytest.mark.parametrize(
    "failure",
    [
        "new TypeError('Failed to fetch')",
        "Object.assign(new Error('A network error has occurred.'), { name: 'NetworkError' })",
        "new TypeError('Load failed')",
    ],
)
def test_a_token_that_the_network_kept_away_is_asked_for_again(
    page: Page, site: Site, failure: str
) -> None:
    """As fetch, Amplify and Safari put it: an upload does not end with the token's life."""
    asset = page.evaluate(
        f"""async (good) => {{
          let failures = 0;
          const client = gateway({{ token: async () => {{
            if (failures++ < 2) throw {failure};
            return good;
          }} }});
          return client.upload(file(500), {{ kind: 'brand_kit' }});
        }}""",
        site.token(),
    )
    assert asset["size"] == 500


@pytest.mark.browser
def test_a_token_that_is_refused_ends_it_at_once(page: Page) -> None:
    """Who is signed out is told so, by the function's own error."""
    told = page.evaluate(
        """async () => {
          let asked = 0;
          const client = gateway({ token: () => { asked += 1; throw new Error('signed out'); } });
          return [await failure(client.upload(file(500), { kind: 'brand_kit' })), asked];
        }"""
    )
    assert told == [{"name": "Error", "slug": None, "status": None, "message": "signed out"}, 1]


@pytest.mark.browser
def test_a_problem_document_comes_with_the_error(page: Page) -> None:
    """Status, slug, faults by pointer and the request's id are there for the page to use."""
    told = page.evaluate(
        """async () => {
          try {
            await gateway().upload(new File(['x'], 'x.exe', { type: 'application/x-msdownload' }));
          } catch (error) {
            const { status, slug, problem, requestId } = error;
            return { status, slug, problem, requestId, right: error instanceof GatewayError };
          }
        }"""
    )
    assert told["right"]
    assert (told["status"], told["slug"]) == (415, "unsupported-type")
    assert told["problem"]["title"]
    assert told["requestId"]


@pytest.mark.browser
def test_cancelling_leaves_nothing_behind(page: Page, site: Site) -> None:
    """The promise rejects with AbortError, and no object stays, even one that had arrived."""
    told = page.evaluate(
        """async () => {
          const controller = new AbortController();
          const upload = gateway().upload(file(9000), {
            kind: 'brand_kit', signal: controller.signal,
            onProgress: ({ state }) => state === 'verifying' && controller.abort(),
          });
          return failure(upload);
        }"""
    )
    assert told["name"] == "AbortError"
    assert not site.stored_keys()


@pytest.mark.browser
def test_a_paused_upload_waits_and_goes_on(page: Page, site: Site) -> None:
    """Nothing moves while it is paused; after resume the file arrives whole."""
    asset = page.evaluate(
        """async () => {
          const states = [];
          const upload = gateway().upload(file(9000), {
            kind: 'brand_kit', onProgress: ({ state }) => {
              if (state === 'uploading' && !states.includes('paused')) {
                states.push(state);
                upload.pause();
              }
              states.push(state);
            },
          });
          const soon = new Promise((resolve) => { setTimeout(resolve, 400, null); });
          const early = await Promise.race([upload, soon]);
          const waited = upload.state;
          upload.resume();
          return { ...await upload, early, waited };
        }"""
    )
    assert asset["early"] is None
    assert asset["waited"] == "paused"
    assert site.stored(asset["key"]) == expected(9000)


@pytest.mark.browser
def test_listing_walks_all_pages_and_links_keep_their_order(page: Page, site: Site) -> None:
    """Seven assets in pages of three come once each; links come in the order asked; all go."""
    told: dict[str, Any] = page.evaluate(
        """async () => {
          const client = gateway();
          const made = [];
          for (let n = 1; n <= 7; n += 1) {
            const options = { kind: 'brand_kit', projectId: undefined, filename: `f ${n}+ü.txt` };
            made.push((await client.upload(file(n), options)).path);
          }
          const listed = [];
          const list = client.list({ kind: 'brand_kit', limit: 3 });
          for await (const { path } of list) listed.push(path);
          const links = await client.links([...made].reverse());
          const bodies = await Promise.all(
            links.map(({ url }) => fetch(url).then((answer) => answer.text())));
          await Promise.all(made.map((path) => client.delete(path)));
          const left = await client.list({ kind: 'brand_kit' }).page();
          return { made, listed, order: links.map(({ path }) => path),
            sizes: bodies.map(({ length }) => length), left: left.items };
        }"""
    )
    assert told["listed"] == told["made"]
    assert told["order"] == told["made"][::-1]
    assert told["sizes"] == [7, 6, 5, 4, 3, 2, 1]
    assert told["left"] == []


def answer(route: Route, status: int) -> None:
    """Answer in the store's place, with CORS, as S3 does on errors too."""
    route.fulfill(
        status=status,
        headers={"Access-Control-Allow-Origin": "*"},
        content_type="application/xml",
        body="<Error><Code>InternalError</Code></Error>",
    )
