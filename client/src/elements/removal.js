/** Deleting and undoing it, packages as one. */

import { folderOf, isManifest } from './packages.js';

const PAGES = 20; // of deleted things, looked through for the pieces of a package

export class Removal {
  #gateway;
  #library;
  #versioned = null;

  constructor(gateway, library) {
    this.#gateway = gateway;
    this.#library = library;
  }

  /** Whether the bucket keeps what is deleted; asked once. */
  canUndo() {
    this.#versioned ??= this.#gateway.request('GET', '/v1/assets', { query: { deleted: true, limit: 1 } })
      .then(() => true, (error) => {
        if (error.slug !== 'not-versioned') this.#versioned = null;
        return false;
      });
    return this.#versioned;
  }

  /** `{ removed, failed }`: the assets that are gone, and how many are not. */
  async remove(assets) {
    const packages = assets.filter(isManifest);
    const single = assets.filter((asset) => !isManifest(asset));
    for (const asset of packages) await this.#gateway.delete(folderOf(asset), { recursive: true });
    const { errors = [] } = (single.length && await this.#library.remove(single.map(({ path }) => path))) || {};
    if (packages.length) await this.#library.refresh();
    const kept = new Set(errors.map(({ path }) => path));
    return { removed: assets.filter(({ path }) => !kept.has(path)), failed: kept.size };
  }

  async restore(assets) {
    const packages = assets.filter(isManifest);
    const single = assets.filter((asset) => !isManifest(asset));
    if (single.length) await this.#library.restore(single);
    for (const asset of packages) await this.#restoreFolder(`${folderOf(asset)}/`);
    if (packages.length) await this.#library.refresh();
  }

  async #restoreFolder(folder) {
    let cursor;
    for (let page = 0; page < PAGES; page += 1) {
      const { items, next_cursor: next } = await this.#gateway.request('GET', '/v1/assets', {
        query: { deleted: true, prefix: folder, limit: 1000, cursor },
      });
      const pieces = items.filter(({ path }) => path.startsWith(folder));
      await Promise.all(pieces.map(({ path }) => this.#gateway.restore(path)));
      if (!next) return;
      cursor = next;
    }
  }
}
