/** React hooks, for React 18 and later. A hook's store lives as long as its component. */

import type { AssetGateway } from './asset-gateway.js';
import type {
  Library, LibraryQuery, LibrarySnapshot, LinksSnapshot, LiveLinkOptions, Uploads, UploadsOptions,
  UploadsSnapshot,
} from './store.js';

/** Make the gateway outside of the component, or memoise it: another one begins anew. */
export declare function useUploads(
  gateway: AssetGateway,
  options?: UploadsOptions,
): UploadsSnapshot & Omit<Uploads, 'subscribe' | 'getSnapshot' | 'close'>;

/** Loads when mounted, and again when `query` changes. */
export declare function useAssets(
  gateway: AssetGateway,
  query?: LibraryQuery,
): LibrarySnapshot & Omit<Library, 'subscribe' | 'getSnapshot' | 'load' | 'close'>;

/** Links by path, renewed a minute before they expire while the component is mounted. */
export declare function useLinks(
  gateway: AssetGateway,
  paths: readonly string[],
  options?: LiveLinkOptions,
): LinksSnapshot;
