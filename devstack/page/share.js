/** What somebody sees who was sent a share's link: the gateway leads them here (`SHARE_PAGE_URL`). */

import { openShare } from '/client/asset-gateway.js';
import '/client/elements.js';
import { nameOf } from '/client/src/elements/packages.js';
import { $, words } from './dom.js';

const GONE = 'It may have expired, or its owner may have withdrawn it. Ask whoever sent it for a new one.';

/** The token stands in the fragment, which no browser sends to a server. */
async function open(token) {
  const settings = await (await fetch('/config.json')).json();
  let shared;
  try {
    shared = await openShare(settings.gateway, token);
  } catch (error) {
    $('share-title').textContent = 'This link does not work';
    $('share-note').textContent = error.status === 404 ? GONE : words.error(error);
    $('share-note').hidden = false;
    return;
  }
  document.title = nameOf(shared);
  $('share-title').textContent = nameOf(shared);
  $('share-note').textContent = shared.note ?? '';
  $('share-note').hidden = !shared.note;
  if (!shared.query) {
    $('share-facts').textContent = words.bytes(shared.size);
    Object.assign($('share-file'), { href: shared.url, hidden: false });
  }
  $('share-player').hidden = false;
  $('share-player').hls = settings.hls;
  $('share-player').source = shared;
}

// Another link in the same tab changes the fragment alone.
window.addEventListener('hashchange', () => location.reload());
await open(location.hash.slice(1));
