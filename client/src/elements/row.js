/** One line of the list of uploads. */

import { button, h, icon, isOffline, redraw, setText } from './dom.js';

/** By state: the main button's icon and text, and the text of what stands beside the name. */
const MAIN = {
  sending: ['pause', 'pause'],
  pausing: ['play', 'resume'],
  paused: ['play', 'resume'],
  resumable: ['play', 'resume'],
};
const STATUS = {
  waiting: 'stateWaiting',
  sending: 'stateSending',
  pausing: 'statePausing',
  paused: 'statePaused',
  verifying: 'stateVerifying',
  resumable: 'stateResumable',
};
const OVER = /^(done|failed|resumable)$/;

export class Row {
  #words;
  #item;

  /** `act(action, item)` hears what is pressed: pause, resume, retry, cancel, remove. */
  constructor(words, item, act) {
    this.#words = words;
    this.tile = h('span', { class: 'tile', part: 'thumbnail' }, icon(item.kind ?? item.type.split('/')[0]));
    this.name = h('span', { class: 'name', part: 'name', title: item.name }, item.name);
    this.status = h('span', { class: 'status muted', part: 'status' });
    this.fill = h('i');
    this.bar = h('div', {
      class: 'bar', part: 'progress', role: 'progressbar', 'aria-label': words.say('progress', item),
      'aria-valuemin': 0, 'aria-valuemax': 100,
    }, this.fill);
    const pressed = (action) => button('quiet icon', () => act(action(), this.#item));
    this.main = pressed(() => this.main.dataset.action);
    this.cancel = pressed(() => (/^(done|failed)$/.test(this.#item.state) ? 'remove' : 'cancel'));
    this.tick = h('span', { class: 'tick', role: 'img', 'aria-label': words.say('finished') }, icon('check'));
    redraw(this.cancel, 'close');
    this.element = h('li', { class: 'row', part: 'row' }, this.tile,
      h('div', { class: 'body' }, h('div', { class: 'words' }, this.name, this.status), this.bar),
      h('div', { class: 'actions' }, this.tick, this.main, this.cancel));
    this.show(item);
  }

  show(item) {
    if (item === this.#item && !this.#moves(item)) return;
    this.#item = item;
    const { state, sent, size, name } = item;
    this.element.dataset.state = state;
    setText(this.status, this.#describe(item));
    const percent = size ? Math.floor((sent / size) * 100) : 0;
    this.fill.style.width = `${percent}%`;
    this.bar.setAttribute('aria-valuenow', percent);
    this.bar.hidden = OVER.test(state);
    this.tick.hidden = state !== 'done';
    this.#picture(item);
    this.#buttons(item, name);
  }

  focus() {
    (this.main.hidden ? this.cancel : this.main).focus();
  }

  /** Its words change with the network, not with the item alone. */
  #moves({ state }) {
    return state === 'sending';
  }

  #picture({ preview }) {
    if (!preview || this.tile.dataset.preview === preview) return;
    this.tile.dataset.preview = preview;
    const picture = h('img', { src: preview, alt: '' });
    picture.addEventListener('load', () => this.tile.replaceChildren(picture));
  }

  #buttons(item, name) {
    const say = (key) => this.#words.say(key, { name });
    const retries = item.state === 'failed' && item.error?.canRetry !== false;
    const [shape, action] = retries ? ['retry', 'retry']
      : item.here === false ? [] : MAIN[item.state] ?? [];
    const focused = this.main.matches(':focus');
    this.main.hidden = !action;
    if (action) {
      redraw(this.main, shape);
      this.main.dataset.action = action;
      label(this.main, say(action));
    }
    const gone = { resumable: 'discard', done: 'remove', failed: 'remove' }[item.state] ?? 'cancel';
    label(this.cancel, say(gone));
    // The keyboard stays in the row when the button under it goes.
    if (focused && this.main.hidden) this.cancel.focus();
  }

  #describe(item) {
    const { state, size, sent, speed, error, here, reopens } = item;
    const words = this.#words;
    const values = { size: words.bytes(size ?? 0), sent: words.bytes(sent ?? 0) };
    if (state === 'failed') return words.error(error ?? {});
    if (state === 'resumable') {
      if (error) return words.error(error);
      if (here === false) return words.say('stateElsewhere');
      if (!reopens) return words.say('chooseAgain', values);
    }
    if (item.package && state !== 'done') {
      const { files: count, done } = item.package;
      return `${words.say('packageFiles', { count, done })} · ${words.say(STATUS[state], values)}`;
    }
    if (state === 'done') return values.size;
    const status = words.say(STATUS[state], values);
    if (state === 'sending' && isOffline()) return `${words.say('offline')} · ${status}`;
    if (!(speed > 0) || sent >= size) return status;
    const left = words.duration((size - sent) / speed);
    return `${status} · ${words.say('pace', { speed: words.bytes(speed), left })}`;
  }
}

function label(button, text) {
  if (button.title === text) return;
  button.title = text;
  button.setAttribute('aria-label', text);
}
