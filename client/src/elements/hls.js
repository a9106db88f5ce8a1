/** Playing HLS: by the browser itself where it is Safari, by hls.js that the app gives elsewhere. */

const TYPE = 'application/vnd.apple.mpegurl';

/** Safari's engine: its own player is the better one there (AirPlay, battery). */
export function playsByItself(video) {
  return Boolean(video.canPlayType(TYPE))
    && ('ManagedMediaSource' in globalThis || !('MediaSource' in globalThis));
}

/** The class Hls, from a loader's promise: a module, its default export, or the class. */
async function classOf(load) {
  const loaded = await (typeof load === 'string' ? import(/* @vite-ignore */ load) : load());
  return loaded.default ?? loaded.Hls ?? loaded;
}

/**
 * Plays `url` in `video`; `query` is the signature of its folder. Resolves to what stops it, or to
 * null where hls.js cannot play here. `failed` hears of what it cannot recover from.
 */
export async function playHls(video, { url, query }, load, failed) {
  const Hls = await classOf(load);
  if (!Hls.isSupported()) return null;
  // Relative addresses in a playlist do not inherit the query, so it goes onto each of them: of the
  // package's own host alone, for whoever has it can read the package.
  const { origin } = new URL(url);
  const hls = new Hls({
    xhrSetup(xhr, target) {
      const address = new URL(target, url);
      if (query && address.origin === origin) address.search += `${address.search ? '&' : '?'}${query}`;
      xhr.open('GET', address, true);
    },
  });
  hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
    if (fatal) failed(type);
  });
  hls.loadSource(query ? url.split('?')[0] : url);
  hls.attachMedia(video);
  return () => hls.destroy();
}
