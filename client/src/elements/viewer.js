/** One asset of the gallery, large, with what can be done with it. */

import { button, h, icon, setText } from './dom.js';
import { isManifest, nameOf } from './packages.js';
import { AssetPlayer } from './player.js';
import { define } from './base.js';

export class Viewer {
  #gallery;
  #asset = null;

  constructor(gallery) {
    this.#gallery = gallery;
    define('asset-player', AssetPlayer);
    const say = (key) => gallery.words.say(key);
    const act = (key, action, style = '') => button(style, () => action(this.#asset), say(key));
    const close = button('quiet icon', () => this.close(), icon('close'));
    close.ariaLabel = say('close');
    this.title = h('h2', { id: 'viewer-title' });
    this.player = h('asset-player', { part: 'player', exportparts: 'stage, media, note', autoplay: true });
    this.facts = h('dl');
    this.copy = act('copyLink', (asset) => gallery.copyLink(asset));
    this.share = act('share', (asset) => gallery.share(asset));
    this.download = act('download', (asset) => this.#download(asset));
    this.remove = act('delete', (asset) => this.#delete(asset), 'danger');
    this.dialog = h('dialog', { class: 'viewer', part: 'viewer', 'aria-labelledby': 'viewer-title', onclose: () => this.#closed() },
      h('div', { class: 'head' }, this.title, close),
      this.player,
      h('div', { class: 'line below' }, this.facts,
        h('div', { class: 'line' }, this.copy, this.share, this.download, h('slot', { name: 'actions' }), this.remove)));
    this.dialog.addEventListener('click', ({ target }) => {
      if (target === this.dialog) this.close();
    });
  }

  /** The asset in sight. */
  get asset() {
    return this.#asset;
  }

  open(asset) {
    const { words } = this.#gallery;
    this.#asset = asset;
    setText(this.title, nameOf(asset));
    const facts = [
      ['type', asset.content_type], ['size', words.bytes(asset.package?.bytes ?? asset.size)], ['stored', words.date(asset.last_modified)],
    ];
    this.facts.replaceChildren(...facts.filter(([, value]) => value)
      .map(([key, value]) => h('div', {}, h('dt', {}, words.say(key)), h('dd', {}, value))));
    const asPackage = isManifest(asset);
    this.copy.hidden = asPackage;
    this.download.hidden = asPackage;
    this.share.hidden = this.#gallery.hasAttribute('no-share');
    this.player.asset = asset;
    this.dialog.showModal();
  }

  close() {
    this.dialog.close();
  }

  #closed() {
    this.#asset = null;
    this.player.asset = null;
    this.#gallery.refocus();
  }

  async #download(asset) {
    try {
      const [{ url }] = await this.#gallery.gateway.links([asset.path], { disposition: 'attachment' });
      const link = h('a', { href: url, download: nameOf(asset) });
      link.click();
    } catch (error) {
      this.#gallery.say(this.#gallery.words.error(error));
    }
  }

  async #delete(asset) {
    if (await this.#gallery.delete([asset])) this.close();
  }
}
