/** The gallery: filters, endless scroll, selection. */

import { folderOf, isManifest, isPiece } from './packages.js';
import { $, bytes, confirmDeletion, h, icon, plainWords, say } from './dom.js';

const PAGE = 48;
const KINDS = [
  ['', 'All'], ['video', 'Video'], ['audio', 'Audio'], ['image', 'Images'], ['frame', 'Frames'],
  ['brand_kit', 'Brand kit'],
];
const DATE = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

/** Pictures that a browser shows as they are. */
const SHOWN = /^image\/(jpeg|png|webp|gif|avif)$/;

export class Library {
  #gateway;
  #open;
  #changed;
  #deleted;
  #can;
  #kind = '';
  #project = '';
  #cards = new Map();
  #selected = new Set();
  #pages = null;
  #cursor = null;
  #loading = false;
  #seen;

  constructor(gateway, { open, changed, deleted, can }) {
    this.#gateway = gateway;
    this.#open = open;
    this.#changed = changed;
    this.#deleted = deleted;
    this.#can = can;
    this.#seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this.#reveal(target);
      }
    }, { rootMargin: '200px' });
    new IntersectionObserver(([{ isIntersecting }]) => {
      if (isIntersecting) this.#more();
    }, { rootMargin: '600px' }).observe($('more'));
    this.#listen();
  }

  #listen() {
    $('kinds').append(...KINDS.map(([kind, label]) => h('button', {
      class: 'chip', type: 'button', 'aria-pressed': String(kind === this.#kind), 'data-kind': kind,
      onclick: () => {
        this.#kind = kind;
        this.refresh();
      },
    }, label)));
    $('project-filter').addEventListener('change', ({ target }) => {
      this.#project = target.value;
      this.refresh();
    });
    $('selection-none').addEventListener('click', () => this.#select([...this.#selected], false));
    $('selection-delete').addEventListener('click', () => this.#deleteSelected());
  }

  clear() {
    this.#cards.clear();
    this.#selected.clear();
    this.#pages = null;
    this.#cursor = undefined; // not null: that there is nothing is not known yet
    $('grid').replaceChildren();
    this.#settle();
  }

  async refresh() {
    this.clear();
    for (const chip of $('kinds').children) {
      chip.setAttribute('aria-pressed', String(chip.dataset.kind === this.#kind));
      chip.hidden = chip.dataset.kind === (this.#project ? 'brand_kit' : 'frame');
    }
    const prefix = this.#project && !this.#kind ? `projects/${this.#project}/` : undefined;
    this.#pages = this.#gateway.list({
      kind: this.#kind || undefined, projectId: this.#project || undefined, prefix, limit: PAGE, sign: true,
    });
    this.#loading = false;
    await Promise.all([this.#more(), this.#nameProjects()]);
  }

  async #more() {
    const pages = this.#pages;
    if (!pages || this.#loading || this.#cursor === null) return;
    this.#loading = true;
    $('library-fault').hidden = true;
    try {
      const { items, next_cursor: next } = await pages.page(this.#cursor);
      if (pages !== this.#pages) return; // another filter was chosen meanwhile
      this.#cursor = next ?? null;
      for (const asset of items) if (!isPiece(asset)) this.#put(asset, 'append');
    } catch (error) {
      if (pages !== this.#pages) return;
      $('library-fault').textContent = plainWords(error);
      $('library-fault').hidden = false;
      this.#cursor = null;
    }
    this.#loading = false;
    this.#settle();
    // A short page may leave the end in view, and then nothing would ask again.
    if (this.#cursor !== null && $('more').getBoundingClientRect().top < innerHeight) this.#more();
  }

  async #nameProjects() {
    let names = [];
    try {
      if (this.#can.projects) {
        const { items } = await this.#gateway.request('GET', '/v1/projects', { tries: 1 });
        names = items.map(({ project_id: id }) => id);
      }
    } catch { /* a nicety; the listing says what is wrong */ }
    const filter = $('project-filter');
    filter.replaceChildren(h('option', { value: '' }, 'Everything'),
      ...names.map((name) => h('option', { value: name }, name)));
    filter.value = this.#project;
    filter.parentElement.hidden = names.length === 0;
    $('project-names').replaceChildren(...names.map((name) => h('option', { value: name })));
  }

  /** Shows an asset that has just arrived, if the filters let it through. */
  add(asset) {
    const fits = (!this.#kind || asset.kind === this.#kind)
      && (this.#project ? asset.project_id === this.#project : !this.#kind || !asset.project_id);
    if (fits && !isPiece(asset)) this.#put(asset, 'prepend');
    this.#settle();
    this.#changed();
    this.#nameProjects();
  }

  remove(paths) {
    for (const path of paths) {
      const element = this.#cards.get(path)?.element;
      if (element?.contains(document.activeElement)) {
        const next = element.nextElementSibling ?? element.previousElementSibling;
        (next?.querySelector('.card-open') ?? $('library-title')).focus();
      }
      element?.remove();
      this.#cards.delete(path);
      this.#selected.delete(path);
    }
    this.#settle();
    this.#changed();
  }

  /** Shows what came by another way, unless it is here already. */
  arrive(asset) {
    if (this.#cards.has(asset.path)) return false;
    this.add(asset);
    return true;
  }

  #put(asset, place) {
    this.#cards.get(asset.path)?.element.remove();
    const name = asset.filename ?? asset.path.split('/').pop();
    const thumbnail = h('span', { class: `thumb ${asset.kind}`, 'data-path': asset.path },
      icon(asset.kind === 'frame' ? 'image' : asset.kind));
    const element = h('li', { class: 'card' },
      h('button', { class: 'card-open', type: 'button', onclick: () => this.#open(asset) },
        thumbnail,
        h('span', { class: 'card-name', title: name }, name),
        h('span', { class: 'card-facts muted' },
          [bytes(asset.size), DATE.format(new Date(asset.last_modified)), asset.project_id]
            .filter(Boolean).join(' · '))),
      h('label', { class: 'pick' },
        h('input', {
          type: 'checkbox', 'aria-label': `Select ${name}`,
          onchange: ({ target }) => this.#select([asset.path], target.checked),
        })));
    this.#cards.set(asset.path, { asset, element });
    $('grid')[place](element);
    this.#seen.observe(thumbnail);
  }

  async #reveal(thumbnail) {
    this.#seen.unobserve(thumbnail);
    const card = this.#cards.get(thumbnail.dataset.path);
    if (!card) return;
    const { path, kind, content_type: type } = card.asset;
    if (isManifest(card.asset) || (kind !== 'video' && !SHOWN.test(type ?? ''))) return;
    try {
      card.asset.link ??= (await this.#gateway.links([path]))[0];
    } catch {
      return; // the icon stays
    }
    const { url } = card.asset.link;
    // Half a second in, where a video is rarely black any more.
    const picture = kind === 'video'
      ? h('video', { src: `${url}#t=0.5`, preload: 'metadata', muted: true, playsinline: true, tabindex: '-1' })
      : h('img', { src: url, alt: '', decoding: 'async' });
    const shown = () => thumbnail.classList.add('shown');
    picture.addEventListener(kind === 'video' ? 'loadeddata' : 'load', shown);
    picture.addEventListener('error', () => picture.remove());
    thumbnail.append(picture);
  }

  #select(paths, chosen) {
    for (const path of paths) {
      if (chosen) this.#selected.add(path);
      else this.#selected.delete(path);
      const { element } = this.#cards.get(path);
      element.classList.toggle('selected', chosen);
      element.querySelector('input').checked = chosen;
    }
    this.#settle();
  }

  async #deleteSelected() {
    const paths = [...this.#selected];
    const things = paths.length === 1 ? '1 asset' : `${paths.length} assets`;
    if (!await confirmDeletion(`Delete ${things}?`, 'Links to them stop working.')) return;
    try {
      const assets = paths.map((path) => this.#cards.get(path).asset);
      const packages = assets.filter(isManifest);
      await Promise.all(packages.map(
        (asset) => this.#gateway.delete(folderOf(asset), { recursive: true })));
      const single = assets.filter((asset) => !isManifest(asset));
      const { deleted, errors } = await this.#gateway.delete(single.map(({ path }) => path));
      this.remove([...deleted, ...packages.map(({ path }) => path)]);
      this.#deleted(single.filter(({ path }) => deleted.includes(path)));
      say(errors.length ? `${errors.length} could not be deleted.` : `Deleted ${things}.`);
    } catch (error) {
      say(plainWords(error));
    }
  }

  #settle() {
    const count = this.#selected.size;
    $('selection').hidden = count === 0;
    $('selection-count').textContent = `${count} selected`;
    $('grid').classList.toggle('selecting', count > 0);
    $('empty').hidden = this.#cards.size > 0 || this.#cursor !== null || !$('library-fault').hidden;
  }
}
