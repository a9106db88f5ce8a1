/** What a back end is told by webhook, live: assets that other tabs and jobs make and remove. */

export function listen(address, sub, { created, deleted, rejected }) {
  const since = Date.now();
  const source = new EventSource(`${address}?${new URLSearchParams({ sub })}`);
  source.addEventListener('asset', ({ data }) => {
    const { type, timestamp, data: { asset } } = JSON.parse(data);
    // The receiver tells the last events again to whoever comes in.
    if (new Date(timestamp).getTime() < since) return;
    ({ 'asset.created': created, 'asset.deleted': deleted, 'asset.rejected': rejected })[type]?.(asset);
  });
  return () => source.close();
}
