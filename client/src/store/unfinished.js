/** What was begun and not finished, here or elsewhere: items to go on with. */

/** As many as are offered. */
const OFFERED = 100;

const idOf = ({ upload_id: id }) => id;

/** What this browser remembers and this tab is not at, by upload. */
const remembered = (gateway) => new Set(gateway.resumable().map(idOf));

export async function unfinishedOf(gateway) {
  const { items } = await gateway.unfinished({ limit: OFFERED }).page();
  const here = remembered(gateway);
  return items.filter((item) => !item.here || here.has(idOf(item.here))).map(({ here: entry, ...there }) => ({
    id: idOf(there),
    name: entry?.filename ?? there.path.split('/').pop(),
    size: entry?.size ?? 0,
    type: '',
    kind: /^(?:projects\/[^/]+\/)?([^/]+)/.exec(there.path)[1],
    entry: entry ?? there,
  }));
}

/** Of these items those that were remembered and are no more: another tab has ended them. */
export function endedOf(gateway, items) {
  const here = remembered(gateway);
  return items.filter(({ task, entry }) => !task && entry.at && !here.has(idOf(entry)));
}
