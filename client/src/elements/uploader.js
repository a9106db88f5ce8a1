/** `<asset-uploader>`: takes files by any way there is, and shows how they fare. */

import { createUploads } from '../store/uploads.js';
import { button, h, icon, isOffline, setText } from './dom.js';
import { chosen, handles, receive } from './files.js';
import { Keyed } from './keyed.js';
import { PlacedElement } from './placed.js';
import { Quota } from './quota.js';
import { Row } from './row.js';
import { styles } from './style.js';

const ACTIVE = /^(waiting|sending|pausing|paused|verifying)$/;

export class AssetUploader extends PlacedElement {
  static properties = [...super.properties, 'uploads'];
  static observedAttributes = ['accept', 'single'];

  #known = new Map();
  #listening = null;
  #awaited = null;

  constructor() {
    super(styles.common, styles.uploader);
  }

  /** A store of one's own (`createUploads`), shown instead of one that the element makes. */
  get uploads() {
    return this.store;
  }

  set uploads(store) {
    this.store = store;
  }

  /** Uploads files as if they had been chosen. */
  add(files) {
    this.#take({ files: [...files], packages: [] });
  }

  render() {
    const say = (key) => this.words.say(key);
    // There is nothing to drop from, and there is a camera.
    const touch = matchMedia('(hover:none) and (pointer:coarse)').matches;
    const input = (key, attributes) => h('input', {
      type: 'file', hidden: true, 'aria-label': say(key), ...attributes,
      onchange: ({ target }) => {
        this.#take(chosen(target));
        target.value = '';
      },
    });
    this.files = input('chosenFiles', { multiple: true });
    this.folder = input('chosenFolder', { webkitdirectory: true });
    this.camera = input('takePicture', { accept: 'image/*,video/*', capture: 'environment' });
    const opens = (key, shape, target, style = '') => button(style, () => {
      this.#awaited = null;
      target.click();
    }, shape && icon(shape), say(key));
    this.chooseButton = opens('choose', null, this.files, 'primary');
    this.chooseButton.part.add('primary');
    this.folderButton = opens('chooseFolder', 'folder', this.folder);
    this.cameraButton = opens('takePicture', 'camera', this.camera);
    this.cameraButton.hidden = !touch;
    this.quota = new Quota(this);
    this.drop = h('section', { class: 'drop', part: 'drop', 'aria-label': say('drop') },
      !touch && icon('upload'),
      h('div', {}, h('h2', { part: 'title', hidden: touch }, say('drop')),
        h('p', { class: 'muted', part: 'hint' }, h('slot', { name: 'hint' }, !touch && say('dropHint')))),
      h('div', { class: 'line' }, this.chooseButton, this.folderButton, this.cameraButton,
        this.files, this.folder, this.camera),
      h('slot', { name: 'options' }),
      this.quota.element);
    return h('div', { part: 'base' }, this.drop, this.#list(say));
  }

  #list(say) {
    const all = (key, action) => button('quiet small', action, say(key));
    this.summary = h('p', { class: 'muted', part: 'summary' });
    this.pauseAll = all('pauseAll', () => this.uploads.pause());
    this.resumeAll = all('resumeAll', () => this.uploads.resume());
    this.retryAll = all('retryAll', () => this.uploads.retry());
    this.clearAll = all('clear', () => {
      this.uploads.clear();
      this.chooseButton.focus();
    });
    const act = (action, item) => this.#act(action, item);
    this.rows = new Keyed(h('ul', { class: 'rows', part: 'list' }), (item) => new Row(this.words, item, act),
      () => this.chooseButton.focus());
    this.list = h('section', { hidden: true, 'aria-label': say('uploads') },
      h('div', { class: 'line head' }, this.summary,
        this.pauseAll, this.resumeAll, this.retryAll, this.clearAll),
      this.rows.element);
    return this.list;
  }

  start() {
    const single = this.hasAttribute('single');
    this.files.multiple = !single;
    this.files.accept = this.getAttribute('accept') ?? '';
    this.folderButton.hidden = single || this.hasAttribute('no-folder')
      || !('webkitdirectory' in this.folder);
    this.#listen();
    if (!this.watch(() => createUploads(this.gateway, this.#options()))) return;
    this.quota.ask();
  }

  stop() {
    super.stop();
    this.#listening.abort();
    this.quota.stop();
    this.#known.clear();
    this.rows.clear();
    this.list.hidden = true;
  }

  #options() {
    const concurrency = +this.getAttribute('concurrency') || undefined;
    return { concurrency, previews: !this.hasAttribute('no-previews') };
  }

  #listen() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    // Where drops count: in the element, or (`window-drop`) wherever they fall.
    receive(this, this.hasAttribute('window-drop') ? window : this, {
      take: (carried) => this.#take(carried),
      over: (over) => this.drop.classList.toggle('over', over),
    }, signal);
    const on = (target, name, action) => target.addEventListener(name, action, { signal });
    const elsewhere = ({ target }) => target.gateway === this.gateway && this.quota.measure();
    on(document, 'assets-deleted', elsewhere);
    on(document, 'assets-restored', elsewhere);
    on(window, 'beforeunload', (event) => {
      if (this.uploads && this.#busy()) event.preventDefault();
    });
  }

  #take({ files, packages }) {
    const awaited = this.#awaited;
    this.#awaited = null;
    if (!this.uploads) return;
    if (!files.length && !packages.length) {
      this.say(this.words.say('nothingToUpload'));
      return;
    }
    if (awaited && files.length === 1) {
      this.uploads.resume(awaited, files[0]);
      return;
    }
    const { place } = this;
    if (!this.emit('files-chosen', { files, packages, ...place }, { cancelable: true })) return;
    const some = this.hasAttribute('single') ? files.slice(0, 1) : files;
    if (some.length) this.uploads.add(some.map((file) => handles.get(file) ?? file), place);
    for (const group of packages) this.uploads.addPackage(group, place);
  }

  #act(action, item) {
    if (action === 'resume' && item.state === 'resumable' && !item.reopens) {
      // The browser has lost the file: it is chosen once more, and goes on where it was.
      this.#awaited = item.id;
      this.files.click();
      return;
    }
    if (action === 'cancel' || action === 'remove') this.rows.leave(item.id);
    Promise.resolve(this.uploads[action](item.id)).catch((error) => this.say(this.words.error(error)));
  }

  show() {
    const { items, totals } = this.uploads.getSnapshot();
    const gone = this.rows.show(items.map((item) => [item.id, item]));
    for (const item of items) this.#tell(item);
    for (const id of gone) this.#known.delete(id);
    this.#summarise(items, totals);
  }

  /** Events and words for what has just ended. */
  #tell(item) {
    const before = this.#known.get(item.id);
    // Its preview comes after it.
    const now = item.asset?.preview ? 'previewed' : item.state;
    this.#known.set(item.id, now);
    if (before === 'done' && now === 'previewed') this.emit('asset-previewed', { asset: item.asset });
    if (before === now || !before || before === 'done') return;
    const { name, asset, error } = item;
    if (item.state === 'done') {
      this.emit('asset-uploaded', { asset, item });
      this.announce(this.words.say('arrived', { name }));
      this.quota.measure();
    } else if (item.state === 'failed') {
      this.emit('upload-failed', { item, error });
      this.announce(this.words.say('notUploaded', { name, reason: this.words.error(error ?? {}) }));
    }
    if (/^(done|failed)$/.test(item.state) && !this.#busy()) {
      const { done, failed } = this.uploads.getSnapshot().totals;
      this.emit('uploads-finished', { done, failed });
    }
  }

  #busy() {
    return this.uploads.getSnapshot().items.some(({ state }) => ACTIVE.test(state));
  }

  #summarise(items, { count, done, failed, size, sent, speed }) {
    const has = (wanted) => items.some(({ state }) => wanted.test(state));
    this.list.hidden = items.length === 0;
    const words = this.words;
    let text = count ? words.say(failed ? 'summaryFailed' : 'summary', { done, count, failed }) : '';
    if (speed > 0 && sent < size && this.#busy() && !isOffline()) {
      const left = words.duration((size - sent) / speed);
      text += ` · ${words.say('pace', { speed: words.bytes(speed), left })}`;
    }
    setText(this.summary, text);
    const offered = (button, shown) => {
      if (!shown && button.matches(':focus')) this.chooseButton.focus();
      button.hidden = !shown;
    };
    offered(this.pauseAll, items.length > 1 && has(/^sending$/));
    offered(this.resumeAll, items.length > 1 && has(/^paus/));
    offered(this.retryAll, items.filter(
      ({ state, error }) => state === 'failed' && error?.canRetry !== false).length > 1);
    offered(this.clearAll, has(/^(done|failed)$/));
    setText(this.clearAll, words.say(failed ? 'clearFailed' : 'clear'));
  }
}
