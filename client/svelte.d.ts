/** Svelte: a store as Svelte's contract has it, so that `$uploads` is the snapshot. */

import type { Store } from './store.js';

export interface Readable<Value> {
  subscribe(run: (value: Value) => void): () => void;
}

/** The store is yours to close. */
export declare function toReadable<Snapshot>(store: Store<Snapshot>): Readable<Snapshot>;
