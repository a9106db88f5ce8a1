/** What the list of uploads shows. */

import { bytes, duration, h, icon } from './dom.js';

const SPEED_WINDOW_MS = 4000;
export const OVER = /^(done|failed|cancelled)$/;
export const UNDER_WAY = /^(starting|hashing|uploading|pausing|verifying)$/;

/** A file on its way, with speed and time left. */
export class Row {
  #samples = [];

  constructor(file, target, actions) {
    this.file = file;
    this.target = target;
    this.state = 'waiting';
    this.upload = null;
    /** Whether trying again cannot help: the file has to change. */
    this.final = false;
    const kind = target.kind || file.type.split('/')[0];
    const button = (name, label, action) => h('button', {
      class: 'button quiet icon-only', type: 'button', 'aria-label': `${label} ${file.name}`,
      title: label, onclick: () => action(this),
    }, icon(name));
    this.pause = button('pause', 'Pause', actions.pause);
    this.resume = button('play', 'Resume', actions.resume);
    this.retry = button('retry', 'Try again', actions.retry);
    this.cancel = button('close', 'Cancel', actions.cancel);
    this.done = h('span', { class: 'row-done', role: 'img', 'aria-label': 'Finished' }, icon('check'));
    this.status = h('span', { class: 'row-status muted' });
    this.bar = h('progress', { max: file.size || 1, value: 0, 'aria-label': `Progress of ${file.name}` });
    this.element = h('li', { class: 'row' },
      h('span', { class: `tile ${kind}` }, icon(/^(audio|image|video)$/.test(kind) ? kind : 'brand_kit')),
      h('div', { class: 'row-body' },
        h('div', { class: 'row-words' }, h('span', { class: 'row-name', title: file.name }, file.name), this.status),
        this.bar),
      h('div', { class: 'row-actions' }, this.pause, this.resume, this.retry, this.cancel, this.done));
    this.show({ state: 'waiting', loaded: 0 });
  }

  show({ state, loaded }, words = '') {
    if (state !== this.state || !navigator.onLine) this.#samples = [];
    this.state = state;
    this.bar.value = loaded;
    this.element.dataset.state = state;
    this.pause.hidden = !/^(uploading|pausing)$/.test(state); // a second time it stops at once
    this.resume.hidden = !/^paus/.test(state);
    this.retry.hidden = state !== 'failed' || this.final;
    this.cancel.hidden = state === 'done' || state === 'cancelled';
    this.bar.hidden = OVER.test(state);
    this.done.hidden = state !== 'done';
    const cut = UNDER_WAY.test(state) && !navigator.onLine ? 'No connection · ' : '';
    this.status.textContent = words || cut + this.#describe(loaded);
  }

  #describe(loaded) {
    const { size } = this.file;
    switch (this.state) {
      case 'waiting': return `Waiting · ${bytes(size)}`;
      case 'starting': return bytes(size);
      case 'hashing': return `Reading · ${bytes(size)}`;
      case 'pausing': return `Pausing · ${bytes(loaded)} of ${bytes(size)}`;
      case 'paused': return `Paused · ${bytes(loaded)} of ${bytes(size)}`;
      case 'verifying': return 'Checking what arrived';
      case 'done': return bytes(size);
      case 'cancelled': return 'Cancelled';
      default: return `${bytes(loaded)} of ${bytes(size)}${navigator.onLine ? this.#pace(loaded) : ''}`;
    }
  }

  #pace(loaded) {
    const now = performance.now();
    this.#samples.push([now, loaded]);
    while (now - this.#samples[0][0] > SPEED_WINDOW_MS) this.#samples.shift();
    const [since, from] = this.#samples[0];
    if (now - since < 400 || loaded <= from) return '';
    const speed = (loaded - from) / ((now - since) / 1000);
    return ` · ${bytes(speed)}/s · ${duration((this.file.size - loaded) / speed)} left`;
  }
}

/** What another visit left unfinished: the browser needs the file once more, or a click for it. */
export function unfinishedRow({ filename, size, kind, reopens }, { choose, discard }) {
  const how = reopens ? '' : ' · choose the file again to resume';
  return offerRow(filename, kind, `Unfinished · ${bytes(size)}${how}`,
    h('button', { class: 'button small', type: 'button', 'aria-label': `Resume ${filename}`, onclick: choose }, 'Resume'),
    discard);
}

/** What was begun in another browser, of which little is known here. */
export function elsewhereRow({ path, initiated_at: begun }, { discard }) {
  const name = path.split('/').pop();
  const [, kind] = /^(?:projects\/[^/]+\/)?([^/]+)/.exec(path);
  return offerRow(name, kind, `Begun in another browser, ${new Date(begun).toLocaleString()}`, null, discard);
}

function offerRow(name, kind, status, action, discard) {
  return h('li', { class: 'row', 'data-state': 'unfinished' },
    h('span', { class: `tile ${kind ?? ''}` }, icon('retry')),
    h('div', { class: 'row-body' }, h('div', { class: 'row-words' },
      h('span', { class: 'row-name', title: name }, name),
      h('span', { class: 'row-status muted' }, status))),
    h('div', { class: 'row-actions' }, action ?? '',
      h('button', {
        class: 'button quiet icon-only', type: 'button', 'aria-label': `Discard ${name}`, title: 'Discard', onclick: discard,
      }, icon('close'))));
}
