/** Views of things in a list: each kept for as long as its thing is there, in the things' order. */

export class Keyed {
  #views = new Map();
  #make;
  #lost;

  /** `make(thing)` gives a view with `element`, `show(thing)` and `focus()`; `lost()` takes a focus that no view can have. */
  constructor(element, make, lost) {
    this.element = element;
    this.#make = make;
    this.#lost = lost;
  }

  get(key) {
    return this.#views.get(key);
  }

  /** The view that an element of the list, or one that is none, belongs to. */
  of(element) {
    return this.#views.get(element?.dataset.key);
  }

  /** Shows these things alone, by their keys; the keys of those that went. */
  show(things) {
    const gone = new Set(this.#views.keys());
    let place = this.element.firstChild;
    for (const [key, thing] of things) {
      gone.delete(key);
      const known = this.#views.get(key);
      known?.show(thing);
      const { element } = known ?? this.#add(key, thing);
      if (element === place) place = place.nextSibling;
      else this.element.insertBefore(element, place);
    }
    for (const key of gone) {
      this.leave(key);
      this.#views.get(key).element.remove();
      this.#views.delete(key);
    }
    return gone;
  }

  #add(key, thing) {
    const view = this.#make(thing);
    view.element.dataset.key = key;
    this.#views.set(key, view);
    return view;
  }

  /** It is about to go: the keyboard moves to its neighbour. */
  leave(key) {
    const { element } = this.#views.get(key);
    if (!element.matches(':focus-within')) return;
    const next = this.of(element.nextElementSibling ?? element.previousElementSibling);
    if (next) next.focus();
    else this.#lost();
  }

  clear() {
    this.#views.clear();
    this.element.replaceChildren();
  }
}
