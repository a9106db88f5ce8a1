/**
 * The browser's side of asset-gateway: uploads that survive, and the rest of its HTTP API.
 *
 * No dependencies, no build. What the gateway answers is handed over as it is (snake_case); what
 * goes in as an option is camelCase. What pages call is documented in `asset-gateway.d.ts`.
 */

export { GatewayError } from './src/errors.js';
export { AssetGateway, openShare } from './src/gateway.js';
export { Upload } from './src/upload.js';
