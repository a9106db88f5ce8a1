/** Which assets of the gallery are selected, and the bar with what can be done to them. */

import { button, h, setText } from './dom.js';
import { isManifest } from './packages.js';

export class Selection {
  #gallery;
  #paths = new Set();

  constructor(gallery) {
    this.#gallery = gallery;
    const say = (key) => gallery.words.say(key);
    const act = (key, action, style = 'quiet') => button(`small ${style}`, action, say(key));
    this.count = h('span');
    this.copy = act('copyLink', () => gallery.copyLink(this.assets[0]));
    this.share = act('share', () => gallery.share(this.assets[0]));
    this.bar = h('div', { class: 'line selection', part: 'selection', role: 'region', 'aria-label': say('selection'), hidden: true },
      this.count, act('selectNone', () => this.#clear()), this.copy, this.share,
      act('delete', () => gallery.delete(this.assets), 'danger'));
  }

  get assets() {
    return [...this.#paths].flatMap((path) => this.#gallery.grid.get(path)?.asset ?? []);
  }

  put(path, selected) {
    if (selected) this.#paths.add(path);
    else if (!this.#paths.delete(path)) return;
    const card = this.#gallery.grid.get(path);
    if (card) card.selected = selected;
    this.#show();
  }

  /** The elements are gone with what they showed. */
  stop() {
    this.#paths.clear();
    this.bar.hidden = true;
  }

  #clear() {
    const { grid } = this.#gallery;
    for (const path of this.#paths) grid.get(path).selected = false;
    this.#paths.clear();
    this.#show();
    grid.focus();
  }

  #show() {
    const { assets } = this;
    const count = assets.length;
    const gallery = this.#gallery;
    if (!count && this.bar.matches(':focus-within')) gallery.grid.focus();
    this.bar.hidden = count === 0;
    setText(this.count, gallery.words.say('selected', { count }));
    const [only] = count === 1 ? assets : [];
    this.copy.hidden = !only || isManifest(only);
    this.share.hidden = !only || gallery.hasAttribute('no-share');
    gallery.grid.element.classList.toggle('selecting', count > 0);
    gallery.emit('selection-changed', { assets });
  }
}
