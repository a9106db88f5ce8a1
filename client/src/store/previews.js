/** Small pictures of images and films, made here, one at a time. */

const EDGE = 480; // pixels of the longer side
const PATIENCE_MS = 10e3; // as long as a film may take to show a frame
const FRAME_SECONDS = 1;
/** How often a frame that is there is drawn in vain, a tenth of a second apart. */
const TRIES = 30;

let before = Promise.resolve();

/** A WebP or JPEG, or null where this browser cannot make one. */
export function previewOf(file) {
  const made = before.then(() => make(file)).catch(() => null);
  before = made;
  return made;
}

async function make(file) {
  if (typeof document === 'undefined') return null;
  if (/^image\/(?!svg)/.test(file.type)) {
    const bitmap = await createImageBitmap(file);
    try {
      return await written(drawn(bitmap, bitmap.width, bitmap.height));
    } finally {
      bitmap.close();
    }
  }
  return /^video\//.test(file.type) ? frameOf(file) : null;
}

async function frameOf(file) {
  const video = document.createElement('video');
  const url = URL.createObjectURL(file);
  Object.assign(video, { muted: true, playsInline: true, preload: 'auto' });
  try {
    await new Promise((resolve, reject) => {
      setTimeout(reject, PATIENCE_MS);
      video.onerror = reject;
      video.onloadeddata = () => {
        video.currentTime = Math.min(FRAME_SECONDS, video.duration / 2 || 0);
      };
      video.onseeked = resolve;
      video.src = url;
    });
    // WebKit says so a little before it can be drawn: what is drawn until then has no colour at all.
    for (let i = 0; i < TRIES; i += 1) {
      const canvas = drawn(video, video.videoWidth, video.videoHeight);
      if (canvas.getContext('2d').getImageData(0, 0, 1, 1).data[3]) return await written(canvas);
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
  } finally {
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(url);
  }
}

function drawn(source, width, height) {
  const scale = Math.min(1, EDGE / Math.max(width, height));
  const pixels = (length) => Math.max(1, Math.round(length * scale));
  const canvas = new OffscreenCanvas(pixels(width), pixels(height));
  canvas.getContext('2d').drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function written(canvas) {
  const as = (type) => canvas.convertToBlob({ type, quality: 0.8 });
  // Where a browser cannot write WebP it writes PNG, which is large of photographs.
  const webp = await as('image/webp');
  return webp.type === 'image/webp' ? webp : as('image/jpeg');
}
