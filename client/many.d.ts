/** Many files in one call: each for itself, or all as one package. */

import type { Asset, AssetGateway, Kind } from './asset-gateway.js';

export interface ManyProgress {
  state: ManyState;
  /** Bytes that the store has, or that are on the wire. */
  loaded: number;
  total: number;
  files: number;
  done: number;
  failed: number;
}

export type ManyState =
  | 'starting'
  | 'uploading'
  | 'pausing'
  | 'paused'
  | 'verifying'
  | 'done'
  /** Nothing is under way any more, and some failed. */
  | 'failed'
  | 'cancelled';

export interface ManyOptions {
  kind?: Kind | undefined;
  projectId?: string | undefined;
  metadata?: Record<string, string> | undefined;
  /** As for `upload()`. */
  expiresIn?: number | undefined;
  /** Files at a time; 3 by default, 6 of a package. */
  concurrency?: number | undefined;
  checksum?: boolean | undefined;
  /** Aborting cancels. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: ManyProgress) => void) | undefined;
}

export interface PackageOptions extends ManyOptions {
  /** Such as its folder's: the top playlist gets it, as `holiday.m3u8`. Without, all names stay. */
  name?: string | undefined;
}

/** One of them is null. */
export interface Outcome {
  file: File;
  asset: Asset | null;
  /** A `GatewayError`, or whatever else it failed with. */
  error: unknown;
}

/** Files on their way, begun already. Await it, anew after `retry()`. */
export declare class Many<Result> implements Promise<Result> {
  private constructor();
  readonly state: ManyState;
  readonly files: number;
  readonly done: number;
  readonly failed: number;
  /** Bytes. */
  readonly total: number;
  readonly [Symbol.toStringTag]: string;
  then: Promise<Result>['then'];
  catch: Promise<Result>['catch'];
  finally: Promise<Result>['finally'];
  pause(): void;
  resume(): void;
  /** Sends again what failed, once nothing else is under way. */
  retry(): void;
  /** Stops for good. A package's folder is removed; of other files, those that are done stay. */
  cancel(reason?: unknown): void;
}

/**
 * So many files at a time, small ones declared by the thousand and completed by the hundred.
 * Resolves to what became of each, in their order.
 * Each is held against its CRC-64/NVME at the store, unless `checksum` is false.
 */
export declare function uploadAll(
  gateway: AssetGateway,
  files: Iterable<File>,
  options?: ManyOptions,
): Many<Outcome[]>;

/**
 * A folder as one asset, such as HLS or DASH; its kind is `video` by default. Pieces go first, in
 * playing order, then the playlists, the top one last: what is there plays. Hidden files, files of
 * hidden folders, and what systems leave there (`Thumbs.db`) are left out. Resolves to the top
 * playlist's asset, and rejects with the first fault once the rest is there; the `GatewayError` has
 * the `filename`.
 */
export declare function uploadPackage(
  gateway: AssetGateway,
  files: Iterable<File>,
  options?: PackageOptions,
): Many<Asset>;
