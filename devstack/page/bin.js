/**
 * What was deleted here and can be brought back.
 *
 * A bucket keeps old versions, and lists none that were deleted: so this browser remembers the
 * paths, for each person apart.
 */

import { $, bytes, h, icon, plainWords, say } from './dom.js';
import { keep, kept } from './kept.js';

const KEPT = 200;

export class Bin {
  #gateway;
  #restored;
  #storedAs = '';
  #entries = [];

  constructor(gateway, { restored }) {
    this.#gateway = gateway;
    this.#restored = restored;
  }

  open(sub) {
    this.#storedAs = `asset-gateway-bin:${sub}`;
    this.#entries = kept('localStorage', this.#storedAs) ?? [];
    this.#show();
  }

  add(assets) {
    const entries = assets.map(({ path, filename, kind, size }) => ({ path, filename, kind, size }));
    this.#keep([...entries, ...this.#entries].slice(0, KEPT));
  }

  #keep(entries) {
    this.#entries = entries;
    keep('localStorage', this.#storedAs, entries);
    this.#show();
  }

  #forget(entry) {
    this.#keep(this.#entries.filter((other) => other !== entry));
  }

  async #restore(entry) {
    const name = entry.filename ?? entry.path;
    try {
      const asset = await this.#gateway.request('POST', '/v1/assets/restore', { body: { path: entry.path } });
      this.#forget(entry);
      this.#restored(asset);
      say(`${name} is back.`);
    } catch (error) {
      if (error.status !== 404 && error.slug !== 'not-versioned') say(plainWords(error));
      else {
        this.#forget(entry);
        say(`${name} is gone for good.`);
      }
    }
  }

  #show() {
    $('bin').hidden = this.#entries.length === 0;
    $('bin-count').textContent = `Recently deleted (${this.#entries.length})`;
    $('bin-rows').replaceChildren(...this.#entries.map((entry) => {
      const name = entry.filename ?? entry.path;
      return h('li', { class: 'row' },
        h('span', { class: `tile ${entry.kind}` }, icon(entry.kind === 'frame' ? 'image' : entry.kind)),
        h('div', { class: 'row-body' }, h('div', { class: 'row-words' },
          h('span', { class: 'row-name', title: entry.path }, name),
          h('span', { class: 'row-status muted' }, bytes(entry.size)))),
        h('div', { class: 'row-actions' }, h('button', {
          class: 'button quiet small', type: 'button', 'aria-label': `Restore ${name}`,
          onclick: () => this.#restore(entry),
        }, 'Restore')));
    }));
  }
}
