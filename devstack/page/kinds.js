/** Files that only a brand kit takes do not go there unsaid. */

import { handles } from '/client/src/elements/files.js';
import { byExtension } from '/client/src/types.js';
import { ask } from './dom.js';

const OF_BRANDS = /^(font\/|image\/svg|text\/(css|plain)|application\/(json|pdf|zip)$)/;

function isOfBrands({ name }) {
  const types = byExtension[/\.([^.]+)$/.exec(name.toLowerCase())?.[1]] ?? [];
  return types.length > 0 && types.every((type) => OF_BRANDS.test(type));
}

export function askForKinds(uploader) {
  uploader.addEventListener('files-chosen', async (event) => {
    const { files, packages, kind, projectId } = event.detail;
    const unsaid = kind || projectId ? [] : files.filter(isOfBrands);
    if (event.defaultPrevented || !unsaid.length) return;
    event.preventDefault();
    const { uploads } = uploader;
    const add = (some, place) => uploads.add(some.map((file) => handles.get(file) ?? file), place);
    add(files.filter((file) => !unsaid.includes(file)));
    for (const group of packages) uploads.addPackage(group);
    const agreed = await ask({
      title: unsaid.length === 1 ? `Put ${unsaid[0].name} into the brand kit?` : `Put ${unsaid.length} files into the brand kit?`,
      text: `${unsaid.length === 1 ? 'This isn’t' : 'These aren’t'} audio, images or video. The brand kit keeps logos, fonts and documents.`,
      yes: 'Put into brand kit',
      no: 'Leave out',
    });
    if (agreed) add(unsaid, { kind: 'brand_kit' });
  });
}
