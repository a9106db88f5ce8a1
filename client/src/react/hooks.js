/** The stores as hooks: safe in StrictMode, on a server, and for whoever leaves and comes back. */

import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { createLinks } from '../links.js';
import { createLibrary } from '../store/library.js';
import { createUploads } from '../store/uploads.js';

/**
 * A store for as long as the component is mounted. StrictMode unmounts and mounts again at once,
 * so that it is closed only when nobody has come back.
 */
function useStore(make, gateway, settings) {
  const key = JSON.stringify(settings);
  const made = useRef(null);
  const [, renew] = useState(0);
  if (!made.current || made.current.gateway !== gateway || made.current.key !== key) {
    made.current = { gateway, key, store: make(gateway, settings), mounted: 0, closed: false };
  }
  const { current: mine } = made;
  useEffect(() => {
    if (mine.closed) {
      // A component that was hidden, and is shown again.
      made.current = null;
      renew((n) => n + 1);
      return undefined;
    }
    mine.mounted += 1;
    return () => {
      mine.mounted -= 1;
      setTimeout(() => {
        if (mine.mounted || mine.closed) return;
        mine.closed = true;
        mine.store.close?.();
      });
    };
  }, [mine]);
  return mine.store;
}

const useSnapshot = ({ subscribe, getSnapshot }) => (
  useSyncExternalStore(subscribe, getSnapshot, getSnapshot));

export function useUploads(gateway, options = {}) {
  const store = useStore(createUploads, gateway, options);
  return { ...useSnapshot(store), ...actionsOf(store, ['add', 'addPackage', 'pause', 'resume', 'retry', 'cancel', 'remove', 'clear']) };
}

export function useAssets(gateway, query = {}) {
  const store = useStore(createLibrary, gateway, query);
  const snapshot = useSnapshot(store);
  useEffect(() => {
    store.load();
  }, [store]);
  return { ...snapshot, ...actionsOf(store, ['more', 'refresh', 'query', 'remove', 'restore']) };
}

/** `{ links, error }`: links by path, renewed before they expire while the component is mounted. */
export function useLinks(gateway, paths, options = {}) {
  const store = useStore((of, settings) => createLinks(of, [], settings), gateway, options);
  useEffect(() => {
    store.show(paths);
  });
  return useSnapshot(store);
}

const actionsOf = (store, names) => Object.fromEntries(names.map((name) => [name, store[name]]));
