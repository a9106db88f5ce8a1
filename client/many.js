/** Many files in one call. What pages call is documented in `many.d.ts`. */

export { uploadAll, uploadPackage } from './src/many.js';
