/** Where things go and what is seen of them: kinds and folders, of the uploader and the gallery. */

import { $, h } from './dom.js';

const KINDS = [
  ['', 'All'], ['video', 'Video'], ['audio', 'Audio'], ['image', 'Images'], ['frame', 'Frames'],
  ['brand_kit', 'Brand kit'],
];

export class Places {
  #gateway;
  #uploader;
  #gallery;

  constructor(gateway, uploader, gallery) {
    this.#gateway = gateway;
    this.#uploader = uploader;
    this.#gallery = gallery;
    $('kinds').append(...KINDS.map(([kind, label]) => h('button', {
      class: 'chip', type: 'button', 'data-kind': kind, onclick: () => {
        gallery.kind = kind;
        this.#showFilters();
      },
    }, label)));
    $('project-filter').addEventListener('change', ({ target }) => {
      gallery.kind = '';
      gallery.projectId = target.value;
      this.#showFilters();
    });
    $('upload-kind').addEventListener('change', () => this.#chooseKind());
    $('upload-project').addEventListener('input', () => this.#choosePlace());
    uploader.addEventListener('files-chosen', (event) => {
      if (!$('upload-project').reportValidity()) event.preventDefault();
    });
    this.#choosePlace();
    this.#showFilters();
  }

  /** Brand kits are the library's, frames a folder's. */
  #choosePlace() {
    const project = $('upload-project').value.trim();
    const kinds = $('upload-kind');
    this.#uploader.projectId = project;
    for (const option of kinds.options) option.hidden = option.value === (project ? 'brand_kit' : 'frame');
    if (kinds.selectedOptions[0].hidden) kinds.value = '';
    // Browsers fill in again what was chosen before a reload, or before the way back to here.
    this.#chooseKind();
  }

  #chooseKind() {
    this.#uploader.kind = $('upload-kind').value;
  }

  #showFilters() {
    const { kind, projectId } = this.#gallery;
    for (const chip of $('kinds').children) {
      chip.setAttribute('aria-pressed', String(chip.dataset.kind === (kind ?? '')));
      chip.hidden = chip.dataset.kind === (projectId ? 'brand_kit' : 'frame');
    }
  }

  /** The folders that there are. */
  async refresh() {
    let names = [];
    try {
      const { items } = await this.#gateway.projects().page();
      names = items.map(({ project_id: id }) => id);
    } catch { /* a nicety; the gallery says what is wrong */ }
    const filter = $('project-filter');
    const chosen = this.#gallery.projectId ?? '';
    if (chosen && !names.includes(chosen)) names.push(chosen);
    filter.replaceChildren(h('option', { value: '' }, 'Library'),
      ...names.map((name) => h('option', { value: name }, name)));
    filter.value = chosen;
    filter.parentElement.hidden = names.length === 0;
    $('project-names').replaceChildren(...names.map((name) => h('option', { value: name })));
  }
}
