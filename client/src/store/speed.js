/** Bytes a second over the last few seconds. */

const WINDOW_MS = 4000;
const SOONEST_MS = 400;
const SAMPLE_MS = 100;

export class Speed {
  /** `[when, bytes]`, the oldest first. */
  #samples = [];

  /** `sent` counts up; a step back, as of a new attempt, begins anew. */
  take(sent, now = performance.now()) {
    const samples = this.#samples;
    if (sent < samples.at(-1)?.[1]) samples.length = 0;
    if (samples.length > 1 && samples.at(-1)[0] - samples.at(-2)[0] < SAMPLE_MS) samples.pop();
    samples.push([now, sent]);
  }

  forget() {
    this.#samples.length = 0;
  }

  at(now = performance.now()) {
    const samples = this.#samples;
    while (samples.length && now - samples[0][0] > WINDOW_MS) samples.shift();
    if (!samples.length || now - samples[0][0] < SOONEST_MS) return 0;
    const [since, from] = samples[0];
    return Math.round(((samples.at(-1)[1] - from) / (now - since)) * 1000);
  }
}
