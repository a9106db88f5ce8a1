/** What of one upload is on the wire: progress, pausing, trying again. */

import { assertReadable } from './checksum.js';
import { GatewayError } from './errors.js';
import { persist } from './patience.js';
import { tellsProgress, transmit } from './send.js';

/** As long as a pause waits for what is on the wire, and for its next byte. */
const FINISH_MS = 30e3;
const STANDSTILL_MS = 3e3;

/** A request was stopped by pause or cancel. */
export const INTERRUPTED = Symbol('interrupted');

export class Transfer {
  #signal;
  #tries;
  #changed;
  #flights = new Set();
  #sent = new Map();
  #settled = 0;
  #shown = 0;
  #gate = null;
  #open = () => {};
  #atGate = 0;
  #watch;

  /** `changed` hears `paused` when nothing moves any more, or nothing when bytes moved. */
  constructor({ signal, tries, changed }) {
    this.#signal = signal;
    this.#tries = tries;
    this.#changed = changed;
  }

  /** Bytes that the store has, or that are on the wire. What is sent once more counts once. */
  get loaded() {
    let loaded = this.#settled;
    for (const bytes of this.#sent.values()) loaded += bytes;
    this.#shown = Math.max(this.#shown, loaded);
    return this.#shown;
  }

  get paused() {
    return this.#gate !== null;
  }

  /** Begins anew at what the store has. */
  settle(bytes) {
    this.#settled = bytes;
    this.#sent.clear();
    this.#changed();
  }

  /**
   * Nothing new is sent. What is on the wire arrives, unless it stands still or takes too long;
   * asked for a second time, or where nothing is on the wire, everything stops at once. True if
   * something still moves.
   */
  pause() {
    if (this.#gate) {
      this.interrupt();
      return this.#flights.size > 0;
    }
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
    const begun = Date.now();
    this.#watch = setInterval(() => {
      const late = Date.now() - begun > FINISH_MS;
      for (const flight of this.#flights) if (late || flight.standsStill()) flight.stop();
    }, 500);
    return this.#flights.size > 0;
  }

  resume() {
    clearInterval(this.#watch);
    this.#gate = null;
    this.#open();
  }

  interrupt() {
    for (const { stop } of this.#flights) stop();
  }

  /**
   * Sends one body; `onHandedOver` hears when only its answer is missing. Rejects with INTERRUPTED,
   * `file-unreadable`, or what went wrong.
   */
  async send(request, blob, slot, onHandedOver) {
    this.#signal.throwIfAborted();
    if (this.#gate) throw INTERRUPTED;
    const flight = new Flight(blob.size);
    this.#flights.add(flight);
    try {
      await transmit(request, blob, {
        signal: flight.signal,
        onHandedOver,
        onMoved: (bytes) => {
          flight.moved(bytes);
          this.#sent.set(slot, bytes);
          this.#changed();
        },
      });
      this.#sent.set(slot, blob.size);
    } catch (error) {
      this.#sent.delete(slot);
      // A file that changed or went away looks like a network failure, or to the store like a lie.
      if (error instanceof GatewayError) await assertReadable(blob);
      throw error;
    } finally {
      this.#flights.delete(flight);
      this.#changed();
      this.#rest();
    }
  }

  /** Runs `action` until it succeeds, waiting out pauses. */
  persist(action) {
    return persist(async () => {
      for (;;) {
        await this.#pass();
        try {
          return await action();
        } catch (error) {
          if (error !== INTERRUPTED) throw error;
        }
      }
    }, { tries: this.#tries, signal: this.#signal });
  }

  async #pass() {
    this.#atGate += 1;
    this.#rest();
    await this.#gate;
    this.#atGate -= 1;
    this.#signal.throwIfAborted();
  }

  #rest() {
    if (!this.#gate || !this.#atGate || this.#flights.size) return;
    clearInterval(this.#watch);
    this.#changed('paused');
  }
}

class Flight {
  #controller = new AbortController();
  #size;
  #sent = 0;
  #at = Date.now();

  constructor(size) {
    this.#size = size;
  }

  get signal() {
    return this.#controller.signal;
  }

  stop = () => this.#controller.abort(INTERRUPTED);

  moved(bytes) {
    this.#sent = bytes;
    this.#at = Date.now();
  }

  /** Whether it waits for a byte to be taken; for an answer it may. */
  standsStill() {
    return tellsProgress() && this.#sent < this.#size && Date.now() - this.#at > STANDSTILL_MS;
  }
}
