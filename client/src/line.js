/**
 * How many parts travel at once over a line: so many that it is full, and so few that one ends
 * every few seconds, for what is on the wire is lost when the page, the line or the browser goes.
 *
 * One part at first. Where parts end within a second the next one begins while the last one waits
 * for its answer. More are tried where parts end soon enough, and kept if they make it faster: a
 * line whose connections are slow each, and fast together.
 */

const MOST = 4;
/** A part may take so long while it is still worth trying whether more of them are faster. */
const SOON_MS = 2500;
const SLOW_MS = 5000;
const BRISK_MS = 1000;
/** How much faster more parts must make it, to stay. */
const WORTH = 1.2;
/** Bytes a millisecond, 1 MiB/s: below, a part that is cut costs many seconds. */
const SLOW_BYTES_PER_MS = 2 ** 20 / 1000;
/** What is smaller tells of round trips, not of the line. */
const TELLING_BYTES = 256 * 2 ** 10;
/** After a vain trial, when to try again: lines change. */
const TRY_AGAIN_MS = 30e3;

export class Line {
  #now;
  #width = 1;
  #brisk = false;
  /** Parts that have a place, and those that wait for an answer besides. */
  #busy = 0;
  #flying = 0;
  #waiting = [];
  /** What was seen since the width last changed, of parts that travelled at that width alone. */
  #since = 0;
  #bytes = 0;
  #parts = 0;
  /** Bytes a millisecond before a trial of more, or null. */
  #before = null;
  /** Bytes a millisecond, lately, or null. */
  #speed = null;
  #patientUntil = 0;

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  get width() {
    return this.#width;
  }

  /** Whether it carried little lately; before anything was sent, what the browser thinks. */
  get slow() {
    // Chromium says megabits a second, at most 10.
    if (this.#speed === null) return globalThis.navigator?.connection?.downlink < 8;
    return this.#speed < SLOW_BYTES_PER_MS;
  }

  /** A whole file went over it by itself. */
  carried(bytes, tookMs) {
    if (bytes >= TELLING_BYTES && tookMs > 0) this.#speed = bytes / tookMs;
  }

  /**
   * Waits for a place. `handedOver()` says that the part waits for its answer alone; `leave(bytes)`
   * gives the place back, with the bytes that were sent, if all were.
   */
  async enter(signal) {
    while (this.#busy >= this.#width) await this.#turn(signal);
    signal?.throwIfAborted();
    // What an idle line carried says nothing.
    if (!this.#flying) this.#become(this.#width);
    this.#busy += 1;
    this.#flying += 1;
    const begun = this.#now();
    let has = true;
    const giveBack = () => {
      if (has) this.#busy -= 1;
      has = false;
      for (const wake of this.#waiting.splice(0)) wake();
    };
    return {
      handedOver: () => {
        if (this.#brisk) giveBack();
      },
      leave: (bytes) => {
        const full = this.#flying >= this.#width;
        this.#flying -= 1;
        if (bytes && full && begun >= this.#since) this.#learn(bytes, this.#now() - begun);
        giveBack();
      },
    };
  }

  #turn(signal) {
    return new Promise((resolve, reject) => {
      const wake = () => {
        signal?.removeEventListener('abort', wake);
        if (signal?.aborted) reject(signal.reason);
        else resolve();
      };
      signal?.addEventListener('abort', wake);
      this.#waiting.push(wake);
    });
  }

  #learn(bytes, tookMs) {
    this.#bytes += bytes;
    this.#parts += 1;
    if (this.#parts < this.#width) return;
    const now = this.#now();
    const speed = this.#bytes / (now - this.#since);
    this.#speed = speed;
    const vain = this.#before !== null && speed < this.#before * WORTH;
    this.#brisk = tookMs < BRISK_MS * this.#width;
    this.#before = null;
    if (vain) {
      this.#patientUntil = now + TRY_AGAIN_MS;
      this.#become(this.#width / 2);
    } else if (this.#width > 1 && tookMs > SLOW_MS) {
      this.#become(this.#width / 2);
    } else if (this.#width < MOST && tookMs < SOON_MS && now >= this.#patientUntil) {
      this.#before = speed;
      this.#become(this.#width * 2);
    } else {
      this.#become(this.#width);
    }
  }

  #become(width) {
    this.#width = width;
    this.#since = this.#now();
    this.#bytes = 0;
    this.#parts = 0;
  }
}
