/** Svelte: a store as Svelte's contract has it, so that `$uploads` is the snapshot. */

export const toReadable = (store) => ({
  subscribe(run) {
    run(store.getSnapshot());
    return store.subscribe(() => run(store.getSnapshot()));
  },
});
