"""Files whose bytes change after they were added: edited, or compressed on the way (C44)."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.site import Site
from tests.e2e.uppy.packages import FLAVOURS
from tests.e2e.uppy.test_uppy import Opened, opened  # noqa: F401 - a fixture

pytestmark = [pytest.mark.browser, pytest.mark.store]

# Colours that nothing compresses without loss.
PHOTO = """async () => {
  const canvas = new OffscreenCanvas(200, 150);
  const context = canvas.getContext('2d');
  const pixels = context.createImageData(200, 150);
  for (let i = 0; i < pixels.data.length; i += 65536) {
    crypto.getRandomValues(pixels.data.subarray(i, i + 65536));
  }
  for (let i = 3; i < pixels.data.length; i += 4) pixels.data[i] = 255;
  context.putImageData(pixels, 0, 0);
  window.photo = async (quality) => {
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality });
    return new File([blob], 'a.jpg', { type: blob.type });
  };
}"""
# What @uppy/image-editor does with what was edited.
EDIT = """async () => {
  const data = await photo(0.5);
  const id = uppy.addFile({ name: 'a.jpg', type: data.type, data });
  const edited = await photo(1);
  uppy.setFileState(id, { data: edited, size: edited.size, preview: undefined });
  await uppy.upload().catch(() => {});
  return { ...seen, sizes: [data.size, edited.size], meta: uppy.getFile(id).meta };
}"""
COMPRESS = """async (bundle) => {
  const { Compressor } = await import(`/npm/${bundle}/dist/uppy.min.mjs`);
  uppy.use(Compressor, { quality: 0.3 });
  uppy.on('error', (error) => seen.errors.push(String(error)));
  const data = await photo(1);
  uppy.addFile({ name: 'a.jpg', type: data.type, data });
  await uppy.upload().catch(() => {});
  const [{ data: sent, meta }] = uppy.getFiles();
  return { ...seen, sizes: [data.size, sent.size], meta };
}"""


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_c44_what_the_image_editor_changed_uploads(
    site: Site,
    opened: Opened,  # noqa: F811
    flavour: str,
) -> None:
    """C44: the size that is sent with the file is the one that it has in the end."""
    arrived(opened(site, flavour), site, EDIT)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_c44_what_the_compressor_made_smaller_uploads(
    site: Site,
    opened: Opened,  # noqa: F811
    flavour: str,
) -> None:
    """C44: it works after `upload()` was called; wherever it stands among the plugins."""
    arrived(opened(site, flavour), site, COMPRESS, "uppy-5" if flavour == "uppy-5" else "uppy-6")


def arrived(page: Page, site: Site, act: str, argument: Any = None) -> None:
    page.evaluate(PHOTO)
    told = page.evaluate(act, argument)
    assert told["errors"] == []
    before, after = told["sizes"]
    assert after != before
    assert told["meta"].get("size") in (after, None)
    [key] = site.stored_keys()
    assert len(site.stored(key)) == after
