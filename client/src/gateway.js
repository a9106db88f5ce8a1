/**
 * The gateway as a page sees it: uploads, and a method for each route of the HTTP API.
 *
 * Over 200 lines because the routes are many; each is a few lines.
 */

import { Calls } from './calls.js';
import { failure, tell } from './errors.js';
import { drop, reopen } from './handles.js';
import { Line } from './line.js';
import { claim, isLive, Memory } from './memory.js';
import { BEGUN, Upload } from './upload.js';

const BATCH = 1000; // the most paths one call may name
const COPYING_MS = 15 * 60e3; // of many gigabytes

function chunks(items) {
  const count = Math.ceil(items.length / BATCH);
  return Array.from({ length: count }, (_, i) => items.slice(i * BATCH, (i + 1) * BATCH));
}

const encodePath = (path) => path.split('/').map(encodeURIComponent).join('/');

/** What the link of a share opens, for a page without anybody signed in. */
export function openShare(endpoint, token) {
  return new Calls(endpoint, null, 8)
    .request('GET', `/s/${encodeURIComponent(token)}`, { anonymous: true });
}

export class AssetGateway {
  #calls;
  #memory;
  #line;
  #settings;
  #listeners = new Set();

  constructor(settings = {}, line = new Line()) {
    const { endpoint, token, retries = 8, storage, actAs } = settings;
    this.#calls = new Calls(endpoint, token, retries, actAs);
    if (!token) throw new TypeError('AssetGateway needs a `token`, or a function that gives one');
    this.#memory = new Memory(this.endpoint, storage, actAs);
    this.#line = line;
    this.#settings = settings;
  }

  /** The same gateway for another user, over the same line. */
  actingFor(sub) {
    if (!sub) throw new TypeError('AssetGateway needs a `sub`');
    return new AssetGateway({ ...this.#settings, actAs: sub }, this.#line);
  }

  get endpoint() {
    return this.#calls.endpoint;
  }

  get retries() {
    return this.#calls.retries;
  }

  /** One call of the HTTP API: the JSON of the answer, or null for 204. */
  request(method, path, options) {
    return this.#calls.request(method, path, options);
  }

  upload(source, options = {}) {
    if (!source?.arrayBuffer && !source?.getFile) {
      throw new TypeError('upload() takes a File, a Blob or a file handle');
    }
    return this.#upload(source, options);
  }

  #upload(source, options) {
    const upload = new Upload({ gateway: this, memory: this.#memory, line: this.#line }, source, options);
    upload.then((asset) => this.#listeners.forEach((listener) => tell(listener, asset)), () => {});
    return upload;
  }

  onUploaded(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  resumable() {
    return this.#memory.entries().filter(([key]) => !isLive(key)).map(([, entry]) => entry);
  }

  resume(entry, { file, ...options } = {}) {
    const key = this.#memory.find(entry) ?? '';
    return this.#upload(file ?? (() => reopen(key)), {
      size: entry.size, ...entry.options, ...options, [BEGUN]: entry,
    });
  }

  unfinished({ limit, signal } = {}) {
    return this.#pages('/v1/uploads', { limit }, signal, (item) => {
      const key = this.#memory.find(item);
      return { ...item, here: key ? this.#memory.read(key) : null };
    });
  }

  async forget(upload) {
    const { upload_id: id } = upload;
    const key = this.#memory.find(upload);
    const release = await claim(key ?? id);
    if (!release) throw failure('upload-active', 'This upload is under way');
    try {
      await this.request('DELETE', `/v1/uploads/${id}`).catch((error) => {
        if (error.status !== 404) throw error;
      });
      if (!key) return;
      this.#memory.write(key, null);
      await drop(key);
    } finally {
      release();
    }
  }

  async declareAll(uploads, { package: asPackage } = {}) {
    return (await this.#post('/v1/uploads/batch', { uploads, package: asPackage })).items;
  }

  async completeAll(ids, checksums) {
    const body = { upload_ids: ids, checksums_crc64nvme: checksums };
    return (await this.#post('/v1/uploads/complete', body)).items;
  }

  list({ projectId, signal, ...query } = {}) {
    return this.#pages('/v1/assets', { ...query, project_id: projectId }, signal);
  }

  get(path) {
    return this.request('GET', `/v1/assets/${encodePath(path)}`);
  }

  verify(path) {
    return this.#post('/v1/assets/verify', { path });
  }

  copy(path, { kind, projectId } = {}) {
    return this.#post('/v1/assets/copy', { path, kind, project_id: projectId }, COPYING_MS);
  }

  move(path, { kind, projectId } = {}) {
    return this.#post('/v1/assets/move', { path, kind, project_id: projectId }, COPYING_MS);
  }

  async versions(path) {
    return (await this.request('GET', '/v1/versions', { query: { path } })).items;
  }

  restore(path, { versionId } = {}) {
    return this.#post('/v1/assets/restore', { path, version_id: versionId }, COPYING_MS);
  }

  async links(paths, { expiresIn, disposition, via, signal } = {}) {
    const answers = await Promise.all(chunks(paths).map((some) => this.request('POST', '/v1/links', {
      body: { paths: some, expires_in: expiresIn, disposition, via }, signal,
    })));
    return answers.flatMap(({ links }) => links);
  }

  playback(path, { expiresIn, cookies } = {}) {
    return this.request('POST', '/v1/playback', {
      body: { path, expires_in: expiresIn }, credentials: cookies ? 'include' : undefined,
    });
  }

  async share(path, { expiresIn, disposition, note, maxOpens } = {}) {
    return this.#withAddress(await this.#post('/v1/shares', {
      path, expires_in: expiresIn, disposition, note, max_opens: maxOpens,
    }));
  }

  openShare(token) {
    return openShare(this.endpoint, token);
  }

  shares({ limit, signal } = {}) {
    return this.#pages('/v1/shares', { limit }, signal, (share) => this.#withAddress(share));
  }

  revoke({ share_id: id }) {
    return this.request('DELETE', `/v1/shares/${encodeURIComponent(id)}`);
  }

  async requestUploads(kind, {
    projectId, contentTypes, maxBytes, maxFiles, expiresIn, note,
  } = {}) {
    return this.#withAddress(await this.#post('/v1/requests', {
      kind, project_id: projectId, content_types: contentTypes, max_bytes: maxBytes,
      max_files: maxFiles, expires_in: expiresIn, note,
    }));
  }

  uploadRequests({ limit, signal } = {}) {
    return this.#pages('/v1/requests', { limit }, signal, (item) => this.#withAddress(item));
  }

  revokeRequest({ request_id: id }) {
    return this.request('DELETE', `/v1/requests/${encodeURIComponent(id)}`);
  }

  async delete(paths, { recursive } = {}) {
    if (typeof paths === 'string') {
      const path = `/v1/assets/${encodePath(paths)}`;
      return recursive ? this.#untilComplete(path, { recursive }) : this.request('DELETE', path);
    }
    const outcome = { deleted: [], errors: [] };
    for (const some of chunks(paths)) {
      const answer = await this.#post('/v1/assets/delete', { paths: some });
      outcome.deleted.push(...answer.deleted);
      outcome.errors.push(...answer.errors);
    }
    return outcome;
  }

  projects({ limit, signal } = {}) {
    return this.#pages('/v1/projects', { limit }, signal);
  }

  deleteProject(id) {
    return this.#untilComplete(`/v1/projects/${encodeURIComponent(id)}`);
  }

  me() {
    return this.request('GET', '/v1/me');
  }

  export({ signal } = {}) {
    return this.#calls.lines('/v1/me/export', { signal });
  }

  erase({ account } = {}) {
    return this.#untilComplete('/v1/me/data', { account });
  }

  #post(path, body, timeoutMs) {
    return this.request('POST', path, { body, timeoutMs });
  }

  /** Pages of a listing: one by `page(cursor)`, all items by iterating. */
  #pages(path, query, signal, shown = (item) => item) {
    const page = async (cursor) => {
      const answer = await this.request('GET', path, { query: { ...query, cursor }, signal });
      return { ...answer, items: answer.items.map(shown) };
    };
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

  /** What is deleted by bounded work a call: called until nothing is left. */
  async #untilComplete(path, query) {
    const sum = {};
    for (;;) {
      const { complete, ...counts } = await this.request('DELETE', path, { query });
      for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
      if (complete) return { ...sum, complete };
    }
  }

  /** A gateway that does not know its own address gives that of a link as a path. */
  #withAddress(link) {
    const base = new URL(this.endpoint, globalThis.location?.href);
    return { ...link, url: new URL(link.url, base).href };
  }
}
