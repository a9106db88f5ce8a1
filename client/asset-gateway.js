/**
 * The browser's side of asset-gateway: uploads that survive, listings, links, deletion.
 *
 * One module, no dependencies. What the gateway answers is handed over as it is (snake_case);
 * what goes in as an option is camelCase. What pages call is documented in `asset-gateway.d.ts`.
 */

const SHA256_LIMIT = 64 * 2 ** 20; // WebCrypto has no streaming digest: the file has to fit in memory
const ENDS = 64 * 2 ** 10; // as much of a file's beginning and end as tells it from others
const REMEMBER_MS = 7 * 24 * 3600e3; // an upload_id lives as long
const STALL_MS = 90e3;
const DISCARD_MS = 5e3; // as long as cancelling waits for what it removes
const SIGN_AHEAD = 50;
const BATCH = 1000; // the most paths one call may name
const STORAGE_PREFIX = 'asset-gateway:';
/** How fetch in each browser, Amplify and others say that there is no network. */
const NO_NETWORK = /fetch|network|load failed/i;
const INTERRUPTED = Symbol('the request was stopped by pause or cancel');

/** What browsers leave empty in `file.type` on one system or another. */
const TYPES = {
  aac: 'audio/aac', flac: 'audio/flac', m4a: 'audio/mp4', mp3: 'audio/mpeg', ogg: 'audio/ogg',
  wav: 'audio/wav', avif: 'image/avif', heic: 'image/heic', svg: 'image/svg+xml',
  webp: 'image/webp', mkv: 'video/x-matroska', mov: 'video/quicktime', mp4: 'video/mp4',
  webm: 'video/webm', m3u8: 'application/vnd.apple.mpegurl', mpd: 'application/dash+xml',
  ts: 'video/mp2t', m4s: 'video/iso.segment', vtt: 'text/vtt', otf: 'font/otf', ttf: 'font/ttf',
  woff: 'font/woff', woff2: 'font/woff2',
};
const SAME_TYPE = {
  'audio/x-flac': 'audio/flac', 'audio/x-m4a': 'audio/mp4', 'audio/mp3': 'audio/mpeg',
  'audio/x-wav': 'audio/wav', 'audio/wave': 'audio/wav', 'image/jpg': 'image/jpeg',
  'application/x-mpegurl': 'application/vnd.apple.mpegurl',
  'application/x-zip-compressed': 'application/zip',
};

/** Anything but success, with the problem document (RFC 9457) that says why. */
export class GatewayError extends Error {
  constructor(problem, { retryAfter, requestId, cause } = {}) {
    super(problem.detail || problem.title, { cause });
    this.name = 'GatewayError';
    this.problem = problem;
    this.status = problem.status ?? 0;
    this.slug = (problem.type ?? '').split('/').pop();
    this.errors = problem.errors ?? [];
    this.requestId = requestId ?? null;
    const seconds = Number(retryAfter) || (Date.parse(retryAfter) - Date.now()) / 1000;
    this.retryAfterSeconds = seconds > 0 ? seconds : null;
  }
}

/** What went wrong on this side of the network. */
const failure = (slug, title, cause) => new GatewayError(
  { type: `/problems/${slug}`, title, status: 0 }, { cause });

const networkError = (cause) => failure('network', 'The connection failed', cause);

function answerOf({ response, text }) {
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    if (response.ok) throw networkError(new Error('the answer is not JSON'));
  }
  if (response.ok) return body;
  const problem = body?.title ? body : { type: '/problems/unknown', title: 'No usable answer' };
  throw new GatewayError({ ...problem, status: response.status }, {
    retryAfter: response.headers.get('retry-after'),
    requestId: response.headers.get('x-request-id'),
  });
}

const gone = (deletion) => deletion.catch((error) => {
  if (error.status !== 404) throw error;
});

/** A refusal that most often means a URL, or what signed it, that expired on the way. */
const isExpired = ({ status, problem }) => status === 403 || problem?.code === 'ExpiredToken';

/** Whether the same call may succeed a little later. */
function isPassing(error, failures) {
  const { status, slug, problem } = error;
  if (slug === 'network' || status === 408 || status >= 500) return true;
  if (status === 429) return slug !== 'too-many-uploads';
  if (slug !== 'store-refused') return false;
  // It is signed again, but not for ever.
  if (isExpired(error)) return failures < 3;
  return status === 409 || /^(RequestTimeout|IncompleteBody|BadDigest)$/.test(problem.code);
}

function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    }
    signal?.addEventListener('abort', done);
  });
}

async function untilOnline(signal) {
  while (globalThis.navigator?.onLine === false) await sleep(500, signal);
}

/** Runs `action` until it succeeds, fails for good, or `tries` are spent. */
async function persist(action, { tries, signal }) {
  for (let failures = 0; ;) {
    signal?.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      failures += 1;
      if (!(error instanceof GatewayError) || failures >= tries || !isPassing(error, failures)) {
        throw error;
      }
      const backoff = Math.min(20e3, 500 * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
      await sleep(Math.max(backoff, (error.retryAfterSeconds ?? 0) * 1000), signal);
      await untilOnline(signal);
    }
  }
}

function chunks(items) {
  const count = Math.ceil(items.length / BATCH);
  return Array.from({ length: count }, (_, i) => items.slice(i * BATCH, (i + 1) * BATCH));
}

const encodePath = (path) => path.split('/').map(encodeURIComponent).join('/');

/** localStorage, or nothing where a browser denies it: resuming is then lost, uploading is not. */
const memory = {
  read(key) {
    try {
      const entry = JSON.parse(localStorage.getItem(key));
      return entry && Date.now() - entry.at < REMEMBER_MS ? entry : null;
    } catch {
      return null;
    }
  },
  write(key, entry) {
    try {
      if (entry) localStorage.setItem(key, JSON.stringify({ ...entry, at: Date.now() }));
      else localStorage.removeItem(key);
    } catch { /* denied or full */ }
  },
  keys(prefix) {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  },
};

/** The memory keys of uploads in this tab. */
const live = new Set();

/**
 * Takes the upload that `key` stands for, from other tabs too: what gives it back, or null where
 * it is taken.
 */
async function claim(key) {
  if (live.has(key)) return null;
  live.add(key);
  const release = await new Promise((resolve) => {
    const hold = (lock) => (lock ? new Promise(resolve) : resolve(null));
    const { locks } = navigator; // only in secure contexts; refused is as good as none
    if (locks) locks.request(key, { ifAvailable: true }, hold).catch(hold);
    else hold(true);
  });
  if (!release) live.delete(key);
  return release && (() => {
    live.delete(key);
    release();
  });
}

let digests = Promise.resolve();

/** In base64; undefined where there is none. One at a time: each blob is in memory meanwhile. */
function sha256(blob) {
  const { subtle } = globalThis.crypto ?? {}; // only in secure contexts
  const digest = digests.then(async () => {
    if (!subtle) return undefined;
    const bytes = await subtle.digest('SHA-256', await blob.arrayBuffer().catch(unreadable));
    return btoa(String.fromCharCode(...new Uint8Array(bytes)));
  });
  digests = digest.catch(() => {});
  return digest;
}

/** When a body last moved, of any upload: browsers queue what is more than six to a host. */
let moved = 0;

export class AssetGateway {
  #endpoint;
  #token;
  #latest = null;
  #renewal = null;

  constructor({ endpoint, token, retries = 8 }) {
    this.#endpoint = endpoint.replace(/\/+$/, '');
    this.#token = token;
    this.retries = retries;
  }

  get endpoint() {
    return this.#endpoint;
  }

  /** One call of the HTTP API: the JSON of the answer, or null for 204. */
  request(method, path, {
    query, body, signal, tries = Math.min(4, this.retries), timeoutMs = STALL_MS,
  } = {}) {
    const given = Object.entries(query ?? {}).filter(([, value]) => value != null);
    const url = `${this.#endpoint}${path}${given.length ? `?${new URLSearchParams(given)}` : ''}`;
    const init = { method, signal, cache: 'no-store', headers: {} };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers['content-type'] = 'application/json';
    }
    return persist(async () => {
      const token = await this.#bearer();
      let exchange = await this.#exchange(url, init, timeoutMs, token);
      if (exchange.response.status === 401 && typeof this.#token === 'function') {
        exchange = await this.#exchange(url, init, timeoutMs, await this.#renewed(token));
      }
      return answerOf(exchange);
    }, { tries, signal });
  }

  async #bearer(renew = false) {
    if (typeof this.#token !== 'function') return this.#token;
    try {
      this.#latest = await this.#token({ renew });
    } catch (error) {
      // A token that ran out is renewed over the network, too: that it is away passes.
      throw NO_NETWORK.test(`${error?.name} ${error?.message}`) ? networkError(error) : error;
    }
    return this.#latest;
  }

  /** Another token than the refused one; calls that fail together renew once. */
  async #renewed(refused) {
    if (this.#latest !== refused) return this.#latest;
    this.#renewal ??= this.#bearer(true).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #exchange(url, init, timeoutMs, token) {
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const signals = [init.signal, AbortSignal.timeout(timeoutMs)].filter(Boolean);
    try {
      const response = await fetch(url, { ...init, headers, signal: AbortSignal.any(signals) });
      return { response, text: await response.text() };
    } catch (error) {
      init.signal?.throwIfAborted();
      throw networkError(error);
    }
  }

  upload(file, options = {}) {
    return new Upload(this, file, options);
  }

  resumable() {
    const keys = memory.keys(`${STORAGE_PREFIX}${this.#endpoint}:`);
    return keys.filter((key) => !live.has(key)).map(memory.read).filter(Boolean);
  }

  async forget({ upload_id: id }) {
    const key = memory.keys(STORAGE_PREFIX).find((one) => memory.read(one)?.upload_id === id) ?? id;
    const release = await claim(key);
    if (!release) throw failure('upload-active', 'This upload is under way');
    try {
      await gone(this.request('DELETE', `/v1/uploads/${id}`));
      memory.write(key, null);
    } finally {
      release();
    }
  }

  list({ kind, projectId, prefix, limit, sign, signal } = {}) {
    const page = (cursor) => this.request('GET', '/v1/assets', {
      query: { kind, project_id: projectId, prefix, limit, sign, cursor }, signal,
    });
    return {
      page,
      async* [Symbol.asyncIterator]() {
        let cursor;
        do {
          const { items, next_cursor: next } = await page(cursor);
          yield* items;
          cursor = next;
        } while (cursor);
      },
    };
  }

  get(path) {
    return this.request('GET', `/v1/assets/${encodePath(path)}`);
  }

  async links(paths, { expiresIn, disposition, via, signal } = {}) {
    const answers = await Promise.all(chunks(paths).map((some) => this.request('POST', '/v1/links', {
      body: { paths: some, expires_in: expiresIn, disposition, via }, signal,
    })));
    return answers.flatMap(({ links }) => links);
  }

  async delete(paths, { recursive } = {}) {
    if (typeof paths === 'string') {
      return this.request('DELETE', `/v1/assets/${encodePath(paths)}`, { query: { recursive } });
    }
    const outcome = { deleted: [], errors: [] };
    for (const some of chunks(paths)) {
      const answer = await this.request('POST', '/v1/assets/delete', { body: { paths: some } });
      outcome.deleted.push(...answer.deleted);
      outcome.errors.push(...answer.errors);
    }
    return outcome;
  }

  projects({ cursor } = {}) {
    return this.request('GET', '/v1/projects', { query: { cursor } });
  }

  me() {
    return this.request('GET', '/v1/me');
  }
}

/** One file on its way. Thenable: resolves to the asset that the gateway has verified. */
export class Upload {
  #gateway;
  #file;
  #options;
  #memoryKey = null;
  #release = () => {};
  #path = null;
  #halt = new AbortController();
  #cancelled = false;
  #flights = new Set();
  #gate = null;
  #open = () => {};
  #sent = new Map();
  #settled = 0;
  #signing = Promise.resolve();
  #outcome;

  constructor(gateway, file, options) {
    this.#gateway = gateway;
    this.#file = file;
    this.#options = options;
    this.state = 'starting';
    this.uploadId = null;
    const { signal } = options;
    const stop = () => this.cancel(signal.reason);
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    this.#outcome = this.#run().finally(() => signal?.removeEventListener('abort', stop));
  }

  get [Symbol.toStringTag]() {
    return 'Upload';
  }

  then(onFulfilled, onRejected) {
    return this.#outcome.then(onFulfilled, onRejected);
  }

  catch(onRejected) {
    return this.#outcome.catch(onRejected);
  }

  finally(onFinally) {
    return this.#outcome.finally(onFinally);
  }

  pause() {
    if (this.#gate || !/^(starting|hashing|uploading)$/.test(this.state)) return;
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
    this.#report('paused');
    this.#interrupt();
  }

  resume() {
    if (!this.#gate) return;
    this.#gate = null;
    this.#report('uploading');
    this.#open();
  }

  cancel(reason = new DOMException('The upload was cancelled', 'AbortError')) {
    if (/^(done|failed|cancelled)$/.test(this.state)) return;
    this.#cancelled = true;
    this.#halt.abort(reason);
    this.#interrupt();
    this.#gate = null;
    this.#open();
  }

  #interrupt() {
    for (const flight of this.#flights) flight.abort();
  }

  #report(state) {
    if (state) this.state = state;
    let loaded = this.#settled;
    for (const bytes of this.#sent.values()) loaded += bytes;
    const total = this.#file.size;
    this.#options.onProgress?.({ state: this.state, loaded: Math.min(loaded, total), total });
  }

  async #run() {
    // The caller gets hold of the upload before the first report about it.
    await null;
    let discarded;
    try {
      await this.#claim();
      const asset = await this.#transfer();
      this.#remember(null);
      this.#report('done');
      return asset;
    } catch (error) {
      if (this.#cancelled) {
        discarded = this.#discard();
        await Promise.race([discarded, sleep(DISCARD_MS)]);
      }
      this.#report(this.#cancelled ? 'cancelled' : 'failed');
      throw error;
    } finally {
      Promise.resolve(discarded).then(this.#release);
    }
  }

  /** Makes what is remembered of this file this upload's own; if it is another's, remembers none. */
  async #claim() {
    const { name, size, lastModified, webkitRelativePath } = this.#file;
    const { filename, kind, projectId, assetId } = this.#options;
    const ends = await sha256(new Blob([this.#file.slice(0, ENDS), this.#file.slice(-ENDS)]));
    const identity = [webkitRelativePath || name, size, lastModified, ends, filename, kind, projectId, assetId];
    const key = `${STORAGE_PREFIX}${this.#gateway.endpoint}:${identity.join('|')}`;
    const release = await claim(key);
    if (!release) return;
    this.#release = release;
    this.#memoryKey = key;
  }

  #remember(entry) {
    if (this.#memoryKey) memory.write(this.#memoryKey, entry);
  }

  async #transfer() {
    let plan = (await this.#remembered()) ?? (await this.#create());
    for (let round = 1; ; round += 1) {
      this.#report(this.#gate ? 'paused' : 'uploading');
      await (plan.method === 'MULTIPART' ? this.#sendParts(plan) : this.#sendWhole(plan));
      this.#report('verifying');
      try {
        return await this.#call('POST', '/complete', {}, this.#gateway.retries);
      } catch (error) {
        if (error.slug === 'upload-rejected') this.#remember(null);
        // The store may know of less than it acknowledged to us: send what it lacks.
        if (error.slug !== 'upload-incomplete' || round === 3) throw error;
        plan = await this.#call('GET');
      }
    }
  }

  #call(method, suffix = '', body = undefined, tries = undefined) {
    const path = `/v1/uploads/${this.uploadId}${suffix}`;
    return this.#gateway.request(method, path, { body, tries, signal: this.#halt.signal });
  }

  async #remembered() {
    const entry = this.#memoryKey && memory.read(this.#memoryKey);
    if (!entry) return null;
    this.uploadId = entry.upload_id;
    this.#path = entry.path;
    try {
      const plan = await this.#call('GET', '', undefined, this.#gateway.retries);
      if (plan.size === this.#file.size) return plan;
    } catch (error) {
      if (error.status !== 404) throw error;
    }
    this.uploadId = null;
    this.#path = null;
    this.#remember(null);
    return null;
  }

  async #create() {
    const { kind, projectId, assetId, metadata, method, filename, contentType } = this.#options;
    const { name = '', size, type } = this.#file;
    // Recorders add parameters, such as codecs; what is stored has none.
    const [given] = (contentType || type || TYPES[name.split('.').pop().toLowerCase()] || '').split(';');
    const body = {
      filename: filename ?? name, content_type: SAME_TYPE[given] ?? given.trim(), size,
      kind, project_id: projectId, asset_id: assetId, method, metadata,
      checksum_sha256: await this.#sha256(),
    };
    let plan;
    try {
      plan = await this.#announce(body);
    } catch (error) {
      // Only the gateway knows where multipart begins, and S3 has no whole-object SHA-256 there.
      if (!error.errors?.some(({ pointer }) => pointer === '/checksum_sha256')) throw error;
      plan = await this.#announce({ ...body, checksum_sha256: undefined });
    }
    this.uploadId = plan.upload_id;
    this.#path = plan.path;
    if (plan.method === 'MULTIPART') {
      const { upload_id, path, key } = plan;
      this.#remember({ upload_id, path, key, filename: name, size, kind, projectId });
    }
    return plan;
  }

  #announce(body) {
    const { signal } = this.#halt;
    return this.#gateway.request('POST', '/v1/uploads', { body, signal, tries: this.#gateway.retries });
  }

  async #sha256() {
    const { checksum = true, method } = this.#options;
    if (!checksum || method === 'multipart' || this.#file.size > SHA256_LIMIT) return undefined;
    this.#report(this.#gate ? 'paused' : 'hashing');
    return sha256(this.#file);
  }

  async #sendWhole(plan) {
    let fresh = plan;
    let sends = 0;
    await this.#persist(async () => {
      if (sends) fresh = await this.#call('GET', '', undefined, 1);
      sends += 1;
      try {
        await this.#send(fresh, this.#file, 0);
      } catch (error) {
        // An answer got lost and the bytes arrived: whether they are ours, completion judges.
        if (sends === 1 || error.status !== 412) throw error;
      }
    });
  }

  async #sendParts({ part_size: partSize, part_count: count, parts = [], missing }) {
    const queue = missing ? [...missing] : Array.from({ length: count }, (_, i) => i + 1);
    const slice = (n) => this.#file.slice((n - 1) * partSize, n * partSize);
    this.#settled = this.#file.size - queue.reduce((sum, n) => sum + slice(n).size, 0);
    this.#sent.clear();
    this.#report();
    const urls = new Map();
    const keep = (signed) => {
      const batch = {};
      for (const part of signed) urls.set(part.part_number, { ...part, batch });
    };
    keep(parts);
    const sendPart = async (number) => {
      const { batch, ...part } = await this.#signed(number, queue, urls, keep);
      urls.delete(number);
      try {
        await this.#send({ ...part, method: 'PUT' }, slice(number), number);
      } catch (error) {
        // What was signed together expires together: none of it is worth another refusal.
        if (isExpired(error)) {
          for (const [other, { batch: its }] of urls) if (its === batch) urls.delete(other);
        }
        throw error;
      }
    };
    const work = async () => {
      for (let n = queue.shift(); n; n = queue.shift()) {
        const number = n;
        await this.#persist(() => sendPart(number));
      }
    };
    const workers = Math.min(this.#options.concurrency ?? 4, queue.length);
    try {
      await Promise.all(Array.from({ length: workers }, work));
    } catch (error) {
      this.#halt.abort(error);
      this.#interrupt();
      throw error;
    }
  }

  /** The part's signed URL; the ones needed next are signed in the same call. */
  async #signed(number, upcoming, urls, keep) {
    this.#signing = this.#signing.catch(() => {}).then(async () => {
      if (urls.has(number)) return;
      const ahead = upcoming.filter((n) => !urls.has(n)).slice(0, SIGN_AHEAD - 1);
      const { parts } = await this.#call('POST', '/parts', { part_numbers: [number, ...ahead] }, 1);
      keep(parts);
    });
    await this.#signing;
    return urls.get(number);
  }

  #persist(action) {
    const { signal } = this.#halt;
    return persist(async () => {
      for (;;) {
        await this.#gate;
        signal.throwIfAborted();
        try {
          return await action();
        } catch (error) {
          if (error !== INTERRUPTED) throw error;
        }
      }
    }, { tries: this.#gateway.retries, signal });
  }

  /** Sends one body as `plan` was signed. XHR, because fetch cannot tell upload progress. */
  async #send({ method, url, headers = {}, fields }, blob, slot) {
    this.#halt.signal.throwIfAborted();
    if (this.#gate) throw INTERRUPTED;
    const xhr = new XMLHttpRequest();
    this.#flights.add(xhr);
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
          sent = loaded;
          moved = Date.now();
          watch();
          this.#sent.set(slot, Math.min(loaded, blob.size));
          this.#report();
        };
        xhr.onabort = () => reject(INTERRUPTED);
        xhr.onerror = () => reject(networkError());
        xhr.onload = () => (xhr.status >= 200 && xhr.status < 300 ? resolve() : reject(refusal(xhr)));
        xhr.send(fields ? formOf(fields, blob) : blob);
        watch();
      });
      this.#sent.set(slot, blob.size);
    } catch (error) {
      this.#sent.delete(slot);
      // A file that changed or went away looks like a network failure; reading it tells.
      if (error.slug === 'network') await blob.slice(0, 1).arrayBuffer().catch(unreadable);
      throw error;
    } finally {
      clearTimeout(stall);
      this.#flights.delete(xhr);
      this.#report();
    }
  }

  async #discard() {
    if (!this.uploadId) return;
    try {
      await gone(this.#gateway.request('DELETE', `/v1/uploads/${this.uploadId}`));
      // Bytes may have won the race; the path was made for this upload, so nothing else is there.
      await gone(this.#gateway.delete(this.#path));
      this.#remember(null);
    } catch { /* still remembered if in parts; the bucket's lifecycle rule removes what is left */ }
  }
}

function unreadable(cause) {
  throw failure('file-unreadable', 'The file was changed, moved or deleted', cause);
}

function formOf(fields, blob) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', blob);
  return form;
}

function refusal(xhr) {
  const [, code = ''] = /<Code>([^<]*)</.exec(xhr.responseText) ?? [];
  const problem = { type: '/problems/store-refused', title: 'The store refused the upload', code };
  const detail = code && `${problem.title}: ${code}`;
  return new GatewayError({ ...problem, detail, status: xhr.status }, {
    retryAfter: xhr.getResponseHeader('retry-after'),
  });
}
