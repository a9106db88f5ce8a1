/** Many files in one call, each for itself or all as one package. */

import { tell } from './errors.js';
import { inOrderOfNeed } from './package.js';
import { Queue } from './queue.js';
import { OUTCOME, Thenable } from './thenable.js';

/** Pieces are small: answers are waited for more than the line. */
const PIECES_AT_A_TIME = 6;

export function uploadAll(gateway, files, options = {}) {
  return new Many(gateway, [[...files].map((file) => [file])], options);
}

export function uploadPackage(gateway, files, { name, ...options } = {}) {
  const groups = inOrderOfNeed(files, name);
  if (!groups.length) throw new TypeError('A package needs at least one file');
  return new Many(gateway, groups, {
    kind: 'video', concurrency: PIECES_AT_A_TIME, ...options, asPackage: true,
  });
}

/**
 * Files on their way, group after group. Thenable: resolves to what became of each file, or to the
 * asset of a package's last file.
 */
class Many extends Thenable {
  #gateway;
  #queue;
  #groups;
  #options;
  #asPackage;
  #onProgress;
  #signal;
  #settle;
  #tasks = [];
  #paused = false;
  #loaded = 0;
  #told = new Map();

  constructor(gateway, groups, { asPackage = false, concurrency, onProgress, signal, ...options }) {
    super();
    this.#gateway = gateway;
    this.#groups = groups;
    this.#options = options;
    this.#asPackage = asPackage;
    this.#onProgress = onProgress;
    this.#signal = signal;
    this.#queue = new Queue(gateway, {
      concurrency, asPackage, changed: (task) => this.#changed(task),
    });
    const all = groups.flat();
    this.files = all.length;
    this.done = 0;
    this.total = all.reduce((sum, [{ size }]) => sum + size, 0);
    this.state = 'starting';
    this.#begin();
    signal?.addEventListener('abort', this.#abort);
    // The caller gets hold of it before the first report.
    Promise.resolve().then(() => {
      if (signal?.aborted) this.#abort();
      else if (all.length) this.#next();
      else this.#end();
    });
  }

  get failed() {
    return this.#queue.count('failed');
  }

  pause() {
    this.#paused = true;
    this.#queue.pause();
  }

  resume() {
    this.#paused = false;
    this.#queue.resume();
  }

  /** Sends again what failed, and goes on with the rest; to be awaited anew. */
  retry() {
    if (this.state !== 'failed') return;
    this.state = 'uploading';
    this.#begin();
    this.#queue.retry();
  }

  /** Stops for good. What was stored of a package is removed; of other files, what is not done. */
  cancel(reason = new DOMException('The upload was cancelled', 'AbortError')) {
    if (/^(done|cancelled)$/.test(this.state)) return;
    this.state = 'cancelled';
    for (const task of this.#tasks) this.#queue.remove(task);
    this.#discard();
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#report('cancelled');
    this.#settle.reject(reason);
  }

  #abort = () => this.cancel(this.#signal.reason);

  #begin() {
    this[OUTCOME] = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this[OUTCOME].catch(() => {}); // its state tells, too
  }

  #next() {
    for (const [file, filename] of this.#groups.shift()) {
      this.#tasks.push(this.#queue.add(file, filename ? { ...this.#options, filename } : this.#options));
    }
    if (this.#paused) this.#queue.pause();
  }

  #changed(task) {
    if (this.state === 'cancelled') return;
    this.#loaded += task.sent - (this.#told.get(task) ?? 0);
    if (task.state === 'done') {
      this.done += 1;
      this.#told.delete(task);
    } else this.#told.set(task, task.sent);
    const { count, size } = this.#queue;
    if (size > count('done') + count('failed')) this.#report(this.#underWay());
    else if (!this.failed && this.#groups.length) this.#next();
    else this.#end();
  }

  #underWay() {
    const { count } = this.#queue;
    if (count('sending') || count('waiting')) return 'uploading';
    if (count('pausing')) return 'pausing';
    if (count('paused')) return 'paused';
    return this.#groups.length ? 'uploading' : 'verifying';
  }

  #end() {
    if (!this.failed) this.#signal?.removeEventListener('abort', this.#abort);
    this.#report(this.failed ? 'failed' : 'done');
    const outcomes = this.#tasks.map(({ file, asset, error }) => ({ file, asset, error }));
    const fault = this.#asPackage && this.#tasks.find(({ error }) => error);
    if (fault) {
      const { error, options } = fault;
      if (error.problem) error.filename = options.filename;
      this.#settle.reject(error);
    } else this.#settle.resolve(this.#asPackage ? outcomes.at(-1).asset : outcomes);
  }

  #report(state) {
    this.state = state;
    const { total, files, done, failed } = this;
    tell(this.#onProgress, { state, loaded: this.#loaded, total, files, done, failed });
  }

  /** Nothing else lies in a package's folder. */
  #discard() {
    const { kind, projectId } = this.#options;
    const { assetId } = this.#queue;
    if (!assetId || !this.done) return;
    const place = projectId ? `projects/${projectId}/${kind}` : kind;
    this.#gateway.delete(`${place}/${assetId}`, { recursive: true }).catch(() => {});
  }
}
