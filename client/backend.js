/** For back ends: a token of their own. What they call is documented in `backend.d.ts`. */

export { clientCredentials } from './src/credentials.js';
