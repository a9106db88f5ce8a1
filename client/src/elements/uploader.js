/** `<asset-uploader>`: takes files by any way there is, and shows how they fare. */

import { createUploads } from '../store/uploads.js';
import { h, icon, setText } from './dom.js';
import { carried, chosen, handles } from './files.js';
import { PlacedElement } from './placed.js';
import { Row } from './row.js';
import { common, uploader } from './style.js';

const ACTIVE = /^(waiting|sending|pausing|paused|verifying)$/;
/** A gateway may tell of what it counted a moment ago: it is asked once more. */
const COUNTED_MS = 8000;
const EDITABLE = /^(INPUT|TEXTAREA|SELECT)$/;

export class AssetUploader extends PlacedElement {
  static properties = [...super.properties, 'uploads'];
  static observedAttributes = ['accept', 'single'];

  #rows = new Map();
  #known = new Map();
  #listening = null;
  #awaited = null;
  #asked = 0;
  #later;

  constructor() {
    super(common, uploader);
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
    const button = (key, shape, target, style = '') => h('button', {
      type: 'button', class: `button ${style}`, part: `button ${style}`, onclick: () => {
        this.#awaited = null;
        target.click();
      },
    }, shape && icon(shape), say(key));
    this.chooseButton = button('choose', null, this.files, 'primary');
    this.folderButton = button('chooseFolder', 'folder', this.folder);
    this.cameraButton = button('takePicture', 'camera', this.camera);
    this.quotaText = h('span');
    this.quotaFill = h('i');
    this.quotaBar = h('div', { class: 'bar', 'aria-hidden': 'true' }, this.quotaFill);
    this.quota = h('p', { class: 'quota muted', part: 'quota', hidden: true }, this.quotaText, this.quotaBar);
    this.drop = h('section', { class: 'drop', part: 'drop', 'aria-label': say('drop') },
      icon('upload'),
      h('div', {}, h('h2', { part: 'title' }, say('drop')),
        h('p', { class: 'muted', part: 'hint' }, h('slot', { name: 'hint' }, say('dropHint')))),
      h('div', { class: 'line' }, this.chooseButton, this.folderButton, this.cameraButton,
        this.files, this.folder, this.camera),
      h('slot', { name: 'options' }),
      this.quota);
    return h('div', { part: 'base' }, this.drop, this.#list(say));
  }

  #list(say) {
    const all = (key, action) => h('button', {
      type: 'button', class: 'button quiet small', part: 'button', hidden: true, onclick: action,
    }, say(key));
    this.summary = h('p', { class: 'muted', part: 'summary' });
    this.pauseAll = all('pauseAll', () => this.uploads.pause());
    this.resumeAll = all('resumeAll', () => this.uploads.resume());
    this.retryAll = all('retryAll', () => this.uploads.retry());
    this.clearAll = all('clear', () => {
      this.uploads.clear();
      this.chooseButton.focus();
    });
    this.rows = h('ul', { class: 'rows', part: 'list' });
    this.list = h('section', { hidden: true, 'aria-label': say('uploads') },
      h('div', { class: 'line head' }, this.summary,
        this.pauseAll, this.resumeAll, this.retryAll, this.clearAll),
      this.rows);
    return this.list;
  }

  start() {
    const single = this.hasAttribute('single');
    this.files.multiple = !single;
    this.files.accept = this.getAttribute('accept') ?? '';
    this.folderButton.hidden = single || this.hasAttribute('no-folder')
      || !('webkitdirectory' in this.folder);
    this.cameraButton.hidden = !matchMedia('(hover: none) and (pointer: coarse)').matches;
    this.#listen();
    if (!this.watch(() => createUploads(this.gateway, this.#options()))) return;
    this.showQuota();
  }

  stop() {
    super.stop();
    this.#listening.abort();
    clearTimeout(this.#later);
    this.#rows.clear();
    this.#known.clear();
    this.rows.replaceChildren();
    this.list.hidden = true;
  }

  #options() {
    const concurrency = Number(this.getAttribute('concurrency')) || undefined;
    return { concurrency, previews: !this.hasAttribute('no-previews') };
  }

  #listen() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const on = (target, name, action) => target.addEventListener(name, action, { signal });
    // Where drops count: in the element, or (`window-drop`) wherever they fall.
    const area = this.hasAttribute('window-drop') ? window : this;
    let depth = 0;
    const over = (now) => {
      depth = Math.max(0, now);
      this.drop.classList.toggle('over', depth > 0);
    };
    const files = ({ dataTransfer }) => [...dataTransfer?.types ?? []].includes('Files');
    on(area, 'dragenter', (event) => files(event) && over(depth + 1));
    on(area, 'dragleave', (event) => files(event) && over(depth - 1));
    on(area, 'dragover', (event) => files(event) && event.preventDefault());
    on(area, 'drop', async (event) => {
      over(0);
      if (!files(event) || !this.checkVisibility()) return;
      event.preventDefault();
      this.#take(await carried(event.dataTransfer));
    });
    on(document, 'paste', async (event) => {
      const [target] = event.composedPath();
      const typing = EDITABLE.test(target.tagName) || target.isContentEditable;
      if (typing || !event.clipboardData?.files.length || !this.checkVisibility()) return;
      event.preventDefault();
      this.#take(await carried(event.clipboardData));
    });
    // Uploads wait for the network by themselves; their rows must not go on promising a speed.
    const again = () => this.uploads && this.show(); // there is none before sign-in
    on(window, 'offline', again);
    on(window, 'online', again);
    const elsewhere = ({ target }) => target.gateway === this.gateway && this.#measure();
    on(document, 'assets-deleted', elsewhere);
    on(document, 'assets-restored', elsewhere);
    on(window, 'beforeunload', (event) => {
      const items = this.uploads?.getSnapshot().items ?? [];
      if (items.some(({ state }) => ACTIVE.test(state))) event.preventDefault();
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
    if (action === 'cancel' || action === 'remove') this.#leave(item.id);
    Promise.resolve(this.uploads[action](item.id)).catch((error) => this.say(this.words.error(error)));
  }

  /** The row is about to go: the keyboard moves to its neighbour. */
  #leave(id) {
    const { element } = this.#rows.get(id);
    if (!element.matches(':focus-within')) return;
    const next = element.nextElementSibling ?? element.previousElementSibling;
    const button = next?.querySelector('button:not([hidden])') ?? this.chooseButton;
    button.focus();
  }

  show() {
    const { items, totals } = this.uploads.getSnapshot();
    const gone = new Set(this.#rows.keys());
    let place = this.rows.firstChild;
    for (const item of items) {
      gone.delete(item.id);
      let row = this.#rows.get(item.id);
      if (row) row.show(item);
      else {
        row = new Row(this.words, item, (action, now) => this.#act(action, now));
        this.#rows.set(item.id, row);
      }
      if (row.element === place) place = place.nextSibling;
      else this.rows.insertBefore(row.element, place);
      this.#tell(item);
    }
    for (const id of gone) {
      this.#leave(id);
      this.#rows.get(id).element.remove();
      this.#rows.delete(id);
      this.#known.delete(id);
    }
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
      this.#measure();
    } else if (item.state === 'failed') {
      this.emit('upload-failed', { item, error });
      this.announce(this.words.say('notUploaded', { name, reason: this.words.error(error ?? {}) }));
    }
    if (/^(done|failed)$/.test(item.state) && !this.#busy()) this.emit('uploads-finished', this.#totals());
  }

  #busy() {
    return this.uploads.getSnapshot().items.some(({ state }) => ACTIVE.test(state));
  }

  #totals() {
    const { done, failed } = this.uploads.getSnapshot().totals;
    return { done, failed };
  }

  #summarise(items, { count, done, failed, size, sent, speed }) {
    const has = (wanted) => items.some(({ state }) => wanted.test(state));
    this.list.hidden = items.length === 0;
    const words = this.words;
    let text = count ? words.say(failed ? 'summaryFailed' : 'summary', { done, count, failed }) : '';
    if (speed > 0 && sent < size && this.#busy() && navigator.onLine !== false) {
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

  #measure() {
    this.showQuota();
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.showQuota(), COUNTED_MS);
  }

  /** Asks what is used. The element does it by itself after each upload. */
  async showQuota() {
    if (!this.gateway?.me || this.hasAttribute('no-quota')) return;
    const asked = this.#asked += 1;
    const { usage } = await this.gateway.me().catch(() => ({}));
    if (asked !== this.#asked) return; // another answer is newer
    this.quota.hidden = !usage;
    if (!usage) return;
    const { bytes: used, quota_bytes: quota, reserved_bytes: held = 0 } = usage;
    const { words } = this;
    const left = quota ? Math.max(0, quota - used - held) : 0;
    const values = { used: words.bytes(used), quota: quota && words.bytes(quota), left: words.bytes(left) };
    setText(this.quotaText, words.say(quota ? 'quota' : 'used', values));
    this.quotaBar.hidden = !quota;
    if (quota) this.quotaFill.style.width = `${Math.min(100, (used / quota) * 100)}%`;
  }
}
