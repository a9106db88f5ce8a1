/** Deleting and undoing it, packages as one. */

import { folderOf, isPackage } from './packages.js';

/** Of a package too large to come back in one call: pieces that come first, at a time. */
const PIECES = 100;

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
    this.#versioned ??= this.#gateway.list({ deleted: true, limit: 1 }).page()
      .then(() => true, (error) => {
        if (error.slug !== 'not-versioned') this.#versioned = null;
        return false;
      });
    return this.#versioned;
  }

  /** `{ removed, failed }`: the assets that are gone, and how many are not. */
  async remove(assets) {
    const packages = assets.filter(isPackage);
    const single = assets.filter((asset) => !isPackage(asset));
    for (const asset of packages) await this.#gateway.delete(folderOf(asset), { recursive: true });
    const { errors = [] } = (single.length && await this.#library.remove(single.map(({ path }) => path))) || {};
    if (packages.length) await this.#library.refresh();
    const kept = new Set(errors.map(({ path }) => path));
    return { removed: assets.filter(({ path }) => !kept.has(path)), failed: kept.size };
  }

  async restore(assets) {
    const single = assets.filter((asset) => !isPackage(asset));
    for (const asset of assets) if (isPackage(asset)) await this.#restorePackage(folderOf(asset));
    if (single.length) await this.#library.restore(single);
    else this.#library.refresh();
  }

  async #restorePackage(folder) {
    for (;;) {
      try {
        return await this.#gateway.restore(folder);
      } catch (error) {
        if (error.status !== 413 || !await this.#restoreSome(folder)) throw error;
      }
    }
  }

  /** How many of its pieces; the manifests stand for all, and come last. */
  async #restoreSome(folder) {
    const { items } = await this.#gateway.list({ deleted: true, prefix: `${folder}/`, limit: PIECES }).page();
    const pieces = items.filter((asset) => !isPackage(asset));
    await Promise.all(pieces.map(({ path }) => this.#gateway.restore(path)));
    return pieces.length;
  }
}
