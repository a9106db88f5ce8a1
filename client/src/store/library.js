/** The caller's assets, as a page shows them: page by page, with search and the bin. */

import { Snapshots } from './snapshots.js';
import { toldOf } from './told.js';

/** A page may hold few, or none, and there are more all the same. */
const PAGES_AT_MOST = 10;
const ENOUGH = 24;
/** The most that one page can hold. */
const PAGE = 1000;
/** Uploads that end together are looked for together. */
const SOON_MS = 300;

export const createLibrary = (gateway, query = {}) => new Library(gateway, query);

class Library {
  #gateway;
  #query;
  #assets = [];
  #usage = null;
  #asked = 0;
  #cursor = null;
  #loading = false;
  #error = null;
  #run = null;
  #soon = null;
  #hearing = null;
  #snapshots = new Snapshots(() => this.#show());

  constructor(gateway, query) {
    this.#gateway = gateway;
    this.#query = { order: 'newest', ...query };
  }

  /** While anybody listens it shows what the same gateway uploads. */
  subscribe = (listener) => {
    this.#hearing ??= this.#gateway.onUploaded(() => this.#look());
    const end = this.#snapshots.subscribe(listener);
    return () => {
      end();
      if (!this.#snapshots.heard) this.#stop();
    };
  };

  getSnapshot = () => this.#snapshots.get();

  /** The first page; what was shown stays until it is there. */
  load = () => this.#load(ENOUGH);

  /** As much as is shown, anew. */
  refresh = () => this.#load(Math.max(ENOUGH, this.#assets.length));

  more = async () => {
    if (this.#loading || !this.#cursor) return;
    await this.#read(this.#assets, this.#cursor, this.#assets.length + 1);
  };

  /** Changes what is asked for, and loads it. */
  query = (changes) => {
    this.#query = { ...this.#query, ...changes };
    return this.#load(ENOUGH);
  };

  /** They go from the page at once, and come back if they could not be deleted. */
  remove = async (paths) => {
    const gone = new Set([paths].flat());
    const before = this.#assets;
    this.#set({ assets: before.filter(({ path }) => !gone.has(path)) });
    const returned = (stay) => {
      const now = new Set(this.#assets.map(({ path }) => path));
      this.#set({ assets: merged(before, this.#assets, ({ path }) => now.has(path) || stay(path)) });
    };
    try {
      const outcome = await this.#gateway.delete([...gone]);
      const failed = new Set(outcome.errors.map(({ path }) => path));
      if (failed.size) returned((path) => failed.has(path));
      this.#measure();
      return outcome;
    } catch (error) {
      returned((path) => gone.has(path));
      this.#set({ error: toldOf(error) });
      throw error;
    }
  };

  /** Brings back what was deleted: assets of a listing with `deleted`, or those just removed. */
  restore = async (assets) => {
    const wanted = [assets].flat();
    const outcomes = await Promise.allSettled(wanted.map(({ path, version_id: versionId }) => (
      this.#gateway.restore(path, { versionId }))));
    const failed = outcomes.find(({ status }) => status === 'rejected');
    const back = new Set(wanted.filter((_, i) => outcomes[i].status === 'fulfilled'));
    if (this.#query.deleted) this.#set({ assets: this.#assets.filter((asset) => !back.has(asset)) });
    else await this.refresh();
    this.#measure();
    if (failed) {
      this.#set({ error: toldOf(failed.reason) });
      throw failed.reason;
    }
    return outcomes.map(({ value }) => value);
  };

  close = () => {
    this.#stop();
    this.#run?.abort();
    this.#snapshots.close();
  };

  #look() {
    if (!this.#run || this.#query.deleted) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.refresh();
    }, SOON_MS);
  }

  #stop() {
    clearTimeout(this.#soon);
    this.#soon = null;
    this.#hearing?.();
    this.#hearing = null;
  }

  async #load(enough) {
    this.#run?.abort();
    this.#measure();
    await this.#read([], null, enough);
  }

  /** Reads on from `cursor` until there are `enough`. A later reading ends this one. */
  async #read(assets, cursor, enough) {
    const run = new AbortController();
    this.#run = run;
    this.#set({ loading: true, error: null });
    // What is shown already is read anew in as few calls as that takes.
    const limit = enough > ENOUGH && !assets.length ? Math.min(PAGE, enough) : undefined;
    const pages = this.#gateway.list({ limit, ...this.#query, signal: run.signal });
    let found = assets;
    let next = cursor;
    try {
      for (let i = 0; i < PAGES_AT_MOST; i += 1) {
        const page = await pages.page(next);
        if (run !== this.#run) return;
        found = [...found, ...page.items];
        next = page.next_cursor;
        if (!next || found.length >= enough) break;
      }
      this.#cursor = next;
      this.#set({ assets: found, loading: false });
    } catch (error) {
      if (run === this.#run && !run.signal.aborted) this.#set({ loading: false, error: toldOf(error) });
    }
  }

  async #measure() {
    try {
      const asked = this.#asked += 1;
      const { usage } = await this.#gateway.me();
      if (asked !== this.#asked) return; // another answer is newer
      this.#usage = usage;
      this.#snapshots.changed();
    } catch { /* the listing tells what is wrong */ }
  }

  #set({ assets = this.#assets, loading = this.#loading, error = this.#error }) {
    this.#assets = assets;
    this.#loading = loading;
    this.#error = error;
    this.#snapshots.changed();
  }

  #show() {
    return Object.freeze({
      assets: Object.freeze([...this.#assets]),
      usage: this.#usage,
      loading: this.#loading,
      hasMore: this.#cursor !== null,
      error: this.#error,
    });
  }
}

/** Those of `before` that stay, in their old places, and what `now` has besides. */
function merged(before, now, stays) {
  const known = new Set(before.map(({ path }) => path));
  return [...now.filter(({ path }) => !known.has(path)), ...before.filter(stays)];
}
