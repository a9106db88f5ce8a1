/** A folder that is one asset, such as HLS or DASH: its files' names, and their order. */

const MANIFEST = /\.(m3u8?|mpd)$/i;
/** What such files are called by those who make them, and what says nothing of their contents. */
const GENERIC = /^(master|main|index|manifest)\.[^.]+$/i;
/** What systems leave in folders, and nobody means to send. */
const STRAY = /(^|\/)(\.|(thumbs\.db|desktop\.ini|__macosx)(\/|$))/i;
/** What no name in a package may hold, or begin with. */
const UNSAFE = /^[.\s]+|[\\/*?%\p{C}]/gu;

const natural = new Intl.Collator('en', { numeric: true });

/** Some systems write é as two characters, which paths do not take. */
const pathOf = (file) => (
  (file.webkitRelativePath || file.relativePath || file.name).replace(/^\//, '').normalize('NFC'));
const folderOf = (path) => path.replace(/[^/]*$/, '');

/** Where playlists lie, the topmost first. */
const foldersOf = (paths) => [...new Set(paths.filter((path) => MANIFEST.test(path)).map(folderOf))]
  .sort((a, b) => a.length - b.length);

/** The folder of a package: where its top playlist lies, or else what was chosen or dropped. */
function rootOf(paths) {
  const [top] = foldersOf(paths);
  if (top !== undefined && paths.every((path) => path.startsWith(top))) return top;
  return /^[^/]+\//.exec(paths[0])?.[0] ?? '';
}

/** What people call a package: its folder. */
export const titleOf = (files) => rootOf(files.map(pathOf)).split('/').at(-2) ?? '';

/** Those that somebody meant to send, of a folder that was chosen or dropped. */
export const withoutStrays = (files) => (
  files.filter((file) => !STRAY.test(pathOf(file).replace(/^[^/]+\//, ''))));

/** The files of folders, as packages and what is none: each manifest has those around and below it. */
export function grouped(files) {
  const folders = foldersOf(files.map(pathOf));
  const groups = new Map(folders.map((folder) => [folder, []]));
  const rest = files.filter((file) => (
    !groups.get(folders.find((folder) => pathOf(file).startsWith(folder)))?.push(file)));
  const all = [...groups.values()];
  const lone = all.filter(({ length }) => length < 2);
  return { files: [...rest, ...lone.flat()], packages: all.filter(({ length }) => length > 1) };
}

/**
 * Groups of `[file, name]` that go one after the other, so that what is there can be played: pieces
 * in playing order, then the playlists that name them, the top one last, called by `title`.
 */
export function inOrderOfNeed(files, title) {
  const all = withoutStrays([...files]);
  const root = rootOf(all.map(pathOf));
  const nameOf = (path) => (path.startsWith(root) ? path.slice(root.length) : path.replace(/^[^/]+\//, ''));
  const named = all.map((file) => [file, nameOf(pathOf(file))]);
  const depth = ([, name]) => name.split('/').length;
  // The same number of each rendition together.
  const leaf = ([, name]) => name.split('/').pop();
  named.sort((a, b) => natural.compare(leaf(a), leaf(b)) || natural.compare(a[1], b[1]));
  const lists = named.filter(([, name]) => MANIFEST.test(name));
  const top = topOf(lists, depth);
  if (top && title) top[1] = titled(top[1], title, lists.filter((one) => depth(one) === depth(top)).length === 1);
  return [
    named.filter((one) => !lists.includes(one)),
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

/**
 * `holiday.m3u8` for `master.m3u8`: nothing else names the top playlist, and people see its name.
 * Among others it is told by `holiday.master.m3u8`; one of a name of its own may be named by them.
 */
function titled(path, title, alone) {
  const [, folder, name, extension] = /^(.*\/)?(.*)(\.[^.]+)$/.exec(path);
  if (!alone && !GENERIC.test(name + extension)) return path;
  return `${folder ?? ''}${title.replace(UNSAFE, '_')}${alone ? '' : '.master'}${extension}`;
}
