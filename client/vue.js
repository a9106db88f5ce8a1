/** Vue 3: a store's snapshot as a ref that follows it, for as long as the component lives. */

import { onScopeDispose, shallowRef } from 'vue';

export function useStore(store) {
  const snapshot = shallowRef(store.getSnapshot());
  if (typeof window !== 'undefined') {
    onScopeDispose(store.subscribe(() => {
      snapshot.value = store.getSnapshot();
    }));
  }
  return snapshot;
}
