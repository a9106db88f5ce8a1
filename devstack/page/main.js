/** Puts the page together: settings, session, gateway, and the elements that do the rest. */

import { AssetGateway } from '/client/asset-gateway.js';
import '/client/elements.js';
import { Deleted } from './deleted.js';
import { guardDoor } from './door.js';
import { $ } from './dom.js';
import { listen } from './events.js';
import { askForKinds } from './kinds.js';
import { offerMoves } from './move.js';
import { Places } from './places.js';
import { Session } from './session.js';
import { Shares } from './shares.js';
import { Views } from './views.js';

const settings = await (await fetch('/config.json')).json();
const session = new Session(settings.cognito);
const gateway = new AssetGateway({ endpoint: settings.gateway, token: session.token });
const uploader = $('uploader');
const gallery = $('gallery');
gallery.hls = settings.hls;

const say = (sentence) => uploader.say(sentence);
const places = new Places(gateway, uploader, gallery);
const deleted = new Deleted(gateway, gallery, say);
const shares = new Shares(gateway, say);
const views = new Views({ library: gallery, deleted, shares });
askForKinds(uploader);
offerMoves(gateway, gallery, { say, moved: () => places.refresh() });

uploader.addEventListener('asset-uploaded', ({ detail: { asset } }) => {
  if (!asset.project_id) return;
  places.refresh();
  if (asset.project_id !== gallery.projectId) say(`${asset.filename} is in the folder ${asset.project_id}.`);
});

let stopListening = () => {};
let inside = '';

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
  for (const element of [uploader, gallery]) element.gateway = gateway;
  places.refresh();
  views.refresh();
  if (!settings.events) return;
  stopListening = listen(settings.events, session.sub, {
    created: () => gallery.refresh(),
    deleted: () => gallery.refresh(),
    rejected: ({ path }) => say(`${path.split('/').pop()} was not what it claimed to be, and was removed.`),
  });
}

/** A page as new, for whoever is signed in now. What has arrived of uploads is kept. */
function startOver() {
  uploader.gateway = null;
  location.reload();
}

/** Uploads stay: whoever signs in again finds them where they were. */
function lose() {
  stopListening();
  gallery.gateway = null;
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
