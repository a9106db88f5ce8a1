/** Files that people hand over: chosen, dropped, pasted; folders walked. */

import { grouped, withoutStrays } from '../package.js';

/** By file, what a reload can open it by again, where the browser has that (Chromium). */
export const handles = new WeakMap();

/** Where a file lies in its folder, as browsers tell it of chosen folders. */
const PATH = 'webkitRelativePath';

function placed(file, path) {
  if (!file[PATH]) Object.defineProperty(file, PATH, { value: path });
  return file;
}

async function walk(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => { entry.file(resolve, reject); });
    return [placed(file, entry.fullPath.replace(/^\//, ''))];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // readEntries hands out a hundred at a time until it has none left
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(walk))).flat();
}

/** What was chosen in a file input: loose files, and packages among those of a folder. */
export function chosen(input) {
  const files = withoutStrays([...input.files]);
  return input.webkitdirectory ? grouped(files) : { files, packages: [] };
}

/** What a drop or a paste carries: loose files, and folders that are packages. */
export async function carried(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const entries = items.map((item) => item.webkitGetAsEntry?.());
  // All of it must be asked for before the first await: the transfer is emptied then.
  const files = [...transfer.files];
  const opened = items.map((item) => item.getAsFileSystemHandle?.().catch(() => null));
  const found = { files: [], packages: [] };
  for (const [i, entry] of entries.entries()) {
    if (entry?.isDirectory) {
      const group = grouped(withoutStrays(await walk(entry)));
      found.files.push(...group.files);
      found.packages.push(...group.packages);
    } else if (files[i]) {
      const handle = await opened[i];
      if (handle?.kind === 'file') handles.set(files[i], handle);
      found.files.push(files[i]);
    }
  }
  return items.length ? found : { files, packages: [] };
}

const EDITABLE = /^(INPUT|TEXTAREA|SELECT)$/;

/** `take` hears what is dropped onto `area` or pasted while `element` is seen; `over` whether files hang above it. */
export function receive(element, area, { take, over }, signal) {
  const on = (target, name, action) => target.addEventListener(name, action, { signal });
  let depth = 0;
  const hang = (now) => {
    depth = Math.max(0, now);
    over(depth > 0);
  };
  const files = ({ dataTransfer }) => [...dataTransfer?.types ?? []].includes('Files');
  on(area, 'dragenter', (event) => files(event) && hang(depth + 1));
  on(area, 'dragleave', (event) => files(event) && hang(depth - 1));
  on(area, 'dragover', (event) => files(event) && event.preventDefault());
  on(area, 'drop', async (event) => {
    hang(0);
    if (!files(event) || !element.checkVisibility()) return;
    event.preventDefault();
    take(await carried(event.dataTransfer));
  });
  on(document, 'paste', async (event) => {
    const [target] = event.composedPath();
    const typing = EDITABLE.test(target.tagName) || target.isContentEditable;
    if (typing || !event.clipboardData?.files.length || !element.checkVisibility()) return;
    event.preventDefault();
    take(await carried(event.clipboardData));
  });
}
