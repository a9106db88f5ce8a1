/** What all elements share: shadow root, gateway, texts, messages. */

import { button, h, icon } from './dom.js';
import { en } from './en.js';
import { Words } from './words.js';
import { sheet } from './style.js';

/** Where there is no DOM (server rendering) the classes can be imported all the same. */
const Base = globalThis.HTMLElement ?? class {};
const SHOWN_MS = 8000;

export class GatewayElement extends Base {
  #gateway = null;
  #words = new Words(en);
  #toast = h('div', { part: 'message', class: 'toast', hidden: true });
  #live = h('p', { class: 'sr-only', role: 'status' });
  #fading;
  #saying;
  #running = false;
  static #speaker = null;

  constructor(...styles) {
    super();
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = styles.map(sheet);
    // What is said in a dialog outlives it.
    root.addEventListener('close', () => root.append(this.#toast, this.#live), true);
  }

  get gateway() {
    return this.#gateway;
  }

  set gateway(gateway) {
    if (gateway === this.#gateway) return;
    this.#gateway = gateway;
    this.restart();
  }

  /** What it says. Given texts stand in for the English ones, all of them or some. */
  get texts() {
    return this.#words.texts;
  }

  set texts(texts) {
    this.#words = new Words({ ...en, ...texts });
    const running = this.#running;
    this.#stop();
    if (this.shadowRoot.childElementCount) this.#build();
    if (running) this.#start();
  }

  get words() {
    return this.#words;
  }

  connectedCallback() {
    // Properties that were set before the element was defined hide the accessors.
    for (const name of this.constructor.properties) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    if (!this.shadowRoot.childElementCount) this.#build();
    this.#start();
  }

  disconnectedCallback() {
    // Frameworks move elements by taking them out and putting them in again.
    queueMicrotask(() => {
      if (!this.isConnected) this.#stop();
    });
  }

  attributeChangedCallback(_, before, now) {
    if (before !== now) this.restart();
  }

  restart() {
    if (!this.#running) return;
    this.#stop();
    this.#start();
  }

  #build() {
    this.shadowRoot.replaceChildren(this.render(), this.#toast, this.#live);
  }

  #start() {
    if (this.#running || !this.isConnected) return;
    this.#running = true;
    this.start();
  }

  #stop() {
    if (!this.#running) return;
    this.#running = false;
    this.stop();
  }

  /** Once: what is in the shadow root. */
  render() {
    return h('div');
  }

  start() {}

  stop() {}

  /** A property that is an attribute. */
  reflect(name, value) {
    if (value) this.setAttribute(name, value);
    else this.removeAttribute(name);
  }

  emit(name, detail, { cancelable = false } = {}) {
    return this.dispatchEvent(new CustomEvent(name, {
      detail, bubbles: true, composed: true, cancelable,
    }));
  }

  /** Read aloud by screen readers, shown to nobody. A burst becomes its last sentence. */
  announce(sentence) {
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => {
      this.#live.textContent = sentence;
    }, 400);
  }

  /** Shows a sentence for a while and has it read aloud; `actions` are buttons beside it. */
  say(sentence, ...actions) {
    // Elements of a page speak at the same place.
    if (GatewayElement.#speaker !== this) GatewayElement.#speaker?.hush();
    GatewayElement.#speaker = this;
    // An open dialog covers what is outside it, and silences it.
    const place = [...this.shadowRoot.querySelectorAll('dialog[open]')].at(-1) ?? this.shadowRoot;
    place.append(this.#toast, this.#live);
    const close = button('quiet icon', () => this.hush(), icon('close'));
    close.ariaLabel = this.words.say('dismiss');
    this.#toast.replaceChildren(h('span', {}, sentence), ...actions, close);
    this.#toast.hidden = false;
    this.#live.textContent = '';
    this.announce(sentence);
    clearTimeout(this.#fading);
    this.#fading = setTimeout(() => this.#fade(), SHOWN_MS);
  }

  hush() {
    this.#toast.hidden = true;
  }

  /** Not while somebody points at it, or its button has the focus. */
  #fade() {
    if (!this.#toast.matches(':hover, :focus-within')) this.hush();
    else this.#fading = setTimeout(() => this.#fade(), SHOWN_MS);
  }

  static properties = ['texts', 'gateway'];
}

export function define(name, element) {
  if (globalThis.customElements && !customElements.get(name)) customElements.define(name, element);
}
