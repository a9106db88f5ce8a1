/** What this browser remembers of one upload, and who is at it. */

import { drop, keep } from './handles.js';
import { claim } from './memory.js';

export class Record {
  #memory;
  #handle;
  #key = null;
  #release = () => {};

  constructor(memory, handle) {
    this.#memory = memory;
    this.#handle = handle;
  }

  /**
   * Makes what is remembered of this file this upload's own. False if another upload is at it, of
   * this tab or another: nothing is remembered here then.
   */
  async claim(file, fingerprint, { filename, kind, projectId, assetId, expiresIn }) {
    const { name, size, lastModified, webkitRelativePath } = file;
    const key = this.#memory.keyOf([
      webkitRelativePath || name, size, lastModified, fingerprint, filename, kind, projectId, assetId,
      expiresIn,
    ]);
    const release = await claim(key);
    if (!release) return false;
    this.#release = release;
    this.#key = key;
    return true;
  }

  release() {
    this.#release();
  }

  read() {
    return this.#key && this.#memory.read(this.#key);
  }

  async write(entry) {
    if (!this.#key) return;
    this.#memory.write(this.#key, entry);
    if (!this.#handle) return;
    const known = this.#memory.entries().map(([key]) => key);
    const reopens = await keep(this.#key, this.#handle, known);
    if (this.read()) this.#memory.write(this.#key, { ...entry, reopens });
  }

  async clear() {
    if (!this.#key) return;
    this.#memory.write(this.#key, null);
    if (this.#handle) await drop(this.#key);
  }
}
