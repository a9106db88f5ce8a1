/**
 * Files that stay within reach over a reload: File System Access handles in IndexedDB (Chromium).
 * Elsewhere there are none, and the person chooses the file again.
 */

import { failure } from './errors.js';

const STORE = 'handles';

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function inStore(mode, action) {
  const opening = indexedDB.open('asset-gateway', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await done(opening);
  try {
    return await done(action(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

/** Keeps the handle; false where it cannot be kept. `known` are the keys that are still in use. */
export async function keep(key, handle, known) {
  try {
    await inStore('readwrite', (store) => store.put(handle, key));
    const kept = await inStore('readonly', (store) => store.getAllKeys());
    for (const old of kept) if (old !== key && !known.includes(old)) await drop(old);
    return true;
  } catch {
    return false;
  }
}

export async function drop(key) {
  try {
    await inStore('readwrite', (store) => store.delete(key));
  } catch { /* none were kept */ }
}

/** The handle, with the person's permission to read it: a click must have led here. */
export async function reopen(key) {
  const handle = await inStore('readonly', (store) => store.get(key)).catch(() => null);
  const permission = await handle?.requestPermission?.({ mode: 'read' }).catch(() => 'denied');
  if (!handle || (permission ?? 'granted') !== 'granted') {
    throw failure('file-needed', 'The file has to be chosen again');
  }
  return handle;
}
