/** One asset, large: played or shown through a signed link. */

import {
  $, askForProject, bytes, confirmDeletion, h, handOver, icon, plainWords, say,
} from './dom.js';
import { folderOf, isManifest, player } from './packages.js';

const COPYING_MS = 15 * 60e3; // a move of many gigabytes
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
  #stop = () => {};
  #can = {};
  #hls;

  constructor(gateway, { deleted, moved, can, hls }) {
    this.#gateway = gateway;
    this.#can = can;
    this.#hls = hls;
    const dialog = $('viewer');
    $('viewer-close').addEventListener('click', () => this.close());
    dialog.addEventListener('close', () => {
      this.#asset = null;
      this.#stop();
      this.#stop = () => {};
      $('stage').replaceChildren();
    });
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog) this.close();
    });
    $('viewer-copy').addEventListener('click', () => this.#copy());
    $('viewer-share').addEventListener('click', () => this.#share());
    $('viewer-move').addEventListener('click', () => this.#move(moved));
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
    const asPackage = isManifest(asset) && this.#can.playback;
    $('viewer-download').removeAttribute('href');
    $('viewer-download').hidden = asPackage;
    $('viewer-share').hidden = !this.#can.shares;
    $('viewer-move').hidden = !this.#can.move || asset.kind === 'brand_kit';
    $('viewer').showModal();
    try {
      if (asPackage) {
        const { video, stop } = await player(this.#gateway, asset, this.#hls);
        if (this.#asset !== asset) stop();
        else {
          this.#stop = stop;
          this.#show(video);
        }
        return;
      }
      const [[view], [download]] = await Promise.all([
        this.#gateway.links([asset.path]),
        this.#gateway.links([asset.path], { disposition: 'attachment' }),
      ]);
      if (this.#asset !== asset) return;
      $('viewer-download').href = download.url;
      this.#show(picture(asset, view.url));
    } catch (error) {
      if (this.#asset !== asset) return;
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
      const link = this.#gateway.links([this.#asset.path]).then(([first]) => first);
      await handOver(link, ({ expires_at: end }) => `Link copied. It works until ${DATE.format(new Date(end))}.`);
    } catch (error) {
      say(plainWords(error));
    }
  }

  async #share() {
    try {
      await handOver(
        this.#gateway.share(this.#asset.path),
        ({ expires_at: end }) => `Link copied. Whoever has it can open this until ${DATE.format(new Date(end))}.`);
    } catch (error) {
      say(plainWords(error));
    }
  }

  async #move(moved) {
    const asset = this.#asset;
    const name = asset.filename ?? 'this asset';
    const project = await askForProject(`Move ${name}`, asset.project_id);
    if (project === null || project === (asset.project_id ?? '')) return;
    // A picture in a project may be a frame; the library knows only images.
    const kind = asset.kind === 'frame' && !project ? 'image' : asset.kind;
    try {
      const there = await this.#gateway.request('POST', '/v1/assets/move', {
        body: { path: asset.path, kind, project_id: project || null }, timeoutMs: COPYING_MS,
      });
      this.close();
      moved(asset.path, there);
      say(`${name} is in ${project || 'the library'} now.`);
    } catch (error) {
      say(plainWords(error));
    }
  }

  async #delete(deleted) {
    const asset = this.#asset;
    if (!await confirmDeletion(`Delete ${asset.filename ?? 'this asset'}?`, 'Links to it stop working.')) return;
    try {
      if (isManifest(asset)) await this.#gateway.delete(folderOf(asset), { recursive: true });
      else await this.#gateway.delete(asset.path);
      this.close();
      deleted(asset);
      say(`Deleted ${asset.filename ?? asset.path}.`);
    } catch (error) {
      say(plainWords(error));
    }
  }
}
