/**
 * `<asset-gallery>`: what is stored, newest first; to look at, share and delete.
 *
 * Over 200 lines because what is done to assets ends in one place: said, told by an event, undone.
 */

import { createLibrary } from '../store/library.js';
import { copyText } from './clipboard.js';
import { askForShare, confirmDeletion, showLink } from './dialogs.js';
import { button, h, icon, isOffline, setText } from './dom.js';
import { Grid } from './grid.js';
import { nameOf } from './packages.js';
import { PlacedElement } from './placed.js';
import { Removal } from './removal.js';
import { Selection } from './selection.js';
import { styles } from './style.js';
import { Viewer } from './viewer.js';

const TYPING_MS = 300;

export class AssetGallery extends PlacedElement {
  static properties = [...super.properties, 'library', 'hls'];
  static observedAttributes = ['kind', 'project-id'];

  #hls = null;
  #removal = null;
  #end;
  #typing;

  constructor() {
    super(styles.common, styles.gallery);
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
    return this.#hls ?? this.getAttribute('hls');
  }

  set hls(load) {
    this.#hls = load;
    if (this.viewer) this.viewer.player.hls = load;
  }

  /** The assets that are selected. */
  get selected() {
    return this.selection.assets;
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
    this.search = h('input', {
      type: 'search', part: 'search', placeholder: say('search'), 'aria-label': say('search'), oninput: () => this.#search(),
    });
    this.selection = new Selection(this);
    this.grid = new Grid(this, {
      open: (card) => {
        this.grid.current = card;
        if (this.emit('asset-open', { asset: card.asset }, { cancelable: true })) this.open(card.asset);
      },
      select: ({ asset, box }) => this.selection.put(asset.path, box.checked),
    }, (card) => this.#renew(card));
    this.emptyTitle = h('p', { part: 'empty-title' });
    this.emptyHint = h('p', { class: 'muted' }, h('slot', { name: 'empty' }, say('emptyHint')));
    this.empty = h('div', { class: 'empty', part: 'empty', hidden: true }, icon('image'), this.emptyTitle, this.emptyHint);
    this.fault = h('p', { class: 'fault', part: 'error', role: 'alert' });
    this.more = button('small quiet', () => this.library.more(), say('more'));
    this.again = button('small quiet', () => this.refresh(), say('tryAgain'));
    this.loading = h('p', { class: 'muted' });
    this.foot = h('div', { class: 'line foot' }, this.fault, this.again, this.loading, this.more);
    this.viewer = new Viewer(this);
    return h('div', { part: 'base' },
      h('div', { class: 'line head', part: 'head' }, this.search, h('slot', { name: 'filters' })),
      this.selection.bar, this.grid.element, this.empty, this.foot, this.viewer.dialog);
  }

  start() {
    const made = () => createLibrary(this.gateway, {
      ...this.place, order: 'newest', group: 'package', sign: true, q: this.search.value || undefined,
    });
    this.grid.start();
    this.#end = new IntersectionObserver(([{ isIntersecting }]) => {
      if (isIntersecting) this.#more();
    }, { rootMargin: '600px' });
    if (!this.watch(made)) return;
    this.#removal = new Removal(this.gateway, this.store);
    const { gateway, hls, texts } = this;
    Object.assign(this.viewer.player, { gateway, hls, texts });
    this.store.load();
  }

  stop() {
    super.stop();
    this.#end.disconnect();
    this.selection.stop();
    this.grid.stop();
    this.viewer.close();
    this.hush();
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
    for (const path of this.grid.show(assets)) this.selection.put(path, false);
    this.#settle(assets.length, loading, hasMore, error);
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

  /** Where the keyboard goes on after a dialog over a card that is gone. */
  refocus() {
    const { activeElement: now } = this.shadowRoot;
    if (!now || this.viewer.dialog.contains(now)) this.grid.focus();
  }

  #settle(count, loading, hasMore, error) {
    const query = this.search.value.trim();
    this.empty.hidden = count > 0 || loading || hasMore || Boolean(error);
    setText(this.emptyTitle, this.words.say(query ? 'noMatch' : 'empty', { query }));
    this.emptyHint.hidden = Boolean(query);
    setText(this.fault, error ? this.words.error(error) : '');
    this.again.hidden = !error;
    this.loading.hidden = !loading;
    setText(this.loading, this.words.say(isOffline() ? 'offline' : 'loading'));
    this.more.hidden = !hasMore || loading || Boolean(error);
    if (loading) return;
    // An end that was and stays in view is told of once: by being looked at anew it is told again.
    this.#end.unobserve(this.foot);
    this.#end.observe(this.foot);
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
    return button('small', async () => {
      this.hush();
      try {
        await this.#removal.restore(assets);
        this.emit('assets-restored', { assets });
        this.say(this.words.say('restored', { count: assets.length, name }));
      } catch (error) {
        this.say(this.words.error(error));
      }
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
