/** A list that is read page by page from the gateway, with what there is to say around it. */

import { $, isOffline, words } from './dom.js';

export class List {
  #id;
  #pages;
  #lines;
  #emptiness;
  #listing = null;
  #items = [];
  #cursor = null;

  /**
   * The list in the section `id`. `pages()` gives a listing of the client's,
   * `lines(items, all)` the elements of what was read so far; `emptiness(error)` says why there is nothing, or nothing for an error to be told.
   */
  constructor(id, { pages, lines, emptiness }) {
    this.#id = id;
    this.#pages = pages;
    this.#lines = lines;
    this.#emptiness = emptiness;
    $(`${id}-more`).addEventListener('click', () => this.#read());
  }

  async refresh() {
    this.#listing = this.#pages();
    this.#items = [];
    this.#cursor = null;
    await this.#read();
  }

  async #read() {
    const listing = this.#listing;
    this.#say(words.say(isOffline() ? 'offline' : 'loading'));
    try {
      const { items, next_cursor: next } = await listing.page(this.#cursor);
      if (listing !== this.#listing) return; // asked for anew meanwhile
      this.#cursor = next;
      this.#items.push(...items);
      // A page may be empty, or begin what only the next one shows.
      if (!this.#show() && next) await this.#read();
      else this.#say(this.#items.length ? '' : this.#emptiness());
    } catch (error) {
      if (listing !== this.#listing) return;
      this.#items = [];
      this.#show();
      this.#say(this.#emptiness(error) ?? words.error(error));
    }
  }

  /** How many lines there are now. */
  #show() {
    const lines = this.#lines(this.#items, !this.#cursor);
    $(`${this.#id}-rows`).replaceChildren(...lines);
    $(`${this.#id}-more`).hidden = !this.#cursor;
    return lines.length;
  }

  #say(sentence) {
    $(`${this.#id}-note`).textContent = sentence;
  }
}
