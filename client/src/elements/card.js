/** One asset of the gallery. */

import { h, icon, setText } from './dom.js';
import { isManifest, nameOf } from './packages.js';

/** Pictures that every browser shows as they are. */
const SHOWN = /^image\/(jpeg|png|webp|gif|avif)$/;

export class Card {
  #words;
  #renew;
  #revealed = false;

  /** `on` hears open, select; `renew(asset)` gives an asset whose links work. */
  constructor(words, asset, on, renew) {
    this.#words = words;
    this.#renew = renew;
    this.thumb = h('span', { class: 'thumb', part: 'thumbnail' }, icon(asset.kind));
    this.name = h('span', { class: 'name', part: 'name' });
    this.facts = h('span', { class: 'facts', part: 'facts' });
    this.open = h('button', {
      type: 'button', class: 'open', tabindex: '-1', onclick: () => on.open(this),
    }, this.thumb, this.name, this.facts);
    this.box = h('input', { type: 'checkbox', tabindex: '-1', onchange: () => on.select(this) });
    this.element = h('li', { class: 'card', part: 'card' }, this.open, h('label', { class: 'pick' }, this.box));
    this.show(asset);
  }

  show(asset) {
    if (asset === this.asset) return;
    const before = this.asset;
    this.asset = asset;
    const name = nameOf(asset);
    setText(this.name, name);
    this.name.title = name;
    this.box.setAttribute('aria-label', this.#words.say('select', { name }));
    const facts = [this.#words.bytes(asset.package?.bytes ?? asset.size), this.#words.day(asset.last_modified), asset.project_id];
    setText(this.facts, facts.filter(Boolean).join(' · '));
    if (this.#revealed && !before?.preview && asset.preview) this.reveal();
  }

  set selected(selected) {
    this.box.checked = selected;
    this.element.classList.toggle('selected', selected);
  }

  /** Which of all cards the Tab key reaches. */
  set current(current) {
    const index = current ? 0 : -1;
    this.open.tabIndex = index;
    this.box.tabIndex = index;
  }

  focus() {
    this.open.focus();
  }

  /** It has come into sight: a picture is worth loading. */
  async reveal(renewed = false) {
    this.#revealed = true;
    const { preview, link, kind, content_type: type } = this.asset;
    const shown = preview ?? (!isManifest(this.asset) && link);
    const still = preview || SHOWN.test(type);
    if (!shown || !(still || kind === 'video')) return;
    // Of a film half a second in, where it is rarely black any more.
    const picture = still ? h('img', { src: shown.url, alt: '', decoding: 'async' })
      : h('video', { src: `${shown.url}#t=0.5`, preload: 'metadata', playsinline: true, tabindex: '-1', 'aria-hidden': 'true' });
    picture.muted = true;
    const sign = kind === 'video' ? [h('span', { class: 'sign' }, icon('play'))] : [];
    const show = () => this.thumb.replaceChildren(picture, ...sign);
    if (still) picture.addEventListener('load', show, { once: true });
    else show();
    picture.addEventListener('error', async () => {
      picture.remove();
      if (!renewed && await this.#renew(this)) this.reveal(true);
    }, { once: true });
  }
}
