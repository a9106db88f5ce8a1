/** CRC-64/NVME, the checksum that S3 keeps of whole objects. Eight bytes a step, no BigInt. */

// The polynomial 0xAD93D23594C93659 with its bits reversed, in two halves.
const REVERSED_HIGH = 0x9a6c9329;
const REVERSED_LOW = 0xac4bc9b5;

/** `lows[n * 256 + b]` and `highs`: what byte `b` leaves after `n` further bytes of zeros. */
const lows = new Uint32Array(8 * 256);
const highs = new Uint32Array(8 * 256);

for (let byte = 0; byte < 256; byte += 1) {
  let low = byte;
  let high = 0;
  for (let bit = 0; bit < 8; bit += 1) {
    const odd = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (odd) {
      low ^= REVERSED_LOW;
      high ^= REVERSED_HIGH;
    }
  }
  lows[byte] = low;
  highs[byte] = high;
}
for (let i = 256; i < 8 * 256; i += 1) {
  const [low, high] = [lows[i - 256], highs[i - 256]];
  const next = low & 0xff;
  lows[i] = ((low >>> 8) | (high << 24)) ^ lows[next];
  highs[i] = (high >>> 8) ^ highs[next];
}

export class Crc64Nvme {
  #low = -1;
  #high = -1;

  /** Takes the bytes that come next. */
  update(bytes) {
    let low = this.#low;
    let high = this.#high;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const steps = bytes.length & ~7;
    let at = 0;
    for (; at < steps; at += 8) {
      const a = low ^ view.getUint32(at, true);
      const b = high ^ view.getUint32(at + 4, true);
      const i0 = 1792 + (a & 0xff);
      const i1 = 1536 + ((a >>> 8) & 0xff);
      const i2 = 1280 + ((a >>> 16) & 0xff);
      const i3 = 1024 + (a >>> 24);
      const i4 = 768 + (b & 0xff);
      const i5 = 512 + ((b >>> 8) & 0xff);
      const i6 = 256 + ((b >>> 16) & 0xff);
      const i7 = b >>> 24;
      low = lows[i0] ^ lows[i1] ^ lows[i2] ^ lows[i3] ^ lows[i4] ^ lows[i5] ^ lows[i6] ^ lows[i7];
      high = highs[i0] ^ highs[i1] ^ highs[i2] ^ highs[i3]
        ^ highs[i4] ^ highs[i5] ^ highs[i6] ^ highs[i7];
    }
    for (; at < bytes.length; at += 1) {
      const byte = (low ^ bytes[at]) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ lows[byte];
      high = (high >>> 8) ^ highs[byte];
    }
    this.#low = low;
    this.#high = high;
    return this;
  }

  /** Base64 of the eight bytes, the first the most significant, as S3 writes it. */
  digest() {
    const view = new DataView(new ArrayBuffer(8));
    view.setUint32(0, ~this.#high);
    view.setUint32(4, ~this.#low);
    return btoa(String.fromCharCode(...new Uint8Array(view.buffer)));
  }
}
