/** Puts the page together: settings, session, gateway, uploads, library. */

import { AssetGateway } from '/client/asset-gateway.js';
import { abilitiesOf } from './abilities.js';
import { Bin } from './bin.js';
import { guardDoor } from './door.js';
import { $, bytes, plainWords, say } from './dom.js';
import { listen } from './events.js';
import { Library } from './library.js';
import { isManifest } from './packages.js';
import { Session } from './session.js';
import { UploadList } from './uploads.js';
import { Viewer } from './viewer.js';

const settings = await (await fetch('/config.json')).json();
const session = new Session(settings.cognito);
const gateway = new AssetGateway({ endpoint: settings.gateway, token: session.token });

const can = await abilitiesOf(settings.gateway);
let stopListening = () => {};
let inside = '';

function intoBin(assets) {
  if (can.restore) bin.add(assets);
}

const bin = new Bin(gateway, { restored: (asset) => library.arrive(asset) });
const viewer = new Viewer(gateway, {
  can,
  hls: settings.hls,
  deleted(asset) {
    library.remove([asset.path]);
    if (!isManifest(asset)) intoBin([asset]);
  },
  moved(from, asset) {
    library.remove([from]);
    library.arrive(asset);
  },
});
const library = new Library(gateway, {
  can, open: (asset) => viewer.open(asset), changed: showUsage, deleted: intoBin,
});
const uploads = new UploadList(gateway, {
  arrived(asset) {
    library.add(asset);
    say(`${asset.filename} is in your library.`);
  },
});

async function showUsage() {
  if (!can.usage) return;
  let usage = null;
  try {
    ({ usage } = await gateway.request('GET', '/v1/me', { tries: 1 }));
  } catch { /* a nicety: the page works without it */ }
  $('usage').hidden = !usage;
  if (!usage) return;
  const quota = usage.quota_bytes;
  $('usage-text').textContent = quota ? `${bytes(usage.bytes)} of ${bytes(quota)}` : bytes(usage.bytes);
  $('usage-meter').hidden = !quota;
  if (quota) $('usage-meter').value = Math.min(1, usage.bytes / quota);
}

function enter() {
  // Somebody else than whose session was lost: nothing of theirs may stay in this page.
  if (inside && inside !== session.sub) {
    startOver();
    return;
  }
  inside = session.sub;
  $('house').hidden = false;
  $('who').textContent = session.email;
  $('avatar').textContent = session.email.slice(0, 1).toUpperCase();
  library.refresh().catch((error) => say(plainWords(error)));
  showUsage();
  uploads.offer(session.sub);
  if (can.restore) bin.open(session.sub);
  if (settings.events) {
    stopListening = listen(settings.events, session.sub, {
      created(asset) {
        if (library.arrive(asset)) say(`${asset.filename ?? asset.path} has arrived.`);
      },
      deleted: ({ path }) => library.remove([path]),
      rejected: ({ path }) => say(`${path.split('/').pop()} was not what it claimed to be, and was removed.`),
    });
  }
}

/** A page as new, for whoever is signed in now. */
function startOver() {
  uploads.leave();
  location.reload();
}

/** Uploads stay: whoever signs in again finds them where they were. */
function lose() {
  stopListening();
  library.clear();
  viewer.close();
  $('house').hidden = true;
  door.open('Your session has ended. Sign in again.');
}

const door = guardDoor(session, { demo: settings.demo, entered: enter });
session.onlost = lose;
$('sign-out').addEventListener('click', () => {
  session.signOut();
  startOver();
});

if (session.signedIn) enter();
else door.open();
