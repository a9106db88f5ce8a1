/** Links that are renewed before they expire. */

import { Snapshots } from './store/snapshots.js';
import { toldOf } from './store/told.js';

/** Renewed when so much of a link's life is left, at the latest. */
const AHEAD_MS = 60e3;
const SOONEST_MS = 5e3;
/** A timer beyond 2³¹ ms fires at once. */
const LATEST_MS = 24 * 3600e3;

/** Links to `paths`, whatever they are at the time; `{ links, error }`, links by path. */
export class LiveLinks {
  #gateway;
  #options;
  #paths = [];
  #links = {};
  #error = null;
  #timer = null;
  #run = null;
  #snapshots = new Snapshots(() => Object.freeze({ links: this.#links, error: this.#error }));

  constructor(gateway, options = {}) {
    this.#gateway = gateway;
    this.#options = options;
  }

  subscribe = (listener) => {
    const end = this.#snapshots.subscribe(listener);
    this.#schedule(0);
    return () => {
      end();
      if (!this.#snapshots.heard) this.#stop();
    };
  };

  getSnapshot = () => this.#snapshots.get();

  /** Only while somebody listens anything is asked for. */
  show(paths) {
    if (paths.length === this.#paths.length && paths.every((path, i) => path === this.#paths[i])) return;
    this.#paths = [...paths];
    if (this.#snapshots.heard) this.#schedule(0);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#run?.abort();
    this.#run = null;
  }

  #schedule(ms) {
    this.#stop();
    this.#timer = setTimeout(() => this.#renew(), Math.min(ms, LATEST_MS));
  }

  /** Those that are missing or expire soon. */
  async #renew() {
    const soon = Date.now() + AHEAD_MS + SOONEST_MS;
    const due = this.#paths.filter((path) => !(Date.parse(this.#links[path]?.expires_at) > soon));
    if (!due.length) {
      this.#next();
      return;
    }
    const run = new AbortController();
    this.#run = run;
    try {
      const links = await this.#gateway.links([...new Set(due)], { ...this.#options, signal: run.signal });
      if (run !== this.#run) return;
      const known = this.#paths.filter((path) => this.#links[path]);
      this.#links = Object.freeze(Object.fromEntries([
        ...known.map((path) => [path, this.#links[path]]),
        ...links.map((link) => [link.path, link]),
      ]));
      this.#error = null;
    } catch (error) {
      if (run !== this.#run) return;
      this.#error = toldOf(error);
    }
    this.#snapshots.changed();
    this.#next();
  }

  #next() {
    const ends = this.#paths.map((path) => Date.parse(this.#links[path]?.expires_at) || 0);
    if (!ends.length) return;
    const wait = Math.min(...ends) - Date.now() - AHEAD_MS;
    // A clock that is wrong, or a failure, must not ask without pause.
    this.#schedule(Math.max(wait, this.#error ? AHEAD_MS / 2 : SOONEST_MS));
  }
}

/** Without a framework: `{ subscribe, getSnapshot, show(paths) }`. */
export const createLinks = (gateway, paths = [], options = {}) => {
  const links = new LiveLinks(gateway, options);
  links.show(paths);
  return links;
};
