/** What somebody sees who was sent a share's link: the gateway leads them here (`SHARE_PAGE_URL`). */

import { openShare } from '/client/asset-gateway.js';
import { isManifest, player } from './packages.js';

const GONE = 'It may have expired, or its owner may have withdrawn it. Ask whoever sent it for a new one.';
const CANNOT = 'This browser cannot show this file. It can be opened on its own.';

const $ = (id) => document.getElementById(id);
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

function megabytes(count) {
  const unit = count < 1e6 ? 'kilobyte' : 'megabyte';
  const format = new Intl.NumberFormat(undefined, { style: 'unit', unit, maximumFractionDigits: 1 });
  return format.format(count / (count < 1e6 ? 1e3 : 1e6));
}

function showing({ content_type: type, filename, url }) {
  const controls = { src: url, controls: true, ariaLabel: filename };
  if (type.startsWith('video/')) return make('video', { ...controls, playsInline: true });
  if (type.startsWith('audio/')) return make('audio', controls);
  if (type.startsWith('image/')) return make('img', { src: url, alt: filename });
  return null;
}

function sayInstead(sentence) {
  $('share-stage').replaceChildren(make('p', { className: 'muted', textContent: sentence }));
}

async function elementOf(shared, hls) {
  if (!shared.query || !isManifest(shared)) return showing(shared);
  const { url, query } = shared;
  const { video } = await player({ request: async () => ({ url, query }) }, shared, hls);
  video.autoplay = false;
  return video;
}

/** The token stands in the fragment, which no browser sends to a server. */
async function open(token) {
  const settings = await (await fetch('/config.json')).json();
  let shared;
  try {
    shared = await openShare(settings.gateway, token);
  } catch (error) {
    $('share-title').textContent = 'This link does not work';
    sayInstead(error.status === 404 ? GONE : error.message);
    return;
  }
  document.title = shared.filename;
  $('share-title').textContent = shared.filename;
  $('share-note').textContent = shared.note ?? '';
  $('share-note').hidden = !shared.note;
  if (!shared.query) {
    $('share-facts').textContent = megabytes(shared.size);
    Object.assign($('share-file'), { href: shared.url, hidden: false });
  }
  try {
    const element = await elementOf(shared, settings.hls);
    element?.addEventListener('error', () => sayInstead(CANNOT));
    if (element) $('share-stage').replaceChildren(element);
    else sayInstead(CANNOT);
  } catch (error) {
    sayInstead(error.message);
  }
}

// Another link in the same tab changes the fragment alone.
window.addEventListener('hashchange', () => location.reload());
await open(location.hash.slice(1));
