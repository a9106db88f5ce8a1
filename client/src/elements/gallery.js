/**
 * `<asset-gallery>`: what is stored, newest first; to look at, share and delete.
 *
 * Over 200 lines because the grid and what is done to its cards share the selection and the focus.
 */

import { createLibrary } from '../store/library.js';
import { Card } from './card.js';
import { copyText } from './clipboard.js';
import { askForShare, confirmDeletion, showLink } from './dialogs.js';
import { h, icon, setText } from './dom.js';
import { isManifest, nameOf } from './packages.js';
import { PlacedElement } from './placed.js';
import { Removal } from './removal.js';
import { common, gallery } from './style.js';
import { Viewer } from './viewer.js';

const TYPING_MS = 300;

export class AssetGallery extends PlacedElement {
  static properties = [...super.properties, 'library', 'hls'];
  static observedAttributes = ['kind', 'project-id'];

  #cards = new Map();
  #selected = new Set();
  #current = null;
  #removal = null;
  #seen;
  #end;
  #typing;

  constructor() {
    super(common, gallery);
  }

  /** A store of one's own (`createLibrary`), shown instead of one that the element makes. */
  get library() {
    return this.store;
  }

  set library(store) {
    this.store = store;
  }

  /** For packages, as of `<asset-player>`. */
  get hls() {
    return this.viewer?.player.hls ?? this.getAttribute('hls');
  }

  set hls(load) {
    this.loadHls = load;
    if (this.viewer) this.viewer.player.hls = load;
  }

  /** The assets that are selected. */
  get selected() {
    return [...this.#selected].map((path) => this.#cards.get(path).asset);
  }

  refresh() {
    return this.library?.refresh();
  }

  /** Opens the viewer. */
  open(asset) {
    this.viewer.open(asset);
  }

  render() {
    const say = (key) => this.words.say(key);
    const button = (key, action, style = 'quiet') => h('button', {
      type: 'button', class: `button small ${style}`, part: 'button', onclick: action,
    }, say(key));
    this.search = h('input', {
      type: 'search', part: 'search', placeholder: say('search'), 'aria-label': say('search'), oninput: () => this.#search(),
    });
    this.count = h('span');
    this.copyButton = button('copyLink', () => this.copyLink(this.selected[0]));
    this.shareButton = button('share', () => this.share(this.selected[0]));
    this.selection = h('div', { class: 'line selection', part: 'selection', role: 'region', 'aria-label': say('selection'), hidden: true },
      this.count, button('selectNone', () => this.#clearSelection()), this.copyButton, this.shareButton,
      button('delete', () => this.delete(this.selected), 'danger'));
    this.grid = h('ul', { class: 'grid', part: 'grid', onkeydown: (event) => this.#move(event) });
    this.emptyTitle = h('p', { part: 'empty-title' });
    this.emptyHint = h('p', { class: 'muted' }, h('slot', { name: 'empty' }, say('emptyHint')));
    this.empty = h('div', { class: 'empty', part: 'empty', hidden: true }, icon('image'), this.emptyTitle, this.emptyHint);
    this.fault = h('p', { class: 'fault', part: 'error', role: 'alert' });
    this.more = button('more', () => this.library.more());
    this.again = button('tryAgain', () => this.refresh());
    this.loading = h('p', { class: 'muted' }, say('loading'));
    this.foot = h('div', { class: 'line foot' }, this.fault, this.again, this.loading, this.more);
    this.viewer = new Viewer(this);
    return h('div', { part: 'base' },
      h('div', { class: 'line head', part: 'head' }, this.search, h('slot', { name: 'filters' })),
      this.selection, this.grid, this.empty, this.foot, this.viewer.dialog);
  }

  start() {
    const made = () => createLibrary(this.gateway, {
      ...this.place, order: 'newest', group: 'package', sign: true, q: this.search.value || undefined,
    });
    this.#observe();
    if (!this.watch(made)) return;
    this.#removal = new Removal(this.gateway, this.store);
    this.viewer.player.gateway = this.gateway;
    this.viewer.player.hls = this.loadHls ?? this.getAttribute('hls');
    this.viewer.player.texts = this.texts;
    this.store.load();
  }

  stop() {
    super.stop();
    this.#seen.disconnect();
    this.#end.disconnect();
    this.#selected.clear();
    this.#cards.clear();
    this.grid.replaceChildren();
    this.selection.hidden = true;
    this.viewer.close();
    this.hush();
  }

  #observe() {
    this.#seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        this.#seen.unobserve(target);
        this.#cards.get(target.dataset.path)?.reveal();
      }
    }, { rootMargin: '200px' });
    this.#end = new IntersectionObserver(([{ isIntersecting }]) => {
      if (isIntersecting) this.#more();
    }, { rootMargin: '600px' });
  }

  #more() {
    const { hasMore, loading, error } = this.library?.getSnapshot() ?? {};
    if (hasMore && !loading && !error) this.library.more();
  }

  #search() {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.library?.query({ q: this.search.value.trim() || undefined }), TYPING_MS);
  }

  show() {
    const { assets, loading, hasMore, error } = this.library.getSnapshot();
    const gone = new Set(this.#cards.keys());
    let place = this.grid.firstChild;
    for (const asset of assets) {
      gone.delete(asset.path);
      let card = this.#cards.get(asset.path);
      if (card) card.show(asset);
      else {
        card = this.#make(asset);
        this.#cards.set(asset.path, card);
      }
      if (card.element === place) place = place.nextSibling;
      else this.grid.insertBefore(card.element, place);
      if (!card.element.dataset.path) {
        card.element.dataset.path = asset.path;
        this.#seen.observe(card.element);
      }
    }
    for (const path of gone) this.#drop(path);
    this.#setCurrent(this.#current?.element.isConnected ? this.#current : this.#firstCard());
    this.#settle(assets.length, loading, hasMore, error);
  }

  #make(asset) {
    return new Card(this.words, asset, {
      open: (card) => {
        this.#setCurrent(card);
        if (this.emit('asset-open', { asset: card.asset }, { cancelable: true })) this.open(card.asset);
      },
      select: (card) => this.#select(card.asset.path, card.box.checked),
    }, (card) => this.#renew(card));
  }

  /** Links that ended before the card came into sight. */
  async #renew(card) {
    const { path } = card.asset;
    const fresh = await this.gateway?.get(path).catch(() => null);
    if (!fresh) return false;
    const [link] = fresh.link ? [fresh.link] : await this.gateway.links([path]).catch(() => []);
    card.asset = { ...card.asset, preview: fresh.preview, link };
    return true;
  }

  #drop(path) {
    const { element } = this.#cards.get(path);
    if (element.matches(':focus-within')) this.#focusBeside(element);
    element.remove();
    this.#cards.delete(path);
    if (this.#selected.delete(path)) this.#showSelection();
  }

  #focusBeside(element) {
    const next = element.nextElementSibling ?? element.previousElementSibling;
    (this.#cards.get(next?.dataset.path)?.open ?? this.search).focus();
  }

  /** Where the keyboard goes on after a dialog over a card that is gone. */
  refocus() {
    const { activeElement: now } = this.shadowRoot;
    if (!now || this.viewer.dialog.contains(now)) (this.#current?.open ?? this.search).focus();
  }

  #firstCard() {
    return this.#cards.get(this.grid.firstElementChild?.dataset.path) ?? null;
  }

  #setCurrent(card) {
    if (this.#current && this.#current !== card) this.#current.current = false;
    this.#current = card;
    if (card) card.current = true;
  }

  /** Arrow keys go through the grid; the Tab key leaves it. */
  #move(event) {
    const cards = [...this.grid.children];
    const at = cards.findIndex((element) => element.matches(':focus-within'));
    const across = cards.filter(({ offsetTop }) => offsetTop === cards[0].offsetTop).length;
    const rtl = getComputedStyle(this).direction === 'rtl' ? -1 : 1;
    const steps = { ArrowRight: rtl, ArrowLeft: -rtl, ArrowDown: across, ArrowUp: -across };
    const to = { Home: 0, End: cards.length - 1 }[event.key] ?? at + (steps[event.key] ?? NaN);
    if (at < 0 || !(to >= 0)) return;
    event.preventDefault();
    const card = this.#cards.get(cards[Math.min(to, cards.length - 1)].dataset.path);
    const onBox = cards[at].querySelector('input') === this.shadowRoot.activeElement;
    this.#setCurrent(card);
    (onBox ? card.box : card.open).focus();
  }

  #settle(count, loading, hasMore, error) {
    const query = this.search.value.trim();
    this.empty.hidden = count > 0 || loading || hasMore || Boolean(error);
    setText(this.emptyTitle, this.words.say(query ? 'noMatch' : 'empty', { query }));
    this.emptyHint.hidden = Boolean(query);
    setText(this.fault, error ? this.words.error(error) : '');
    this.again.hidden = !error;
    this.loading.hidden = !loading || Boolean(error);
    this.more.hidden = !hasMore || loading || Boolean(error);
    if (loading) return;
    // An end that was and stays in view is told of once: by being looked at anew it is told again.
    this.#end.unobserve(this.foot);
    this.#end.observe(this.foot);
  }

  #select(path, selected) {
    if (selected) this.#selected.add(path);
    else this.#selected.delete(path);
    this.#cards.get(path).selected = selected;
    this.#showSelection();
  }

  #clearSelection() {
    for (const path of this.#selected) this.#cards.get(path).selected = false;
    this.#selected.clear();
    this.#showSelection();
    this.#current?.open.focus();
  }

  #showSelection() {
    const count = this.#selected.size;
    if (!count && this.selection.matches(':focus-within')) (this.#current?.open ?? this.search).focus();
    this.selection.hidden = count === 0;
    setText(this.count, this.words.say('selected', { count }));
    const [only] = count === 1 ? this.selected : [];
    this.copyButton.hidden = !only || isManifest(only);
    this.shareButton.hidden = !only || this.hasAttribute('no-share');
    this.grid.classList.toggle('selecting', count > 0);
    this.emit('selection-changed', { assets: this.selected });
  }

  /** Deletes; with Undo where the bucket keeps versions, after a question elsewhere. */
  async delete(assets) {
    const { words } = this;
    const count = assets.length;
    const name = nameOf(assets[0]);
    const undo = await this.#removal.canUndo();
    if (!undo && !await confirmDeletion(this, count, name)) return false;
    try {
      const { removed, failed } = await this.#removal.remove(assets);
      if (removed.length) this.emit('assets-deleted', { assets: removed });
      const key = failed ? 'notDeleted' : 'deleted';
      this.say(words.say(key, { count: failed || count, name }), undo && removed.length ? this.#undoButton(removed, name) : null);
      return !failed;
    } catch (error) {
      this.say(words.error(error));
      return false;
    }
  }

  #undoButton(assets, name) {
    return h('button', {
      type: 'button', class: 'button small', part: 'button', onclick: async () => {
        this.hush();
        try {
          await this.#removal.restore(assets);
          this.emit('assets-restored', { assets });
          this.say(this.words.say('restored', { count: assets.length, name }));
        } catch (error) {
          this.say(this.words.error(error));
        }
      },
    }, this.words.say('undo'));
  }

  copyLink(asset) {
    return this.#handOver(this.gateway.links([asset.path]).then(([link]) => link));
  }

  async share(asset) {
    return askForShare(this, nameOf(asset), (options) => {
      const share = this.gateway.share(asset.path, options);
      share.then((made) => this.emit('asset-shared', { share: made, asset }), () => {});
      return this.#handOver(share);
    });
  }

  async #handOver(link) {
    try {
      const copied = await copyText(link.then(({ url }) => url));
      const { url, expires_at: end } = await link;
      if (copied) this.say(this.words.say('linkCopied', { until: this.words.date(end) }));
      else await showLink(this, url);
    } catch (error) {
      this.say(this.words.error(error));
    }
  }
}
