/** When listeners hear of changes: soon of a new state, a few times a second of bytes. */

import { tell } from '../errors.js';

const PACE_MS = 100;

export class Snapshots {
  #make;
  #listeners = new Set();
  #snapshot;
  #stale = true;
  #soon = false;
  #timer = null;
  #closed = false;

  /** `make()` gives what is shown now, frozen. */
  constructor(make) {
    this.#make = make;
  }

  get heard() {
    return this.#listeners.size > 0;
  }

  /** One that throws is told in the console, and keeps nobody waiting. */
  subscribe(listener) {
    // The same function may listen twice, as for React.
    const entry = { listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** The same object until something changes. */
  get() {
    if (this.#stale) {
      this.#stale = false;
      this.#snapshot = this.#make();
    }
    return this.#snapshot;
  }

  /** Something else is to be shown. */
  changed() {
    this.#stale = true;
    if (this.#soon || this.#closed) return;
    this.#soon = true;
    queueMicrotask(() => {
      this.#soon = false;
      this.#publish();
    });
  }

  /** Bytes moved. */
  moved() {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => this.#publish(), PACE_MS);
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  #publish() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#closed) return;
    this.#stale = true;
    for (const { listener } of [...this.#listeners]) tell(listener);
  }
}
