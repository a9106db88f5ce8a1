/** Files for an upload request, from a page without anybody signed in. */

import { Calls } from './calls.js';
import { Line } from './line.js';
import { Memory } from './memory.js';
import { Upload } from './upload.js';

/** What the link of an upload request opens; `token` is what stands behind `/r/`. */
export function openRequest(endpoint, token, { retries = 8, storage } = {}) {
  const calls = new Calls(endpoint, null, retries);
  const base = `/r/${encodeURIComponent(token)}`;
  const ask = (method, path, options) => calls.request(
    method, `${base}${path}`, { ...options, anonymous: true });
  const gateway = {
    retries,
    // An upload's own calls lie below the link as they lie below `/v1`.
    request: (method, path, options) => ask(method, path.replace('/v1', ''), options),
    // What arrived is the owner's.
    delete: async () => null,
  };
  const memory = new Memory(`${calls.endpoint}${base}`, storage);
  const line = new Line();
  return {
    look: () => ask('GET', ''),
    upload(source, options = {}) {
      if (!source?.arrayBuffer && !source?.getFile) {
        throw new TypeError('upload() takes a File, a Blob or a file handle');
      }
      return new Upload({ gateway, memory, line }, source, options);
    },
  };
}
