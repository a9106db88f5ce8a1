/** `<asset-player>`: an asset, or a share, played or shown. */

import { GatewayElement } from './base.js';
import { h, icon } from './dom.js';
import { playHls, playsByItself } from './hls.js';
import { isManifest, nameOf } from './packages.js';
import { styles } from './style.js';

const RENEWALS = 3; // links that ended while somebody watched
const FLAGS = ['autoplay', 'muted', 'loop'];

export class AssetPlayer extends GatewayElement {
  static properties = [...super.properties, 'asset', 'source', 'hls', 'tracks'];
  static observedAttributes = ['path', 'src', 'type', 'poster', ...FLAGS];

  #asset = null;
  #source = null;
  #hls = null;
  #tracks = [];
  #stopPlaying = () => {};
  #shown = 0;
  #renewed = 0;

  constructor() {
    super(styles.common, styles.player);
  }

  /** An asset of the gateway's; or, by the attribute `path`, its path. */
  get asset() {
    return this.#asset;
  }

  set asset(asset) {
    this.#asset = asset;
    this.#renewed = 0;
    this.restart();
  }

  /** `{ url, content_type, filename, query }`, as a share answers it: no gateway is needed. */
  get source() {
    return this.#source;
  }

  set source(source) {
    this.#source = source;
    this.restart();
  }

  /** Where hls.js is, or a function that loads it: `() => import('hls.js')`. Attribute: `hls`. */
  get hls() {
    return this.#hls ?? this.getAttribute('hls');
  }

  set hls(load) {
    this.#hls = load;
  }

  /** Captions: `[{ src, srclang, label, kind, default }]`; `<track>` children count as well. */
  get tracks() {
    return this.#tracks;
  }

  set tracks(tracks) {
    this.#tracks = tracks ?? [];
    this.restart();
  }

  /** The element that plays, for whoever wants to control it. */
  get media() {
    return this.shadowRoot.querySelector('video, audio');
  }

  render() {
    this.stage = h('div', { class: 'stage', part: 'stage' });
    return this.stage;
  }

  start() {
    this.#open();
  }

  stop() {
    this.#shown += 1;
    this.#stopPlaying();
    this.#stopPlaying = () => {};
    this.stage.replaceChildren();
  }

  async #open(from = 0) {
    this.#shown += 1;
    const shown = this.#shown;
    const stale = () => shown !== this.#shown;
    if (!from) this.#note(this.words.say('opening'));
    try {
      const source = await this.#find();
      if (stale()) return;
      if (!source) this.stage.replaceChildren();
      else await this.#show(source, from, stale);
    } catch (error) {
      if (!stale()) this.#fail(error);
    }
  }

  /** What is to be played: `{ url, content_type, filename, kind, query, poster }`. */
  async #find() {
    const src = this.getAttribute('src');
    if (this.#source) return this.#source;
    if (src) return { url: new URL(src, document.baseURI).href, content_type: this.#typed(src), filename: '' };
    const path = this.#asset?.path ?? this.getAttribute('path');
    if (!path || !this.gateway) return null;
    const asset = this.#asset ?? await this.gateway.get(path);
    const facts = { ...asset, filename: nameOf(asset), poster: asset.preview?.url };
    if (isManifest(asset)) {
      const cookies = !this.hls || playsByItself(document.createElement('video'));
      return { ...facts, ...await this.gateway.playback(path, { cookies }) };
    }
    const fresh = !this.#renewed && asset.link && Date.parse(asset.link.expires_at) - Date.now() > 6e4;
    const link = fresh ? asset.link : (await this.gateway.links([path]))[0];
    return { ...facts, ...link };
  }

  #typed(src) {
    return this.getAttribute('type') ?? (/\.m3u8(\?|$)/i.test(src) ? 'application/vnd.apple.mpegurl' : '');
  }

  async #show(source, from, stale) {
    const type = source.content_type ?? '';
    const [family] = type.split('/');
    if (family === 'image') {
      const picture = h('img', { part: 'media', src: source.url, alt: source.filename ?? '' });
      picture.addEventListener('error', () => this.#broken(source, 0));
      this.stage.replaceChildren(picture);
      return;
    }
    const sound = family === 'audio' || source.kind === 'audio';
    if (!sound && family !== 'video' && !isManifest(source) && type) {
      this.#fail({ message: this.words.say('cannotShow') }, source);
      return;
    }
    const media = this.#medium(sound ? 'audio' : 'video', source);
    media.addEventListener('error', () => this.#broken(source, media.currentTime));
    if (from) media.addEventListener('loadedmetadata', () => { media.currentTime = from; }, { once: true });
    if (isManifest(source)) {
      if (!await this.#attach(media, source, stale)) return;
    } else {
      media.src = source.url;
    }
    const poster = this.#posterOf(source);
    this.stage.replaceChildren(sound
      ? h('div', { class: 'listen' }, poster ? h('img', { src: poster, alt: '' }) : icon('audio'), media)
      : media);
  }

  /** A package: by Safari itself, or by hls.js. */
  async #attach(video, source, stale) {
    const { url } = source;
    if (playsByItself(video) || !this.hls) {
      if (!video.canPlayType('application/vnd.apple.mpegurl')) {
        this.#fail({ message: this.words.say('needsHls') });
        return false;
      }
      video.src = url;
      return true;
    }
    const stop = await playHls(video, source, this.hls, () => this.#broken(source, video.currentTime));
    if (stale()) stop?.();
    else if (stop) this.#stopPlaying = stop;
    else this.#fail({ message: this.words.say('needsHls') });
    return Boolean(stop) && !stale();
  }

  #posterOf(source) {
    return this.getAttribute('poster') ?? source.poster;
  }

  #medium(tag, source) {
    const media = h(tag, {
      part: 'media', controls: true, playsinline: true, preload: 'metadata', 'aria-label': source.filename,
      ...Object.fromEntries(FLAGS.map((flag) => [flag, this.hasAttribute(flag)])),
    });
    media.muted = this.hasAttribute('muted');
    const poster = this.#posterOf(source);
    if (tag === 'video' && poster) media.poster = poster;
    const tracks = [
      ...this.#tracks.map((track) => h('track', { kind: 'captions', ...track })),
      ...[...this.querySelectorAll(':scope > track')].map((track) => track.cloneNode()),
    ];
    // Captions of another origin are read only where the film is asked for by CORS as well.
    if (tracks.length) media.crossOrigin = 'anonymous';
    media.append(...tracks);
    return media;
  }

  /** A link that ended while somebody watched is renewed, where the player was; once whatever the clock says. */
  #broken(source, at) {
    const ended = !this.#renewed || Date.parse(source.expires_at) < Date.now();
    if (ended && this.gateway && !this.#source && this.#renewed < RENEWALS) {
      this.#renewed += 1;
      this.#stopPlaying();
      this.#open(at || 0.001);
    } else {
      this.#fail({ message: this.words.say('cannotShow') }, source);
    }
  }

  #note(text) {
    this.stage.replaceChildren(h('p', { part: 'note' }, text));
  }

  #fail(error, source) {
    this.#stopPlaying();
    this.#note(this.words.error(error));
    if (source?.url && !isManifest(source)) {
      this.stage.firstChild.append(' ', h('a', { href: source.url, download: source.filename }, this.words.say('download')));
    }
    this.emit('asset-error', { error });
  }
}
