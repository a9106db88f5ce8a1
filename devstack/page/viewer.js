/** One asset, large: played or shown through a signed link. */

import { $, bytes, confirmDeletion, h, icon, plainWords, say } from './dom.js';

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function picture({ content_type: type = '', kind, filename }, url) {
  const family = (type ?? '').split('/')[0];
  if (family === 'video' || kind === 'video') {
    return h('video', { src: url, controls: true, autoplay: true, playsinline: true, 'aria-label': filename });
  }
  if (family === 'audio' || kind === 'audio') {
    return h('div', { class: 'listen' }, icon('audio'),
      h('audio', { src: url, controls: true, autoplay: true, 'aria-label': filename }));
  }
  if (family === 'image') return h('img', { src: url, alt: filename });
  return null;
}

export class Viewer {
  #gateway;
  #asset = null;

  constructor(gateway, { deleted }) {
    this.#gateway = gateway;
    const dialog = $('viewer');
    $('viewer-close').addEventListener('click', () => this.close());
    dialog.addEventListener('close', () => $('stage').replaceChildren());
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) this.close();
    });
    $('viewer-copy').addEventListener('click', () => this.#copy());
    $('viewer-delete').addEventListener('click', () => this.#delete(deleted));
  }

  close() {
    $('viewer').close();
  }

  async open(asset) {
    this.#asset = asset;
    $('viewer-title').textContent = asset.filename ?? asset.path;
    const facts = [
      ['Type', asset.content_type], ['Size', bytes(asset.size)],
      ['Stored', DATE.format(new Date(asset.last_modified))], ['Path', asset.path],
    ];
    $('viewer-facts').replaceChildren(...facts.filter(([, value]) => value)
      .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
    $('stage').replaceChildren(h('p', { class: 'muted' }, 'Opening …'));
    $('viewer-download').removeAttribute('href');
    $('viewer').showModal();
    try {
      const [[view], [download]] = await Promise.all([
        this.#gateway.links([asset.path]),
        this.#gateway.links([asset.path], { disposition: 'attachment' }),
      ]);
      if (this.#asset !== asset) return;
      $('viewer-download').href = download.url;
      this.#show(picture(asset, view.url));
    } catch (error) {
      $('stage').replaceChildren(h('p', { class: 'fault' }, plainWords(error)));
    }
  }

  #show(element) {
    const sorry = () => $('stage').replaceChildren(
      h('p', { class: 'muted' }, 'This browser cannot show this file. It can be downloaded.'));
    if (!element) {
      sorry();
      return;
    }
    const media = element.querySelector('audio') ?? element;
    media.addEventListener('error', sorry);
    $('stage').replaceChildren(element);
  }

  async #copy() {
    try {
      const [{ url }] = await this.#gateway.links([this.#asset.path]);
      await navigator.clipboard.writeText(url);
      say('Link copied. It works until it expires.');
    } catch (error) {
      say(plainWords(error));
    }
  }

  async #delete(deleted) {
    const asset = this.#asset;
    if (!await confirmDeletion(`Delete ${asset.filename ?? 'this asset'}?`, 'Links to it stop working.')) return;
    try {
      await this.#gateway.delete(asset.path);
      this.close();
      deleted(asset.path);
      say(`Deleted ${asset.filename ?? asset.path}.`);
    } catch (error) {
      say(plainWords(error));
    }
  }
}
