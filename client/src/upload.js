/**
 * One file on its way: declared, sent, completed; paused, resumed, cancelled meanwhile.
 *
 * Over 200 lines because its states belong together; what it does in each lies in other modules.
 */

import { FileChecksum, fingerprint, sha256 } from './checksum.js';
import { declarationOf } from './declared.js';
import { failure, isPassing, tell, unreadable } from './errors.js';
import { Parts } from './parts.js';
import { sleep } from './patience.js';
import { Record } from './record.js';
import { RemoteUpload } from './remote.js';
import { OUTCOME, Thenable } from './thenable.js';
import { Transfer } from './transfer.js';

const DISCARD_MS = 5e3; // as long as cancelling waits for what it removes
const ROUNDS = 3;
const SMALL_PART = 5 * 2 ** 20; // S3's smallest
/** URLs live for 15 minutes by default; what was declared so long ago is signed afresh. */
const STALE_MS = 600e3;

/** The option by which a queue hands over what it does for many files at once. */
export const TOGETHER = Symbol('together');
/** What was remembered of the upload that is to go on, and of no other. */
export const BEGUN = Symbol('begun');

/** Thenable: resolves to the asset that the gateway has verified. */
export class Upload extends Thenable {
  #memory;
  #line;
  #options;
  #together;
  #file;
  #fingerprint;
  #checksum = null;
  #record = null;
  #remote;
  #transfer;
  #halt = new AbortController();
  #cancelled = false;

  /** `source` is a file, a blob, a file handle, or a function that gives one of them. */
  constructor({ gateway, memory, line }, source, options) {
    super();
    const { signal: halted } = this.#halt;
    this.#memory = memory;
    this.#line = line;
    this.#together = options[TOGETHER] ?? {};
    this.#options = { assetId: this.#together.assetId, ...options };
    this.#file = { size: source.size ?? options.size ?? 0 };
    this.#remote = new RemoteUpload(gateway, halted);
    this.#transfer = new Transfer({
      signal: halted, tries: gateway.retries, changed: (state) => this.#report(state),
    });
    this.state = 'starting';
    const { signal } = options;
    const stop = () => this.cancel(signal.reason);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    this[OUTCOME] = this.#run(source).finally(() => signal?.removeEventListener('abort', stop));
  }

  get uploadId() {
    return this.#remote.id;
  }

  pause() {
    if (!/^(starting|hashing|uploading|pausing)$/.test(this.state)) return;
    this.#report(this.#transfer.pause() ? 'pausing' : 'paused');
  }

  resume() {
    if (!this.#transfer.paused) return;
    if (/^paus/.test(this.state)) this.#report('uploading');
    this.#transfer.resume();
  }

  cancel(reason = new DOMException('The upload was cancelled', 'AbortError')) {
    if (/^(done|failed|cancelled)$/.test(this.state)) return;
    this.#cancelled = true;
    this.#stop(reason);
  }

  #stop(reason) {
    this.#halt.abort(reason);
    this.#transfer.interrupt();
    this.#transfer.resume();
  }

  #report(state) {
    if (state) this.state = state;
    const { size: total } = this.#file;
    const loaded = Math.min(this.#transfer.loaded, total);
    tell(this.#options.onProgress, { state: this.state, loaded, total });
  }

  async #run(source) {
    // The caller gets hold of the upload before the first report about it.
    await null;
    let discarded;
    try {
      await this.#open(source);
      const asset = await this.#deliver();
      this.#record.clear();
      this.#report('done');
      return asset;
    } catch (error) {
      this.#stop(error);
      // A file that changed never goes on as what it was.
      if (this.#cancelled || error?.slug === 'file-unreadable') {
        discarded = this.#discard();
        await Promise.race([discarded, sleep(DISCARD_MS)]);
      }
      this.#report(this.#cancelled ? 'cancelled' : 'failed');
      throw error;
    } finally {
      this.#transfer.resume(); // nothing watches a pause any more
      Promise.resolve(discarded).then(() => this.#record?.release());
    }
  }

  async #open(source) {
    const given = typeof source === 'function' ? await source() : source;
    const handle = given.getFile ? given : null;
    this.#file = handle ? await handle.getFile().catch(unreadable) : given;
    this.#fingerprint = await fingerprint(this.#file);
    this.#record = new Record(this.#memory, handle);
    const { [BEGUN]: begun } = this.#options;
    const free = await this.#record.claim(this.#file, this.#fingerprint, this.#options);
    // Another tab is at it or has brought it to its end: sent once more it would be there twice.
    if (begun && !this.#record.read() && !(free && this.#memory.find(begun))) {
      throw failure('upload-active', 'Another tab took this upload');
    }
  }

  async #deliver() {
    let plan = (!this.#together.plan && await this.#remembered()) || (await this.#create());
    if (this.#options.checksum !== false) this.#checksum = new FileChecksum(this.#file);
    for (let round = 1; ; round += 1) {
      this.#report(this.#transfer.paused ? 'paused' : 'uploading');
      await (plan.method === 'MULTIPART' ? this.#sendParts(plan) : this.#sendWhole(plan));
      this.#report('verifying');
      try {
        return await this.#complete();
      } catch (error) {
        if (error.slug === 'upload-rejected') this.#record.clear();
        // The store may know of less than it acknowledged to us: send what it lacks.
        if (error.slug !== 'upload-incomplete' || round === ROUNDS) throw error;
        plan = await this.#remote.again(ROUNDS);
      }
    }
  }

  async #remembered() {
    const entry = this.#record.read();
    if (!entry) return null;
    return this.#remote.find(entry, this.#file.size);
  }

  async #create() {
    const { kind, projectId, assetId, filename, expiresIn } = this.#options;
    const { name, size } = this.#file;
    const plan = this.#remote.take(this.#together.plan ?? await this.#remote.declare({
      ...await declarationOf(this.#file, this.#options), checksum_sha256: await this.#sha256(),
      part_size: this.#line.slow ? SMALL_PART : undefined,
    }));
    if (plan.method === 'MULTIPART') {
      const { upload_id, path, key } = plan;
      const options = { kind, projectId, assetId, filename, expiresIn };
      this.#record.write({ upload_id, path, key, filename: name, size, kind, projectId, options });
    }
    return plan;
  }

  async #sha256() {
    const { checksum, method } = this.#options;
    if (checksum !== 'sha256' || method === 'multipart') return undefined;
    this.#report(this.#transfer.paused ? 'paused' : 'hashing');
    return sha256(this.#file);
  }

  async #sendWhole(plan) {
    let fresh = plan;
    let sends = performance.now() - this.#together.at > STALE_MS ? 1 : 0;
    await this.#transfer.persist(async () => {
      if (sends) fresh = await this.#remote.again();
      sends += 1;
      const reading = this.#checksum?.upTo(this.#file.size);
      const begun = performance.now();
      try {
        await this.#transfer.send(fresh, this.#file, 0);
        this.#line.carried(this.#file.size, performance.now() - begun);
      } catch (error) {
        // An answer got lost and the bytes arrived: whether they are ours, completion judges.
        if (sends === 1 || error.status !== 412) throw error;
      }
      await reading;
    });
  }

  async #sendParts(plan) {
    const parts = new Parts(this.#file, plan, (numbers) => this.#remote.sign(numbers));
    this.#transfer.settle(parts.settled);
    const { concurrency } = this.#options;
    await parts.sendBy(this.#transfer, {
      line: concurrency ? undefined : this.#line,
      concurrency,
      checksum: this.#checksum,
      signal: this.#halt.signal,
    });
  }

  async #complete() {
    const checksum = await this.#checksum?.value();
    // Some browsers send what a file has become, without a word.
    if (await fingerprint(this.#file) !== this.#fingerprint) unreadable();
    try {
      const together = await this.#together.complete?.(this.uploadId, checksum, this.#halt.signal);
      if (together) return together;
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    return this.#remote.complete(checksum ? { checksum_crc64nvme: checksum } : {});
  }

  async #discard() {
    try {
      await this.#remote.discard();
      await this.#record?.clear();
    } catch { /* still remembered if in parts; the bucket's lifecycle rule removes what is left */ }
  }
}
