/** A list that is read page by page from the gateway, with what there is to say around it. */

import { $, words } from './dom.js';

export class List {
  #id;
  #pages;
  #line;
  #emptiness;
  #listing = null;
  #items = [];
  #cursor = null;

  /**
   * The list in the section `id`. `pages()` gives a listing of the client's, `line(item)` an
   * element; `emptiness(error)` says why there is nothing, or nothing for an error to be told.
   */
  constructor(id, { pages, line, emptiness }) {
    this.#id = id;
    this.#pages = pages;
    this.#line = line;
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
    this.#say('Loading …');
    try {
      const { items, next_cursor: next } = await listing.page(this.#cursor);
      if (listing !== this.#listing) return; // asked for anew meanwhile
      this.#cursor = next;
      this.#items.push(...items);
      this.#show();
      this.#say(this.#items.length || next ? '' : this.#emptiness());
    } catch (error) {
      if (listing !== this.#listing) return;
      this.#items = [];
      this.#show();
      this.#say(this.#emptiness(error) ?? words.error(error));
    }
  }

  #show() {
    $(`${this.#id}-rows`).replaceChildren(...this.#line(this.#items));
    $(`${this.#id}-more`).hidden = !this.#cursor;
  }

  #say(sentence) {
    $(`${this.#id}-note`).textContent = sentence;
  }
}
