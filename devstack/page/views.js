/** The library, what was deleted, and shared links: one of them is seen. */

import { $ } from './dom.js';

export class Views {
  #views;
  #shown = 'library';

  /** Things with `refresh()`, by the names of their buttons and sections. */
  constructor(views) {
    this.#views = views;
    for (const name of Object.keys(views)) {
      $(`show-${name}`).addEventListener('click', () => this.#show(name));
    }
  }

  /** The gallery reads by itself; of the others the one that is seen is read. */
  refresh() {
    if (this.#shown !== 'library') this.#views[this.#shown].refresh();
  }

  #show(shown) {
    this.#shown = shown;
    for (const name of Object.keys(this.#views)) {
      $(`show-${name}`).setAttribute('aria-pressed', String(name === shown));
      $(name === 'library' ? 'gallery' : name).hidden = name !== shown;
    }
    this.#views[shown].refresh();
  }
}
