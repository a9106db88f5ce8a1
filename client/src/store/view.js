/** What is shown of the items, frozen. */

import { toldOf } from './told.js';

function viewOf({ id, name, size, type, kind, entry, task, speed, error, preview, package: pack }) {
  const state = task?.state ?? 'resumable';
  return Object.freeze({
    id,
    name,
    size,
    type: task?.asset?.content_type ?? type,
    kind: task?.asset?.kind ?? kind,
    state,
    sent: task?.sent ?? 0,
    speed: state === 'sending' ? speed.at() : 0,
    error: task?.error ? toldOf(task.error) : error,
    preview,
    asset: task?.asset ?? null,
    ...(pack && { package: Object.freeze({ ...pack }) }),
    // Of another device nothing but its name is known; it can be given up.
    ...(state === 'resumable' && { reopens: Boolean(entry.reopens), here: 'filename' in entry }),
  });
}

/** A snapshot of items, all of which move at `speed` together; `view` of each is kept until it is cleared. */
export function snapshotOf(all, speed) {
  const items = [];
  const totals = { count: 0, done: 0, failed: 0, size: 0, sent: 0, speed };
  for (const item of all) {
    item.view ??= viewOf(item);
    const { state, size, sent } = item.view;
    items.push(item.view);
    if (state === 'resumable') continue;
    totals.count += 1;
    totals.size += size;
    totals.sent += sent;
    if (state in totals) totals[state] += 1;
  }
  return Object.freeze({ items: Object.freeze(items), totals: Object.freeze(totals) });
}
