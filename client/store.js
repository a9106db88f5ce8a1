/**
 * What a page shows, without a framework: uploads and the library as stores with `subscribe` and
 * `getSnapshot`. What pages call is documented in `store.d.ts`.
 */

export { createLinks } from './src/links.js';
export { createLibrary } from './src/store/library.js';
export { createUploads } from './src/store/uploads.js';
