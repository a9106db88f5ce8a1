/** What tells a file from another, and its bytes from others. */

import { Crc64Nvme } from './crc64nvme.js';
import { unreadable } from './errors.js';

/** A slice takes a few milliseconds, so that a page stays responsive without a worker. */
const SLICE = 2 * 2 ** 20;
const ENDS = 64 * 2 ** 10; // as much of a file's beginning and end as tells it from others
const SHA256_LIMIT = 64 * 2 ** 20; // WebCrypto has no streaming digest: it has to fit in memory

/** Rejects with `file-unreadable`, also where a browser gives fewer bytes instead of an error. */
async function read(file, from, to) {
  const bytes = new Uint8Array(await file.slice(from, to).arrayBuffer().catch(unreadable));
  if (bytes.length < to - from) unreadable();
  return bytes;
}

/** Rejects with `file-unreadable` unless both ends of the blob can be read. */
export async function assertReadable(blob) {
  const { size } = blob;
  if (!size) return;
  await read(blob, 0, 1);
  await read(blob, size - 1, size);
}

/** The checksum of a file's beginning and end. */
export async function fingerprint(file) {
  const { size } = file;
  const crc = new Crc64Nvme().update(await read(file, 0, Math.min(ENDS, size)));
  return crc.update(await read(file, Math.max(0, size - ENDS), size)).digest();
}

/** The CRC-64/NVME of a whole file, read while it is sent. */
export class FileChecksum {
  #file;
  #crc = new Crc64Nvme();
  #read = 0;
  #until = 0;
  #reading = Promise.resolve();

  constructor(file) {
    this.#file = file;
  }

  /** Reads on to this byte; resolves once everything asked for so far is read. */
  upTo(end) {
    this.#until = Math.max(this.#until, end);
    this.#reading = this.#reading.then(() => this.#advance());
    this.#reading.catch(() => {}); // whoever waits hears of it
    return this.#reading;
  }

  async value() {
    await this.upTo(this.#file.size);
    return this.#crc.digest();
  }

  async #advance() {
    let next = this.#slice(this.#read);
    while (this.#read < this.#until) {
      const bytes = await next;
      this.#read += bytes.length;
      // The next slice is on its way while this one is counted.
      next = this.#slice(this.#read);
      this.#crc.update(bytes);
    }
    await next;
  }

  #slice(from) {
    return read(this.#file, from, Math.min(from + SLICE, this.#until));
  }
}

let digests = Promise.resolve();

/**
 * In base64; undefined where there is none, or the file is over 64 MiB. One at a time: each file
 * is in memory meanwhile.
 */
export function sha256(file) {
  const { subtle } = globalThis.crypto ?? {}; // only in secure contexts
  const digest = digests.then(async () => {
    if (!subtle || file.size > SHA256_LIMIT) return undefined;
    const bytes = await subtle.digest('SHA-256', await read(file, 0, file.size));
    return btoa(String.fromCharCode(...new Uint8Array(bytes)));
  });
  digests = digest.catch(() => {});
  return digest;
}
