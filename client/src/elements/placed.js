/** What `<asset-uploader>` and `<asset-gallery>` share: a place, and a store of one's own or theirs. */

import { GatewayElement } from './base.js';

export class PlacedElement extends GatewayElement {
  static properties = [...super.properties, 'kind', 'projectId'];

  #given = null;
  #made = null;
  #watching = new AbortController();

  get store() {
    return this.#given ?? this.#made;
  }

  /** Shown instead of one that the element makes; null for that again. */
  set store(store) {
    this.#given = store;
    this.restart();
  }

  get kind() {
    return this.getAttribute('kind');
  }

  set kind(kind) {
    this.reflect('kind', kind);
  }

  get projectId() {
    return this.getAttribute('project-id');
  }

  set projectId(id) {
    this.reflect('project-id', id);
  }

  get place() {
    return { kind: this.kind || undefined, projectId: this.projectId || undefined };
  }

  /** Shows the store, by `show()`, once there is one: `make()` makes it. False where it cannot. */
  watch(make) {
    if (!this.#given && !this.gateway) return false;
    this.#made = this.#given ? null : make();
    this.#watching = new AbortController();
    const { signal } = this.#watching;
    const show = () => this.show();
    signal.onabort = this.store.subscribe(show);
    // What waits for the network must promise no speed, nor that it is loading.
    for (const name of ['online', 'offline']) addEventListener(name, show, { signal });
    show();
    return true;
  }

  stop() {
    this.#watching.abort();
    this.#made?.close();
    this.#made = null;
  }
}
