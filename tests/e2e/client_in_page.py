"""The browser client in a tab, with what tests need around it."""

from playwright.sync_api import Page

from tests.e2e.site import Site

# `gateway(options)` makes a client, `file(size, ...)` a small text, `video(size, name)` a file of
# bytes that do not repeat, `sha256(file)` its digest in hex, `failure(promise)` how it ended;
# `until(condition)` waits for what comes true.
SETUP = """async ({ endpoint, token }) => {
  const { AssetGateway, GatewayError } = await import('/client/asset-gateway.js');
  const pattern = (size) => Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) % 251);
  const HEAD = [0, 0, 0, 24, ...new TextEncoder().encode('ftypisom\\0\\0\\x02\\0isomiso2')];
  Object.assign(window, {
    AssetGateway, GatewayError,
    gateway: (options = {}) => new AssetGateway({ endpoint, token, ...options }),
    file: (size, name = 'a.txt', type = 'text/plain') => new File(
      [pattern(size).map((byte) => 97 + byte % 26)], name, { type, lastModified: 1 }),
    video: (size, name = 'clip.mp4') => {
      const bytes = new Uint8Array(size);
      const words = new Uint32Array(bytes.buffer, 0, size >> 2);
      for (let i = 0, x = 88675123; i < words.length; i += 1) {
        x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
        words[i] = x;
      }
      bytes.set(HEAD);
      return new File([bytes], name, { type: 'video/mp4', lastModified: 1 });
    },
    sha256: async (blob) => [...new Uint8Array(
      await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()))]
      .map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    // A promise that never settles would keep the test for ever: Playwright waits without limit.
    inTime: (promise) => Promise.race([promise, new Promise((_, reject) => {
      setTimeout(() => reject(new Error('not settled after two minutes')), 120e3);
    })]),
    until: (condition) => inTime((async () => {
      while (!condition()) await new Promise((resolve) => { setTimeout(resolve, 20); });
    })()),
    failure: async (promise) => {
      try { return { value: await inTime(promise) }; } catch (error) {
        return { name: error.name, slug: error.slug, status: error.status, message: error.message };
      }
    },
  });
}"""


def with_client(tab: Page, site: Site) -> Page:
    """The tab at the page's address, with `SETUP` done for the site's user."""
    tab.goto("/")
    tab.evaluate(SETUP, {"endpoint": site.gateway.url, "token": site.token()})
    return tab


def expected(size: int) -> bytes:
    """The bytes of `file(size)`."""
    return bytes(97 + (i * 31 + (i >> 8)) % 251 % 26 for i in range(size))
