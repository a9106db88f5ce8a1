/** What was deleted and can be brought back, as the bucket's versions have it. */

import { folderOf, isPackage, nameOf } from '/client/src/elements/packages.js';
import { Removal } from '/client/src/elements/removal.js';
import { line, lineButton, words } from './dom.js';
import { List } from './list.js';

const PAGE = 1000; // of files, and a package has many

/**
 * The files of a package are one entry: its top manifest, with the bytes of all. They come by path,
 * so that of the last one there may be more to come, unless this is `all`.
 */
export function asPackages(assets, all) {
  const folders = Map.groupBy(assets, folderOf);
  if (!all) folders.delete([...folders.keys()].sort().at(-1));
  return [...folders.values()].flatMap((files) => {
    const [top] = files.filter(isPackage).sort((a, b) => a.path.length - b.path.length);
    if (!top) return files;
    return [{ ...top, size: files.reduce((sum, { size }) => sum + size, 0) }];
  }).sort((a, b) => b.deleted_at.localeCompare(a.deleted_at));
}

export class Deleted {
  #gateway;
  #gallery;
  #say;
  #list;

  constructor(gateway, gallery, say) {
    this.#gateway = gateway;
    this.#gallery = gallery;
    this.#say = say;
    this.#list = new List('deleted', {
      pages: () => gateway.list({ deleted: true, limit: PAGE }),
      lines: (assets, all) => asPackages(assets, all).map((asset) => this.#line(asset)),
      emptiness: (error) => {
        if (!error) return 'Nothing was deleted.';
        return error.slug === 'not-versioned' ? 'This bucket keeps no versions: what is deleted is gone.' : null;
      },
    });
    for (const name of ['assets-deleted', 'assets-restored']) {
      gallery.addEventListener(name, () => this.refresh());
    }
  }

  refresh() {
    return this.#list.refresh();
  }

  #line(asset) {
    const name = nameOf(asset);
    const facts = [words.bytes(asset.size), `Deleted ${words.date(asset.deleted_at)}`, asset.project_id];
    return line({ name, sign: asset.kind, facts, title: asset.path },
      lineButton('Restore', name, ({ target }) => this.#restore(asset, name, target)));
  }

  async #restore(asset, name, button) {
    button.disabled = true;
    try {
      await new Removal(this.#gateway, this.#gallery.library).restore([asset]);
      this.#gallery.emit('assets-restored', { assets: [asset] });
      this.#say(`${name} is back.`);
    } catch (error) {
      button.disabled = false;
      this.#say(error.status === 404 ? `${name} is gone for good.` : words.error(error));
    }
  }
}
