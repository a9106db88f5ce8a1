/** Puts the page together: settings, session, gateway, uploads, library. */

import { AssetGateway } from '/client/asset-gateway.js';
import { guardDoor } from './door.js';
import { $, bytes, plainWords, say } from './dom.js';
import { Library } from './library.js';
import { Session } from './session.js';
import { UploadList } from './uploads.js';
import { Viewer } from './viewer.js';

const settings = await (await fetch('/config.json')).json();
const session = new Session(settings.cognito);
const gateway = new AssetGateway({ endpoint: settings.gateway, token: session.token });

const viewer = new Viewer(gateway, { deleted: (path) => library.remove([path]) });
const library = new Library(gateway, { open: (asset) => viewer.open(asset), changed: showUsage });
const uploads = new UploadList(gateway, {
  arrived(asset) {
    library.add(asset);
    say(`${asset.filename} is in your library.`);
  },
});

let usageIsKnown = true;

async function showUsage() {
  if (!usageIsKnown) return;
  let usage = null;
  try {
    ({ usage } = await gateway.request('GET', '/v1/me', { tries: 1 }));
  } catch {
    usageIsKnown = false; // a nicety: the page works without it
  }
  $('usage').hidden = !usage;
  if (!usage) return;
  const quota = usage.quota_bytes;
  $('usage-text').textContent = quota ? `${bytes(usage.bytes)} of ${bytes(quota)}` : bytes(usage.bytes);
  $('usage-meter').hidden = !quota;
  if (quota) $('usage-meter').value = Math.min(1, usage.bytes / quota);
}

function enter() {
  $('house').hidden = false;
  $('who').textContent = session.email;
  $('avatar').textContent = session.email.slice(0, 1).toUpperCase();
  library.refresh().catch((error) => say(plainWords(error)));
  showUsage();
}

function leave(fault) {
  uploads.stop();
  library.clear();
  viewer.close();
  $('house').hidden = true;
  door.open(fault);
}

const door = guardDoor(session, { demo: settings.demo, entered: enter });
session.onlost = () => leave('Your session has ended. Sign in again.');
$('sign-out').addEventListener('click', () => {
  session.signOut();
  leave();
});

if (session.signedIn) enter();
else door.open();
