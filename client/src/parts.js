/** The missing parts of a multipart upload, sent side by side. */

import { isExpired } from './errors.js';
import { INTERRUPTED } from './transfer.js';

const SIGN_AHEAD = 50;
const AT_MOST = 4;

export class Parts {
  #file;
  #partSize;
  #queue;
  #urls = new Map();
  #signing = Promise.resolve();
  #sign;

  /** `sign` asks for fresh URLs: part numbers in, signed parts out. */
  constructor(file, { part_size: partSize, part_count: count, parts = [], missing }, sign) {
    this.#file = file;
    this.#partSize = partSize;
    this.#queue = missing ? [...missing] : Array.from({ length: count }, (_, i) => i + 1);
    this.#sign = sign;
    this.#keep(parts);
  }

  /** Bytes that the store has. */
  get settled() {
    return this.#file.size - this.#queue.reduce((sum, n) => sum + this.#slice(n).size, 0);
  }

  /**
   * Sends all of them through `transfer`: as many at once as `line` has places, or `concurrency`
   * of them.
   */
  async sendBy(transfer, { line, concurrency, checksum, signal }) {
    const work = async () => {
      for (let n = this.#queue.shift(); n; n = this.#queue.shift()) {
        const number = n;
        await transfer.persist(() => this.#send(number, transfer, { line, checksum, signal }));
      }
    };
    const workers = Math.min(concurrency ?? AT_MOST, this.#queue.length);
    await Promise.all(Array.from({ length: workers }, work));
  }

  async #send(number, transfer, { line, checksum, signal }) {
    const { batch, ...part } = await this.#signed(number);
    const slice = this.#slice(number);
    const place = await line?.enter(signal);
    const reading = checksum?.upTo(Math.min(number * this.#partSize, this.#file.size));
    let sent = 0;
    try {
      await transfer.send({ ...part, method: 'PUT' }, slice, number, place?.handedOver);
      sent = slice.size;
      this.#urls.delete(number);
    } catch (error) {
      if (error !== INTERRUPTED) this.#urls.delete(number);
      // What was signed together expires together: none of it is worth another refusal.
      if (isExpired(error)) {
        for (const [other, { batch: its }] of this.#urls) if (its === batch) this.#urls.delete(other);
      }
      if (error !== INTERRUPTED) await reading; // that the file changed explains all else
      throw error;
    } finally {
      place?.leave(sent);
    }
    await reading;
  }

  #slice(number) {
    return this.#file.slice((number - 1) * this.#partSize, number * this.#partSize);
  }

  #keep(signed) {
    const batch = {};
    for (const part of signed) this.#urls.set(part.part_number, { ...part, batch });
  }

  /** The part's signed URL; the ones needed next are signed in the same call. */
  async #signed(number) {
    this.#signing = this.#signing.catch(() => {}).then(async () => {
      if (this.#urls.has(number)) return;
      const ahead = this.#queue.filter((n) => !this.#urls.has(n)).slice(0, SIGN_AHEAD - 1);
      this.#keep(await this.#sign([number, ...ahead]));
    });
    await this.#signing;
    return this.#urls.get(number);
  }
}
