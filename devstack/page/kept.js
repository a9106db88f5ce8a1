/** JSON in `sessionStorage` or `localStorage`: null, and kept no longer, where a browser denies it. */

export function kept(area, key) {
  try {
    return JSON.parse(globalThis[area].getItem(key));
  } catch {
    return null;
  }
}

export function keep(area, key, value) {
  try {
    if (value === null) globalThis[area].removeItem(key);
    else globalThis[area].setItem(key, JSON.stringify(value));
  } catch { /* denied, or full: what depends on it says so */ }
}
