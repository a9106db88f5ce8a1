/**
 * Files on their way, as a page shows them.
 *
 * Over 200 lines because an item's whole life is here: chosen, offered anew, sent, taken out.
 */

import { failure } from '../errors.js';
import { uploadPackage } from '../many.js';
import { titleOf, withoutStrays } from '../package.js';
import { Queue } from '../queue.js';
import { previewOf } from './previews.js';
import { Snapshots } from './snapshots.js';
import { Speed } from './speed.js';
import { toldOf } from './told.js';
import { endedOf, unfinishedOf } from './unfinished.js';
import { snapshotOf } from './view.js';

const UNDER_WAY = /^(sending|pausing|verifying)$/;
/** How often a speed is looked at anew while nothing moves. */
const WATCH_MS = 1000;
/** A picture this small is its own preview. */
const SMALL = 50e3;

const familyOf = (type) => /^(audio|image|video)\//.exec(type ?? '')?.[1] ?? null;

export const createUploads = (gateway, options = {}) => new Uploads(gateway, options);

class Uploads {
  #gateway;
  #defaults;
  #previews;
  #queue;
  #items = new Map();
  #byTask = new Map();
  #number = 0;
  #moved = 0;
  #speed = new Speed();
  #snapshots = new Snapshots(() => snapshotOf(this.#items.values(), this.#speed.at()));
  #watch = null;
  #offered = false;
  #closed = false;

  constructor(gateway, { concurrency, previews = true, kind, projectId }) {
    this.#gateway = gateway;
    this.#defaults = { kind, projectId };
    this.#previews = previews;
    this.#queue = new Queue(gateway, { concurrency, changed: (task) => this.#changed(task) });
  }

  subscribe = (listener) => {
    this.#offer();
    return this.#snapshots.subscribe(listener);
  };

  getSnapshot = () => this.#snapshots.get();

  add = (files, options) => {
    if (this.#closed) return;
    for (const file of files) {
      if (file.getFile) this.#addHandle(file, options);
      else this.#add(file, this.#placeOf(options));
    }
  };

  addPackage = (files, options) => {
    const all = withoutStrays([...files]);
    if (!all.length || this.#closed) return;
    const title = titleOf(all);
    const { kind = 'video', projectId } = this.#placeOf(options);
    const size = all.reduce((sum, file) => sum + file.size, 0);
    const item = this.#item({ name: title || all[0].name, size, type: '', kind });
    item.package = { files: all.length, done: 0 };
    let many = null;
    this.#follow(item, this.#queue.add({ size }, {}, {
      begin: ({ onProgress }) => {
        if (many) {
          many.retry();
          return many;
        }
        many = uploadPackage(this.#gateway, all, {
          kind,
          projectId,
          name: title,
          onProgress: (progress) => {
            item.package = { files: progress.files, done: progress.done };
            onProgress(progress);
          },
        });
        return many;
      },
    }));
  };

  pause = (id) => this.#each(id, ({ task }) => task && this.#queue.pause(task));

  resume = (id, file) => {
    this.#each(id, (item) => {
      const { entry, task } = item;
      if (id !== undefined && entry && (!task || task.state === 'failed')) this.#goOn(item, file);
      else if (task) this.#queue.resume(task);
    });
  };

  retry = (id) => this.#each(id, ({ task }) => task && this.#queue.retry(task));

  cancel = (id) => this.#each(id, (item) => {
    if (item.task) this.#queue.remove(item.task);
    else if (item.entry) {
      this.#giveUp(item);
      return;
    }
    this.#drop(item);
  });

  remove = this.cancel;

  clear = () => {
    for (const item of [...this.#items.values()]) {
      if (!/^(done|failed)$/.test(item.task?.state)) continue;
      // What is in the store of a failed one stays, to go on with another time.
      this.#queue.remove(item.task, { keep: true });
      this.#drop(item);
    }
  };

  /** Sends nothing new. What has arrived is kept, to go on with another time. */
  close = () => {
    this.#closed = true;
    this.#queue.pause();
    if (this.#offered) window.removeEventListener('storage', this.#heard);
    clearInterval(this.#watch);
    this.#snapshots.close();
    for (const { preview } of this.#items.values()) if (preview) URL.revokeObjectURL(preview);
  };

  #each(id, action) {
    const items = id === undefined ? [...this.#items.values()] : [this.#items.get(id)];
    for (const item of items) if (item) action(item);
  }

  #placeOf({ kind, projectId } = {}) {
    return { kind: kind ?? this.#defaults.kind, projectId: projectId ?? this.#defaults.projectId };
  }

  async #addHandle(handle, options) {
    const file = await handle.getFile().catch(() => null);
    if (this.#closed) return;
    if (file) {
      this.#add(file, this.#placeOf(options), handle);
      return;
    }
    const gone = failure('file-unreadable', 'The file was changed, moved or deleted');
    const item = this.#item({ name: handle.name, size: 0, type: '', kind: null });
    this.#follow(item, this.#queue.add({ size: 0 }, {}, { begin: () => Promise.reject(gone) }));
  }

  #add(file, place, handle) {
    for (const item of this.#items.values()) {
      if (!item.task && item.entry?.filename === file.name && item.entry.size === file.size) {
        this.#goOn(item, file, handle);
        return;
      }
    }
    const { name = 'file', size, type } = file;
    const item = this.#item({ name, size, type, kind: place.kind ?? familyOf(type) });
    this.#follow(item, this.#queue.add(file, place, { source: handle }));
    this.#preview(item, file);
  }

  /** With what was begun before: by its file, or without where the browser has that. */
  #goOn(item, file, handle) {
    const { entry, task } = item;
    if (file ? file.name !== entry.filename || file.size !== entry.size : !entry.reopens) {
      const title = file ? 'This is another file' : 'The file has to be chosen again';
      this.#touch(item, { error: toldOf(failure('file-needed', title)) });
      return;
    }
    if (task) this.#queue.remove(task, { keep: true });
    this.#touch(item, { error: null });
    const begin = (told) => this.#gateway.resume(entry, { file: handle ?? file, ...told });
    this.#follow(item, this.#queue.add({ size: entry.size }, {}, { begin }));
    if (file) this.#preview(item, file);
  }

  async #giveUp(item) {
    try {
      await this.#gateway.forget(item.entry);
      this.#drop(item);
    } catch (error) {
      this.#touch(item, { error: toldOf(error) });
    }
  }

  /** What was begun and not finished, here or elsewhere: asked for once somebody looks. */
  async #offer() {
    if (this.#offered || typeof window === 'undefined') return;
    this.#offered = true;
    window.addEventListener('storage', this.#heard);
    try {
      const offered = await unfinishedOf(this.#gateway);
      if (!this.#closed) for (const item of offered) this.#item(item);
    } catch { /* a nicety: what is left of them is removed in time */ }
  }

  /** Another tab may have brought some to their end. */
  #heard = () => {
    for (const item of endedOf(this.#gateway, [...this.#items.values()])) this.#drop(item);
  };

  #item({ id = `u${this.#number += 1}`, ...shown }) {
    const item = {
      id, task: null, entry: null, preview: null, error: null, speed: new Speed(), told: 0, view: null, ...shown,
    };
    this.#items.set(id, item);
    this.#touch(item);
    return item;
  }

  #follow(item, task) {
    this.#byTask.delete(item.task);
    this.#byTask.set(task, item);
    this.#touch(item, { task });
  }

  #drop(item) {
    this.#items.delete(item.id);
    this.#byTask.delete(item.task);
    if (item.preview) URL.revokeObjectURL(item.preview);
    this.#snapshots.changed();
  }

  #touch(item, change) {
    Object.assign(item, change, { view: null });
    this.#snapshots.changed();
  }

  #changed(task) {
    const item = this.#byTask.get(task);
    if (!item) return;
    const { state, sent } = task;
    if (sent > item.told) this.#moved += sent - item.told;
    item.told = sent;
    if (state === 'sending') item.speed.take(sent);
    else item.speed.forget();
    this.#speed.take(this.#moved);
    if (state === 'done') this.#keepPreview(item);
    const same = item.view?.state === state;
    item.view = null;
    if (same) this.#snapshots.moved();
    else this.#snapshots.changed();
    this.#look();
  }

  /** Speeds fall while nothing is heard of. */
  #look() {
    const busy = this.#queue.count('sending') + this.#queue.count('pausing') > 0;
    if (!busy) clearInterval(this.#watch);
    if (!busy) this.#watch = null;
    else if (!this.#closed) this.#watch ??= setInterval(() => this.#slow(), WATCH_MS);
  }

  #slow() {
    for (const item of this.#items.values()) if (UNDER_WAY.test(item.task?.state)) item.view = null;
    this.#snapshots.moved();
    this.#look();
  }

  async #preview(item, file) {
    if (!this.#previews || item.preview) return;
    const picture = await previewOf(file);
    if (!picture || this.#closed || !this.#items.has(item.id)) return;
    this.#touch(item, { preview: URL.createObjectURL(picture) });
    if (file.size <= SMALL && file.type.startsWith('image/')) return;
    item.picture = picture;
    this.#keepPreview(item);
  }

  /** Beside the asset, for galleries; a gateway that knows no previews tells of none. */
  async #keepPreview(item) {
    const { picture, task } = item;
    if (!picture || task.state !== 'done' || !('preview' in task.asset)) return;
    item.picture = null;
    const filename = `preview.${picture.type.split('/')[1]}`;
    try {
      const asset = await this.#gateway.upload(picture, {
        previewFor: task.asset.path, filename, method: 'put', expiresIn: task.options.expiresIn,
      });
      task.asset = asset;
      this.#touch(item);
    } catch { /* a nicety: galleries show an icon, or the file itself */ }
  }
}
