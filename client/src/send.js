/** One signed request with a body on the wire: by XMLHttpRequest, which tells progress, or fetch. */

import { networkError, refusal } from './errors.js';
import { STALL_MS } from './patience.js';

/** Without progress to watch, a body that is slower than this is given up. */
const SLOWEST_BYTES_PER_MS = 16;

/** When a body last moved, of any upload: browsers queue what is more than six to a host. */
let moved = 0;

/** Whether `moved` is called on the way, and not at the end alone. */
export const tellsProgress = () => typeof XMLHttpRequest === 'function';

/**
 * Sends `blob` as `request` was signed. Rejects with a `GatewayError`, or with the signal's reason;
 * `onMoved` hears how many bytes are on their way, `onHandedOver` that all are; fetch tells neither.
 */
export const transmit = (request, blob, options) => (
  tellsProgress() ? byXhr(request, blob, options) : byFetch(request, blob, options));

async function byXhr({ method, url, headers = {}, fields }, blob, { signal, onMoved, onHandedOver }) {
  const xhr = new XMLHttpRequest();
  const stop = () => xhr.abort();
  let stall;
  try {
    await new Promise((resolve, reject) => {
      let sent = 0;
      const watch = () => {
        clearTimeout(stall);
        stall = setTimeout(() => {
          const waits = sent === 0 || sent >= blob.size; // behind others, or for an answer
          if (waits && Date.now() - moved < STALL_MS) return watch();
          reject(networkError(new Error('nothing moved')));
          xhr.abort();
        }, STALL_MS);
      };
      xhr.open(method, url);
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = ({ loaded }) => {
        sent = Math.min(loaded, blob.size);
        moved = Date.now();
        watch();
        onMoved(sent);
      };
      xhr.upload.onload = () => onHandedOver?.();
      xhr.onabort = () => reject(signal.reason ?? networkError());
      xhr.onerror = () => reject(networkError());
      xhr.onload = () => {
        if (xhr.status >= 200 && xhr.status < 300) resolve();
        else reject(refusal({ status: xhr.status, text: xhr.responseText, headers: headersOf(xhr) }));
      };
      signal.addEventListener('abort', stop);
      xhr.send(fields ? formOf(fields, blob) : blob);
      watch();
    });
  } finally {
    clearTimeout(stall);
    signal.removeEventListener('abort', stop);
  }
}

async function byFetch({ method, url, headers = {}, fields }, blob, { signal }) {
  const limit = AbortSignal.timeout(STALL_MS + Math.ceil(blob.size / SLOWEST_BYTES_PER_MS));
  const body = fields ? formOf(fields, blob) : blob;
  let status;
  let text;
  let answered;
  try {
    const response = await fetch(url, {
      method, headers, body, signal: AbortSignal.any([signal, limit]),
    });
    ({ status, headers: answered } = response);
    text = await response.text();
  } catch (error) {
    signal.throwIfAborted();
    throw networkError(error);
  }
  if (status < 200 || status >= 300) throw refusal({ status, text, headers: answered });
}

function formOf(fields, blob) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', blob);
  return form;
}

/** Those that a script may read: asking for another by its name is a fault in the console. */
function headersOf(xhr) {
  const lines = xhr.getAllResponseHeaders().trim().split(/[\r\n]+/).filter(Boolean);
  return new Headers(lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
}
