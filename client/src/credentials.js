/** A token for a back end: the client-credentials grant (RFC 6749, section 4.4). */

import { failure, networkError } from './errors.js';

const EARLY_SECONDS = 60;
const LIFE_SECONDS = 300; // where the endpoint does not say (section 5.1: it should)
/** Section 5.2. Other text of an answer is not repeated: it might hold what was sent. */
const ERRORS = new Set([
  'invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client',
  'unsupported_grant_type', 'invalid_scope',
]);

/** Section 2.3.1 asks for it. A blank is `%20`, which all servers read; `+` not all. */
const encoded = encodeURIComponent;

function basic(id, secret) {
  const bytes = new TextEncoder().encode(`${encoded(id)}:${encoded(secret)}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

export function clientCredentials({
  tokenUrl, clientId, clientSecret, scope = '', extra = {}, timeoutMs = 10e3,
}) {
  const fields = { grant_type: 'client_credentials', ...(scope ? { scope } : {}), ...extra };
  let token = null;
  let renewAt = 0;
  let asked = null;

  async function ask() {
    let answer;
    let document = null;
    try {
      answer = await fetch(tokenUrl, {
        method: 'POST',
        headers: { authorization: basic(clientId, clientSecret) },
        body: new URLSearchParams(fields),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      document = await answer.json().catch(() => null);
    } catch (error) {
      throw networkError(error);
    }
    const { access_token: found, expires_in: life = LIFE_SECONDS, error } = document ?? {};
    if (answer.ok && found) {
      token = String(found);
      const seconds = Number(life) || LIFE_SECONDS;
      renewAt = performance.now() + Math.max(seconds - EARLY_SECONDS, seconds / 2) * 1000;
      return token;
    }
    const { status } = answer;
    const said = `The token endpoint gave no token: status ${status}`;
    // It is asked again, as for want of a network.
    if (status === 429 || status >= 500) throw networkError(new Error(said));
    throw failure('invalid-token', ERRORS.has(error) ? `${said} ${error}` : said);
  }

  /** Calls that need one at the same time ask for one together. */
  return async ({ renew = false } = {}) => {
    if (!renew && token && performance.now() < renewAt) return token;
    asked ??= ask().finally(() => {
      asked = null;
    });
    return asked;
  };
}
