/** One upload as the gateway knows it. */

const gone = (deletion) => deletion.catch((error) => {
  if (error.status !== 404) throw error;
});

export class RemoteUpload {
  #gateway;
  #signal;
  #path = null;

  constructor(gateway, signal) {
    this.#gateway = gateway;
    this.#signal = signal;
    this.id = null;
  }

  /** What is to be sent from now on, as `plan` says. */
  take(plan) {
    this.id = plan.upload_id;
    this.#path = plan.path;
    return plan;
  }

  /** The plan for the bytes of what is declared; resolves once it can be sent. */
  async declare(body) {
    const send = (declared) => this.#request('POST', '/v1/uploads', { body: declared });
    try {
      return await send(body);
    } catch (error) {
      // Only the gateway knows where multipart begins, and S3 has no whole-object SHA-256 there.
      if (!error.errors?.some(({ pointer }) => pointer === '/checksum_sha256')) throw error;
      return send({ ...body, checksum_sha256: undefined });
    }
  }

  /** Where a remembered upload stands; null if it is gone or of another size. */
  async find({ upload_id: id, path }, size) {
    this.id = id;
    try {
      const plan = await this.#call('GET', '');
      if (plan.size === size) {
        this.#path = path;
        return plan;
      }
    } catch (error) {
      if (error.status !== 404) throw error;
    }
    this.id = null;
    return null;
  }

  /** Signed afresh, once: whoever sends the bytes tries again. */
  again(tries = 1) {
    return this.#call('GET', '', { tries });
  }

  async sign(numbers) {
    return (await this.#call('POST', '/parts', { body: { part_numbers: numbers }, tries: 1 })).parts;
  }

  complete(body) {
    return this.#call('POST', '/complete', { body });
  }

  /** Removes what was stored. */
  async discard() {
    if (!this.id) return;
    await gone(this.#gateway.request('DELETE', `/v1/uploads/${this.id}`));
    // Bytes may have won the race; the path was made for this upload, so nothing else is there.
    await gone(this.#gateway.delete(this.#path));
  }

  #call(method, suffix, options) {
    return this.#request(method, `/v1/uploads/${this.id}${suffix}`, options);
  }

  #request(method, path, options) {
    const { retries: tries } = this.#gateway;
    return this.#gateway.request(method, path, { tries, signal: this.#signal, ...options });
  }
}
