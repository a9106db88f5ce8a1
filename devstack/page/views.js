/**
 * The library, what was deleted, and shared links: one of them is seen. Which one stands in the address,
 * so that a reload stays there and the back button goes to the one before.
 */

import { $ } from './dom.js';

export class Views {
  #views;
  #shown = 'library';

  /** Things with `refresh()`, by the names of their buttons and sections. */
  constructor(views) {
    this.#views = views;
    for (const name of Object.keys(views)) {
      $(`show-${name}`).addEventListener('click', () => {
        if (name === this.#shown) this.#views[name].refresh();
        else location.hash = name === 'library' ? '' : name;
      });
    }
    window.addEventListener('hashchange', () => {
      this.#show();
      this.#views[this.#shown].refresh();
    });
    this.#show();
  }

  /** The gallery reads by itself; of the others the one that is seen is read. */
  refresh() {
    if (this.#shown !== 'library') this.#views[this.#shown].refresh();
  }

  #show() {
    const asked = location.hash.slice(1);
    this.#shown = Object.hasOwn(this.#views, asked) ? asked : 'library';
    for (const name of Object.keys(this.#views)) {
      $(`show-${name}`).setAttribute('aria-pressed', String(name === this.#shown));
      $(name === 'library' ? 'gallery' : name).hidden = name !== this.#shown;
    }
  }
}
