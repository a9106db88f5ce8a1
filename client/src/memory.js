/** What is remembered of unfinished uploads, and which of them somebody is at. */

const REMEMBER_MS = 7 * 24 * 3600e3; // an upload_id lives as long
const PREFIX = 'asset-gateway:';

/** The keys of uploads in this tab. */
const live = new Set();

/**
 * JSON in `localStorage`, or in what is given in its place. Where a browser denies it resuming is
 * lost, uploading is not.
 */
export class Memory {
  #storage;
  #prefix;

  /** `actAs`: whose uploads these are, where they are not the caller's own. */
  constructor(endpoint, storage, actAs) {
    this.#storage = () => storage ?? globalThis.localStorage;
    // No prefix of another's: an endpoint begins with its scheme.
    this.#prefix = `${PREFIX}${actAs ? `${actAs}@` : ''}${endpoint}:`;
  }

  keyOf(identity) {
    return `${this.#prefix}${identity.join('|')}`;
  }

  read(key) {
    try {
      const entry = JSON.parse(this.#storage().getItem(key));
      return entry && Date.now() - entry.at < REMEMBER_MS ? entry : null;
    } catch {
      return null;
    }
  }

  write(key, entry) {
    try {
      if (entry) this.#storage().setItem(key, JSON.stringify({ ...entry, at: Date.now() }));
      else this.#storage().removeItem(key);
    } catch { /* denied or full */ }
  }

  /** `[key, entry]` of all that was begun and not finished. */
  entries() {
    let keys = [];
    try {
      const storage = this.#storage();
      keys = Array.from({ length: storage.length }, (_, i) => storage.key(i));
    } catch { /* denied */ }
    return keys.filter((key) => key?.startsWith(this.#prefix))
      .map((key) => [key, this.read(key)]).filter(([, entry]) => entry);
  }

  /** The key under which this upload is remembered, if it is: by its id, or where it goes. */
  find({ upload_id: id, path }) {
    const [key] = this.entries()
      .find(([, entry]) => entry.upload_id === id || (path && entry.path === path)) ?? [];
    return key;
  }
}

export const isLive = (key) => live.has(key);

/**
 * Takes the upload that `key` stands for, from other tabs too: what gives it back, or null where
 * it is taken.
 */
export async function claim(key) {
  if (live.has(key)) return null;
  live.add(key);
  const release = await new Promise((resolve) => {
    const hold = (lock) => (lock ? new Promise(resolve) : resolve(null));
    // Only in secure contexts; refused is as good as none.
    const locks = globalThis.navigator?.locks;
    if (locks) locks.request(key, { ifAvailable: true }, hold).catch(hold);
    else hold(true);
  });
  if (!release) live.delete(key);
  return release && (() => {
    live.delete(key);
    release();
  });
}
