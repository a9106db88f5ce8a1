/** Small pictures of images and films, made here, one at a time. */

const EDGE = 480; // pixels of the longer side
const PATIENCE_MS = 10e3; // as long as a film may take to show a frame
const FRAME_SECONDS = 1;

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
      return await drawn(bitmap, bitmap.width, bitmap.height);
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
    return await drawn(video, video.videoWidth, video.videoHeight);
  } finally {
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(url);
  }
}

async function drawn(source, width, height) {
  const scale = Math.min(1, EDGE / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext('2d').drawImage(source, 0, 0, canvas.width, canvas.height);
  // Where a browser cannot write WebP it writes PNG, which is large of photographs.
  const webp = await blobOf(canvas, 'image/webp');
  return webp?.type === 'image/webp' ? webp : blobOf(canvas, 'image/jpeg');
}

const blobOf = (canvas, type) => new Promise((resolve) => {
  canvas.toBlob(resolve, type, 0.8);
});
