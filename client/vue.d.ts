/** Vue 3: a store's snapshot as a ref that follows it, for as long as the component lives. */

import type { ShallowRef } from 'vue';
import type { Store } from './store.js';

/** Call it in `setup`. The store is yours to close. */
export declare function useStore<Snapshot>(store: Store<Snapshot>): Readonly<ShallowRef<Snapshot>>;
