/** The browser client of asset-gateway. Answers are the HTTP API's own, in snake_case. */

export type Kind = 'audio' | 'image' | 'video' | 'brand_kit' | 'frame';

export interface Link {
  path: string;
  url: string;
  /** RFC 3339, UTC. The URL stops working then, at the latest. */
  expires_at: string;
  via: 's3' | 'cloudfront';
}

export interface Asset {
  /** Relative to the caller's own space: what every other call takes. */
  path: string;
  /** The full S3 key, for back ends. */
  key: string;
  kind: Kind;
  project_id: string | null;
  asset_id: string | null;
  filename: string;
  /** Bytes. */
  size: number;
  content_type: string;
  etag: string;
  last_modified: string;
  /** Null in listings. */
  metadata: Record<string, string> | null;
  checksum_sha256: string | null;
  link?: Omit<Link, 'path'> | null;
}

/** RFC 9457. `/problems/network`, `/problems/file-unreadable`, `/problems/upload-active` (status 0)
 * and `/problems/store-refused` are this module's own. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  errors?: { pointer: string; detail: string }[];
  /** S3's error code, with `store-refused`. */
  code?: string;
  [extension: string]: unknown;
}

export declare class GatewayError extends Error {
  readonly problem: Problem;
  /** HTTP status, 0 when no answer came. */
  readonly status: number;
  /** Last segment of `problem.type`, such as `quota-exceeded`. */
  readonly slug: string;
  readonly errors: { pointer: string; detail: string }[];
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;
}

/**
 * A token, or a function that is asked for every call, and again with `renew` after a 401. It is
 * asked again as well when it fails for want of a network, as `fetch` and Amplify put it; with any
 * other error the call rejects.
 */
export type Token = string | ((ask: { renew: boolean }) => string | Promise<string>);

export type UploadState =
  | 'starting'
  | 'hashing'
  | 'uploading'
  | 'paused'
  | 'verifying'
  | 'done'
  | 'failed'
  | 'cancelled';

export interface Progress {
  state: UploadState;
  /** Bytes that the store has, or that are on the wire. */
  loaded: number;
  total: number;
}

export interface UploadOptions {
  /** Left out, the gateway takes it from the content type. */
  kind?: Kind;
  projectId?: string;
  /** Groups the files of one package, such as HLS segments. */
  assetId?: string;
  /** Instead of the file's own name; may have folders together with `assetId`. */
  filename?: string;
  /** Instead of the file's own type. */
  contentType?: string;
  metadata?: Record<string, string>;
  method?: 'auto' | 'put' | 'post' | 'multipart';
  /** Parts in flight at a time; 4 by default. */
  concurrency?: number;
  /** SHA-256 for files up to 64 MiB, checked by the store; true by default. */
  checksum?: boolean;
  /** Aborting cancels the upload. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/**
 * One file on its way, begun already. Await it for the asset that the gateway has verified;
 * rejects with `GatewayError`, or with the reason it was cancelled for.
 */
export declare class Upload implements Promise<Asset> {
  readonly state: UploadState;
  readonly uploadId: string | null;
  readonly [Symbol.toStringTag]: string;
  then: Promise<Asset>['then'];
  catch: Promise<Asset>['catch'];
  finally: Promise<Asset>['finally'];
  /** Stops sending. Finished parts stay; a single PUT begins anew on `resume()`. */
  pause(): void;
  resume(): void;
  /**
   * Stops for good and removes what was stored. The upload rejects once that is done, or after 5 s;
   * without a network the removal waits for it.
   */
  cancel(reason?: unknown): void;
}

export interface Page {
  items: Asset[];
  next_cursor: string | null;
}

export interface ListOptions {
  kind?: Kind;
  projectId?: string;
  prefix?: string;
  /** Page size, 1 to 1,000. */
  limit?: number;
  /** Adds a link to each asset. */
  sign?: boolean;
  signal?: AbortSignal;
}

export interface AssetList extends AsyncIterable<Asset> {
  page(cursor?: string | null): Promise<Page>;
}

export interface LinkOptions {
  /** Seconds, 1 to 604,800. */
  expiresIn?: number;
  disposition?: 'inline' | 'attachment';
  via?: 'auto' | 's3' | 'cloudfront';
  signal?: AbortSignal;
}

export interface Resumable {
  upload_id: string;
  path: string;
  /** The full S3 key, which tells whose it is. */
  key: string;
  filename: string;
  size: number;
  kind?: Kind;
  projectId?: string;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface RequestOptions {
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
  signal?: AbortSignal;
  tries?: number;
  /** How long to wait for an answer before the call is tried again; 90,000 by default. */
  timeoutMs?: number;
}

export declare class AssetGateway {
  /** `retries` bounds the attempts at anything that fails for a passing reason; 8 by default. */
  constructor(settings: { endpoint: string; token: Token; retries?: number });
  readonly endpoint: string;
  /** Resumes by itself when this browser began the same file before. */
  upload(file: File, options?: UploadOptions): Upload;
  /**
   * What this browser began and did not finish: `upload()` of the same file goes on with it.
   * Leaves out what this tab is at, which other tabs cannot take.
   */
  resumable(): Resumable[];
  /** Gives one of them up, and removes its parts; `upload-active` while another tab is at it. */
  forget(upload: Pick<Resumable, 'upload_id'>): Promise<void>;
  list(options?: ListOptions): AssetList;
  get(path: string): Promise<Asset>;
  /** One link a path, in the paths' order; any number of paths. */
  links(paths: string[], options?: LinkOptions): Promise<Link[]>;
  delete(path: string): Promise<null>;
  delete(
    folder: string,
    options: { recursive: true },
  ): Promise<{ deleted_objects: number; complete: boolean }>;
  delete(
    paths: string[],
  ): Promise<{ deleted: string[]; errors: { path: string; code: string }[] }>;
  projects(options?: {
    cursor?: string | null;
  }): Promise<{ items: { project_id: string }[]; next_cursor: string | null }>;
  me(): Promise<Record<string, unknown>>;
  /** Any other call of the HTTP API. */
  request<Answer = unknown>(
    method: string,
    path: string,
    options?: RequestOptions,
  ): Promise<Answer>;
}
