/** A folder that is one asset, such as HLS or DASH: its files' names, and their order. */

const MANIFEST = /\.(m3u8?|mpd)$/i;

const natural = new Intl.Collator('en', { numeric: true });

/** The name below the folder that was chosen or dropped. */
export function nameInPackage(file) {
  const path = file.webkitRelativePath || file.relativePath || '';
  return path.replace(/^\/?[^/]+\//, '') || file.name;
}

/** Hidden files, and files of hidden folders, are left out: `.DS_Store`, `.git/config`. */
export const isVisible = (file) => !`/${nameInPackage(file)}`.includes('/.');

/**
 * Groups of `[file, name]` that go one after the other, so that what is there can be played: pieces
 * in playing order, then the playlists that name them, the top one last.
 */
export function inOrderOfNeed(files) {
  const named = [...files].filter(isVisible).map((file) => [file, nameInPackage(file)]);
  const depth = ([, name]) => name.split('/').length;
  // The same number of each rendition together.
  const leaf = ([, name]) => name.split('/').pop();
  named.sort((a, b) => natural.compare(leaf(a), leaf(b)) || natural.compare(a[1], b[1]));
  const lists = named.filter(([, name]) => MANIFEST.test(name));
  const top = topOf(lists, depth);
  return [
    named.filter(([, name]) => !MANIFEST.test(name)),
    lists.filter((one) => one !== top),
    top ? [top] : [],
  ].filter((group) => group.length);
}

/** By where it lies, then by what such files are called. */
function topOf(lists, depth) {
  const rank = (one) => [depth(one), /master|main|index|manifest/i.test(one[1]) ? 0 : 1];
  return [...lists].sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    return x[0] - y[0] || x[1] - y[1];
  })[0];
}
