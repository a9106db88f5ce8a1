/** Small files in few calls: declared up to 1,000 at a time, completed up to 100 at a time. */

import { declarationOf } from './declared.js';
import { GatewayError } from './errors.js';

const SMALL = 16 * 2 ** 20; // larger ones go in parts, and are begun when their turn comes
const MOST_DECLARED = 1000;
const MOST_COMPLETED = 100;
/** The gateway reads bodies of 1 MB; a character may be three bytes. */
const BODY_CHARACTERS = 300e3;
const HEADS_AT_A_TIME = 20;
/** As long as the first of them waits for others to be completed with. */
const GATHER_MS = 60e3;

export class Batches {
  #gateway;
  #asPackage;
  #heard;
  #assetId;
  #declaring = Promise.resolve();
  #gathered = [];
  #timer;

  /** `gathered` hears each task that waits to be completed with others. */
  constructor(gateway, { asPackage, gathered }) {
    this.#gateway = gateway;
    this.#asPackage = asPackage;
    this.#heard = gathered;
  }

  get assetId() {
    return this.#assetId;
  }

  /** Whether a task is declared and completed with others. */
  takes({ file, options, begin }) {
    return !begin && file.size <= SMALL && !options.checksum?.length;
  }

  /**
   * What `upload()` needs to go with the others: `{ plan, at, assetId, complete }`. Declares, if
   * need be, the task and as many of those that are `coming` as one call takes. Rejects with what stands in the
   * task's way.
   */
  async join(task, coming) {
    this.#declaring = this.#declaring.catch(() => {}).then(() => this.#declare(task, coming));
    await this.#declaring;
    const { problem, plan, at } = task.plan ?? {};
    // That one call begins too many in parts says nothing of this one.
    if (problem && problem.slug !== 'too-many-uploads') throw problem;
    const complete = this.takes(task) ? (...sent) => this.#complete(task, ...sent) : null;
    return { plan, at, complete, assetId: this.#assetId };
  }

  /** Completes what was gathered. */
  flush() {
    clearTimeout(this.#timer);
    while (this.#gathered.length) this.#completeSome(this.#gathered.splice(0, MOST_COMPLETED));
  }

  async #declare(task, coming) {
    const first = this.#asPackage && !this.#assetId;
    if (task.plan || !(first || this.takes(task))) return;
    const some = [task];
    for (const other of coming) {
      if (some.length === MOST_DECLARED) break;
      if (other !== task && !other.plan && !other.upload) some.push(other);
    }
    if (some.length === 1 && !first) return;
    const { tasks, bodies } = await this.#bodiesOf(some);
    if (!tasks.length) return;
    let items;
    try {
      items = await this.#gateway.declareAll(bodies, { package: first || undefined });
    } catch (problem) {
      // All of them, or each would ask in vain by itself.
      for (const one of tasks) one.plan = { problem };
      return;
    }
    const at = performance.now();
    for (const [i, { upload: plan, problem }] of items.entries()) {
      tasks[i].plan = problem ? { problem: new GatewayError(problem) } : { plan, at };
      if (this.#asPackage) this.#assetId ??= plan?.asset_id;
    }
  }

  /** As many as one body takes. */
  async #bodiesOf(some) {
    const tasks = [];
    const bodies = [];
    let characters = 0;
    for (let i = 0; i < some.length && characters < BODY_CHARACTERS; i += HEADS_AT_A_TIME) {
      const part = some.slice(i, i + HEADS_AT_A_TIME);
      const declared = await Promise.all(part.map(async (task) => {
        try {
          return await declarationOf(task.file, { assetId: this.#assetId, ...task.options });
        } catch (problem) {
          task.plan = { problem };
          return null;
        }
      }));
      for (const [j, body] of declared.entries()) {
        if (!body) continue;
        tasks.push(part[j]);
        bodies.push(body);
        characters += JSON.stringify(body).length;
      }
    }
    return { tasks, bodies };
  }

  #complete(task, id, checksum, signal) {
    return new Promise((resolve, reject) => {
      if (!this.#gathered.length) this.#timer = setTimeout(() => this.flush(), GATHER_MS);
      const one = { id, checksum, resolve, reject };
      this.#gathered.push(one);
      signal.addEventListener('abort', () => {
        this.#gathered = this.#gathered.filter((other) => other !== one);
        reject(signal.reason);
      });
      if (this.#gathered.length >= MOST_COMPLETED) this.flush();
      this.#heard(task);
    });
  }

  async #completeSome(some) {
    try {
      const items = await this.#gateway.completeAll(
        some.map(({ id }) => id), some.map(({ checksum }) => checksum ?? null));
      for (const [i, { asset, problem }] of items.entries()) {
        if (problem) some[i].reject(new GatewayError(problem));
        else some[i].resolve(asset);
      }
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}
