/** Waiting and trying again. */

import { GatewayError, isPassing, LONGEST_WAIT_SECONDS } from './errors.js';

/** As long as nothing moves before a request is given up. */
export const STALL_MS = 90e3;
const LONGEST_BACKOFF_MS = 20e3;

/** Rejects with the signal's reason when that aborts; `early` is an event that ends the sleep. */
export function sleep(ms, signal, early) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      if (early) globalThis.removeEventListener?.(early, done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    }
    signal?.addEventListener('abort', done);
    if (early) globalThis.addEventListener?.(early, done);
  });
}

const backoff = (failures) => (
  Math.min(LONGEST_BACKOFF_MS, 500 * 2 ** (failures - 1)) * (0.5 + Math.random() / 2));

/**
 * Runs `action` until it succeeds, fails for good, or `tries` are spent. What fails while the
 * browser says that there is no network spends none; it is tried all the same, now and then, for a
 * browser can be wrong about that.
 */
export async function persist(action, { tries, signal }) {
  let failures = 0;
  let absences = 0;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const network = error.slug === 'network';
      if (network && globalThis.navigator?.onLine === false) absences += 1;
      else failures += 1;
      if (failures >= tries || !isPassing(error, failures)) throw error;
      const asked = Math.min(error.retryAfterSeconds ?? 0, LONGEST_WAIT_SECONDS) * 1000;
      const wait = Math.max(backoff(failures + absences), asked);
      await sleep(wait, signal, network ? 'online' : undefined);
    }
  }
}
