/** Files for an upload request. What pages call is documented in `requests.d.ts`. */

export { openRequest } from './src/requests.js';
