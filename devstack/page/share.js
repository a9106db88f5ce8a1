/** What a share opens. */

import { openShare } from '/client/asset-gateway.js';
import '/client/elements.js';
import { nameOf } from '/client/src/elements/packages.js';
import { $, words } from './dom.js';

export async function look({ settings, token, show }) {
  const shared = await openShare(settings.gateway, token);
  const single = !shared.query;
  show({ title: nameOf(shared), facts: single ? words.bytes(shared.size) : '', note: shared.note });
  if (single) Object.assign($('share-file'), { href: shared.url, hidden: false });
  Object.assign($('share-player'), { hidden: false, hls: settings.hls, source: shared });
}
