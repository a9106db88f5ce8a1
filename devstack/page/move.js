/** Moving the asset that is open into another folder. */

import { nameOf } from '/client/src/elements/packages.js';
import { $, words } from './dom.js';

$('move-cancel').addEventListener('click', () => $('move').close());

/** Asks for a folder; null when nothing is to be moved, '' for the library. */
function askForFolder(title, current) {
  const dialog = $('move');
  $('move-title').textContent = title;
  $('move-project').value = current ?? '';
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      resolve(dialog.returnValue === 'yes' ? $('move-project').value.trim() : null);
    }, { once: true });
  });
}

export function offerMoves(gateway, gallery, { say, moved }) {
  gallery.addEventListener('asset-open', ({ detail: { asset } }) => {
    $('viewer-move').hidden = asset.kind === 'brand_kit'; // which is the library's alone
  });
  $('viewer-move').addEventListener('click', async () => {
    const { asset } = gallery.viewer;
    const name = nameOf(asset);
    const folder = await askForFolder(`Move ${name}`, asset.project_id);
    if (folder === null || folder === (asset.project_id ?? '')) return;
    // A picture in a folder may be a frame; the library knows only images.
    const kind = asset.kind === 'frame' && !folder ? 'image' : asset.kind;
    try {
      await gateway.move(asset.path, { kind, projectId: folder || null });
    } catch (error) {
      gallery.say(words.error(error));
      return;
    }
    gallery.viewer.close();
    gallery.refresh();
    moved();
    say(`${name} is in ${folder ? `the folder ${folder}` : 'the library'} now.`);
  });
}
