/** Any number of files, so many at a time. */

import { Batches } from './batches.js';
import { TOGETHER } from './upload.js';

/** What an upload's own states are in a list. */
const STATES = {
  starting: 'sending', hashing: 'sending', uploading: 'sending', pausing: 'pausing',
  paused: 'paused', verifying: 'verifying',
};
/** States that take one of the places on the line. */
const BUSY = /^(sending|pausing)$/;
const COMING = /^(waiting|sending|pausing|verifying)$/;
/** Files that may wait for the gateway's verdict before no further one is sent. */
const MOST_UNJUDGED = 300;

/**
 * Holds tasks: `{ file, options, state, sent, error, asset }`. Small files are declared and
 * completed together. `changed` hears each task whose state or bytes changed.
 */
export class Queue {
  #gateway;
  #concurrency;
  #changed;
  #batches;
  #tasks = new Set();
  #waiting = new Set();
  #counts = new Map();
  /** Those that are yet to be completed together with others. */
  #coming = new Set();

  constructor(gateway, { concurrency = 3, changed = () => {}, asPackage = false } = {}) {
    this.#gateway = gateway;
    this.#concurrency = concurrency;
    this.#changed = changed;
    this.#batches = new Batches(gateway, { asPackage, gathered: (task) => this.#gathered(task) });
  }

  get tasks() {
    return this.#tasks.values();
  }

  get size() {
    return this.#tasks.size;
  }

  /** Of a package, once its first files are declared. */
  get assetId() {
    return this.#batches.assetId;
  }

  /** How many tasks are in this state. */
  count = (state) => this.#counts.get(state) ?? 0;

  /**
   * A new task, which waits for its turn. `source` is a handle of the file that outlives a reload;
   * `begin(options)` sends it by other means than `upload()`, and gives what `upload()` gives.
   */
  add(file, options, { source, begin } = {}) {
    const task = {
      file, options, source, begin, state: null, sent: 0, size: file.size, error: null, asset: null,
      plan: null, upload: null, run: null,
    };
    this.#tasks.add(task);
    this.#wait(task);
    return task;
  }

  /** What is on the wire is finished first; asked again, it stops at once. */
  pause(task) {
    for (const one of this.#each(task)) {
      if (one.state === 'waiting' || (one.state === 'sending' && !one.upload)) this.#put(one, 'paused');
      else if (BUSY.test(one.state)) one.upload.pause();
    }
  }

  resume(task) {
    for (const one of this.#each(task)) {
      if (one.state === 'pausing') one.upload.resume();
      else if (one.state === 'paused') this.#wait(one);
    }
  }

  retry(task) {
    for (const one of this.#each(task)) if (one.state === 'failed') this.#wait(one);
  }

  /** Takes a task out; what was stored of it is removed, unless it is done or to be kept. */
  remove(task, { keep = false } = {}) {
    const { state, upload, uploadId } = task;
    this.#tasks.delete(task);
    this.#put(task, null);
    if (keep) return;
    if (upload) upload.cancel();
    // Where that fails it is offered after a reload, and removed in time.
    else if (uploadId && state !== 'done') this.#gateway.forget({ upload_id: uploadId }).catch(() => {});
  }

  #each(task) {
    return task ? [task] : [...this.#tasks];
  }

  #wait(task) {
    task.error = null;
    this.#put(task, 'waiting');
    this.#advance();
  }

  #put(task, state) {
    const { state: before } = task;
    if (before === state) return;
    task.state = state;
    this.#counts.set(before, this.count(before) - 1);
    this.#counts.set(state, this.count(state) + 1);
    if (state === 'waiting') this.#waiting.add(task);
    else this.#waiting.delete(task);
    if (COMING.test(state) && this.#batches.takes(task)) this.#coming.add(task);
    else this.#coming.delete(task);
    this.#changed(task);
    if (BUSY.test(before) || before === 'verifying') this.#advance();
  }

  #advance() {
    while (this.count('sending') + this.count('pausing') < this.#concurrency
      && this.count('verifying') < MOST_UNJUDGED) {
      const [task] = this.#waiting;
      if (!task) break;
      this.#start(task);
    }
    if (!this.#coming.size) this.#batches.flush();
  }

  /** It waits to be completed with others, if others come. */
  #gathered(task) {
    this.#coming.delete(task);
    if (!this.#coming.size) this.#batches.flush();
  }

  async #start(task) {
    this.#put(task, 'sending');
    if (task.upload) {
      task.upload.resume();
      return;
    }
    const run = Symbol('run');
    task.run = run;
    try {
      const together = task.begin ? null : await this.#batches.join(task, this.#coming);
      // Meanwhile it may have been paused, even resumed, or taken out.
      if (task.run !== run || task.state !== 'sending') return;
      task.upload = this.#begin(task, together);
      const asset = await task.upload;
      task.asset = asset;
      task.sent = task.size;
      this.#end(task, 'done');
    } catch (error) {
      if (task.run === run) this.#end(task, 'failed', error);
    }
  }

  #end(task, state, error = null) {
    task.uploadId = task.upload?.uploadId ?? null;
    task.upload = null;
    task.plan = null;
    task.error = error;
    if (task.state !== null) this.#put(task, state);
  }

  #begin(task, together) {
    const onProgress = ({ state, loaded }) => {
      if (task.state === null) return;
      const moved = task.sent !== loaded;
      task.sent = loaded;
      const next = STATES[state];
      // One that is to go on waits for its place.
      if (next && !(task.state === 'waiting' && next === 'paused')) this.#put(task, next);
      if (moved) this.#changed(task);
    };
    const options = { ...task.options, onProgress, [TOGETHER]: together };
    if (task.begin) return task.begin(options);
    return this.#gateway.upload(task.source ?? task.file, options);
  }
}
