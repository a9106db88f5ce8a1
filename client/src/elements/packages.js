/** HLS and DASH packages: many files that are one asset to whoever looks at it. */

const MANIFEST = /^application\/(vnd\.apple\.mpegurl|dash\+xml)$/;
/** `[projects/{id}/]{kind}/{asset_id}/`, and the manifest right below it. */
const FOLDER = /^((?:projects\/[^/]+\/)?\w+\/[\da-f-]{36})\/([^/]+\.(?:m3u8|mpd)$)?/i;

/** What plays by a playlist. */
export const isManifest = ({ content_type: type }) => MANIFEST.test(type ?? '');

/** What is deleted, restored and moved with all its files. */
export const isPackage = ({ path }) => Boolean(FOLDER.exec(path)?.[2]);

/** What the files of one package share; of whatever lies elsewhere its path. */
export const folderOf = ({ path }) => FOLDER.exec(path)?.[1] ?? path;

/** As people call it: a package by the name that its folder had when it was uploaded. */
export function nameOf({ filename, path }) {
  const name = filename ?? path.split('/').pop();
  return /^(master|main|index|manifest)\./i.test(name) ? name : name.replace(/(\.master)?\.(m3u8|mpd)$/i, '');
}
