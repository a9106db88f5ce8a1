/** HLS and DASH packages: many files that are one asset to whoever looks at it. */

const MANIFEST = /^application\/(vnd\.apple\.mpegurl|dash\+xml)$/;
const PIECE = /^(video\/(mp2t|iso\.segment)|text\/vtt)$/;

export const isManifest = ({ content_type: type }) => MANIFEST.test(type ?? '');

/** The folder that an asset's files share: `[projects/{id}/]{kind}/{asset_id}`. */
export function folderOf({ path, project_id: project }) {
  return path.split('/').slice(0, project ? 4 : 2).join('/');
}

/** What stands for its package in a gallery: not its segments, and of playlists the top one. */
export function isPiece(asset) {
  const within = asset.path.slice(folderOf(asset).length + 1);
  return PIECE.test(asset.content_type ?? '') || (isManifest(asset) && within.includes('/'));
}

/** A player for the package; resolves to the element, rejects with a sentence. */
export async function player(gateway, asset, hlsAddress) {
  const { url, query } = await gateway.request('POST', '/v1/playback', { body: { path: asset.path } });
  if (!hlsAddress) throw new Error('Playing packages takes hls.js here: `make stores` installs it.');
  const { default: Hls } = await import(hlsAddress);
  const video = document.createElement('video');
  Object.assign(video, { controls: true, autoplay: true, playsInline: true });
  video.setAttribute('aria-label', asset.filename);
  // Relative addresses in a playlist do not inherit the query, so it goes onto each of them: of the
  // edge alone, for whoever has it can read the package.
  const { origin } = new URL(url);
  const hls = new Hls({
    xhrSetup(xhr, target) {
      const address = new URL(target, url);
      if (address.origin === origin) address.search += `${address.search ? '&' : '?'}${query}`;
      xhr.open('GET', address, true);
    },
  });
  hls.on(Hls.Events.ERROR, (_, { fatal }) => fatal && video.dispatchEvent(new Event('error')));
  hls.loadSource(url.split('?')[0]);
  hls.attachMedia(video);
  return { video, stop: () => hls.destroy() };
}
