/** The calls of the HTTP API: the token, retries, and what an answer means. */

import { failure, GatewayError, networkError } from './errors.js';
import { persist, STALL_MS } from './patience.js';

/** How fetch in each browser, Amplify and others say that there is no network. */
const NO_NETWORK = /fetch|network|load failed/i;

function answerOf(endpoint, { status, ok, headers }, text) {
  let body = null;
  try {
    body = JSON.parse(text || null);
    if (ok) return body;
  } catch (error) {
    // One of the gateway's that broke off; what is no JSON at all is of something else.
    if (ok && /json/.test(headers.get('content-type'))) throw networkError(error);
  }
  const unknown = { type: '/problems/unknown', title: `No usable answer from ${endpoint}` };
  throw new GatewayError({ ...(body?.title ? body : unknown), status }, { headers });
}

/** The lines of a body, each as JSON, as they come. */
async function* linesOf(body) {
  let rest = '';
  for await (const text of chunksOf(body.pipeThrough(new TextDecoderStream()))) {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    yield* lines.filter(Boolean).map(JSON.parse);
  }
  if (rest) yield JSON.parse(rest);
}

/** Safari's streams cannot be iterated. */
async function* chunksOf(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw networkError(error);
  } finally {
    reader.cancel().catch(() => {});
  }
}

export class Calls {
  #token;
  #actAs;
  #latest = null;
  #renewal = null;

  constructor(endpoint, token, retries, actAs) {
    if (!/^(https?:\/)?\//i.test(endpoint)) {
      throw new TypeError('The `endpoint` must be an address such as https://assets.example.com');
    }
    this.endpoint = endpoint.replace(/\/+$/, '');
    this.#token = token;
    this.#actAs = actAs;
    this.retries = retries;
  }

  /** The JSON of the answer, or null for 204. */
  request(method, path, {
    tries = Math.min(4, this.retries), timeoutMs = STALL_MS, ...asked
  } = {}) {
    const { signal } = asked;
    return persist(async () => {
      const limit = AbortSignal.timeout(timeoutMs);
      const response = await this.#authorised(method, path, asked, limit);
      return answerOf(this.endpoint, response, await this.#read(response.text(), signal));
    }, { tries, signal });
  }

  /** The lines of an answer in NDJSON. Its beginning is persisted on, what breaks off is not. */
  async* lines(path, { signal } = {}) {
    const response = await persist(async () => {
      const answer = await this.#authorised('GET', path, { signal });
      return answer.ok ? answer : answerOf(this.endpoint, answer, await answer.text());
    }, { tries: this.retries, signal });
    yield* linesOf(response.body);
  }

  async #authorised(method, path, { query, body, signal, credentials, anonymous }, limit) {
    const given = Object.entries(query ?? {}).filter(([, value]) => value != null);
    const url = `${this.endpoint}${path}${given.length ? `?${new URLSearchParams(given)}` : ''}`;
    const signals = [signal, limit].filter(Boolean);
    const init = { method, credentials, cache: 'no-store', signal: AbortSignal.any(signals) };
    const headers = this.#actAs ? { 'x-act-as-sub': this.#actAs } : {};
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      headers['content-type'] = 'application/json';
    }
    // A share or an upload request: others are led to a page or a file.
    if (anonymous) {
      const plain = { ...headers, accept: 'application/json' };
      return this.#read(fetch(url, { ...init, headers: plain }), signal);
    }
    const send = (token) => this.#read(
      fetch(url, { ...init, headers: { ...headers, authorization: `Bearer ${token}` } }), signal);
    const token = await this.#bearer();
    const response = await send(token);
    if (response.status !== 401 || typeof this.#token !== 'function') return response;
    return send(await this.#renewed(token));
  }

  /** What fetch gives, or a network error; the caller's own abort stays what it is. */
  async #read(promise, signal) {
    try {
      return await promise;
    } catch (error) {
      signal?.throwIfAborted();
      throw networkError(error);
    }
  }

  async #bearer(renew = false) {
    if (typeof this.#token !== 'function') return this.#token;
    try {
      this.#latest = await this.#token({ renew });
    } catch (error) {
      // A token that ran out is renewed over the network, too: that it is away passes.
      throw NO_NETWORK.test(`${error?.name} ${error?.message}`) ? networkError(error) : error;
    }
    if (!this.#latest) throw failure('invalid-token', 'Nobody is signed in: `token` gave nothing');
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
}
