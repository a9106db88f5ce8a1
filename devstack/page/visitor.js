/**
 * The page of whoever was sent a link and has no account. The gateway leads them here: to
 * `share.html` by a share's link (`SHARE_PAGE_URL`), to `request.html` by an upload request's
 * (`REQUEST_PAGE_URL`); both are this page.
 */

import { $, words } from './dom.js';

const GONE = 'It may have expired, or its owner may have withdrawn it. Ask whoever sent it for a new one.';
const what = location.pathname === '/request.html' ? './request.js' : './share.js';

function show({ title, facts = '', note }) {
  document.title = title;
  $('title').textContent = title;
  $('facts').textContent = facts;
  $('note').textContent = note ?? '';
  $('note').hidden = !note;
}

/** The token stands in the fragment, which no browser sends to a server. */
async function open(token) {
  const settings = await (await fetch('/config.json')).json();
  const { look } = await import(what);
  try {
    await look({ settings, token, show });
  } catch (error) {
    show({ title: 'This link does not work', note: error.status === 404 ? GONE : words.error(error) });
  }
}

// Another link in the same tab changes the fragment alone.
window.addEventListener('hashchange', () => location.reload());
await open(location.hash.slice(1));
