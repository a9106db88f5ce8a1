/** How much of what somebody may store is used. */

import { h, setText } from './dom.js';

/** A gateway may tell of what it counted a moment ago: it is asked once more. */
const COUNTED_MS = 8000;

export class Quota {
  #uploader;
  #asked = 0;
  #later;

  constructor(uploader) {
    this.#uploader = uploader;
    this.text = h('span');
    this.fill = h('i');
    this.bar = h('div', { class: 'bar', 'aria-hidden': 'true' }, this.fill);
    this.element = h('p', { class: 'quota muted', part: 'quota', hidden: true }, this.text, this.bar);
  }

  stop() {
    clearTimeout(this.#later);
  }

  /** Something came or went: asks now, and again once that is counted. */
  measure() {
    this.ask();
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.ask(), COUNTED_MS);
  }

  async ask() {
    const { gateway, words } = this.#uploader;
    if (!gateway?.me || this.#uploader.hasAttribute('no-quota')) return;
    const asked = this.#asked += 1;
    const { usage } = await gateway.me().catch(() => ({}));
    if (asked !== this.#asked) return; // another answer is newer
    this.element.hidden = !usage;
    if (!usage) return;
    const { bytes: used, quota_bytes: quota, reserved_bytes: held = 0 } = usage;
    const left = quota ? Math.max(0, quota - used - held) : 0;
    const values = { used: words.bytes(used), quota: quota && words.bytes(quota), left: words.bytes(left) };
    setText(this.text, words.say(quota ? 'quota' : 'used', values));
    this.bar.hidden = !quota;
    if (quota) this.fill.style.width = `${Math.min(100, (used / quota) * 100)}%`;
  }
}
