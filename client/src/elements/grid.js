/** The cards of the gallery: revealed as they come into sight, gone through by the arrow keys. */

import { Card } from './card.js';
import { h } from './dom.js';
import { Keyed } from './keyed.js';

export class Grid extends Keyed {
  #current = null;
  #lost;
  #seen;

  /** `on` hears `open` and `select` with a card; `renew(card)` gives it links that work. */
  constructor(gallery, on, renew) {
    const element = h('ul', { class: 'grid', part: 'grid', onkeydown: (event) => this.#move(event) });
    const make = (asset) => {
      const card = new Card(gallery.words, asset, on, renew);
      this.#seen.observe(card.element);
      return card;
    };
    const lost = () => gallery.search.focus();
    super(element, make, lost);
    this.#lost = lost;
  }

  start() {
    this.#seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        this.#seen.unobserve(target);
        this.of(target)?.reveal();
      }
    }, { rootMargin: '200px' });
  }

  stop() {
    this.#seen.disconnect();
    this.clear();
  }

  show(assets) {
    const gone = super.show(assets.map((asset) => [asset.path, asset]));
    this.current = this.#current?.element.isConnected ? this.#current : this.of(this.element.firstElementChild);
    return gone;
  }

  /** The card that the Tab key reaches. */
  set current(card) {
    if (this.#current && this.#current !== card) this.#current.current = false;
    this.#current = card;
    if (card) card.current = true;
  }

  /** Where the keyboard goes on after what it was on is gone. */
  focus() {
    if (this.#current) this.#current.focus();
    else this.#lost();
  }

  /** Arrow keys go through the grid; the Tab key leaves it. */
  #move(event) {
    const cards = [...this.element.children];
    const at = cards.findIndex((element) => element.matches(':focus-within'));
    const across = cards.filter(({ offsetTop }) => offsetTop === cards[0].offsetTop).length;
    const rtl = getComputedStyle(this.element).direction === 'rtl' ? -1 : 1;
    const steps = { ArrowRight: rtl, ArrowLeft: -rtl, ArrowDown: across, ArrowUp: -across };
    const to = { Home: 0, End: cards.length - 1 }[event.key] ?? at + (steps[event.key] ?? NaN);
    if (at < 0 || !(to >= 0)) return;
    event.preventDefault();
    const onBox = cards[at].querySelector('input').matches(':focus');
    const card = this.of(cards[Math.min(to, cards.length - 1)]);
    this.current = card;
    (onBox ? card.box : card).focus();
  }
}
