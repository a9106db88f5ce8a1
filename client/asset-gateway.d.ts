/**
 * The client of asset-gateway. Answers are the HTTP API's own, in snake_case, with the types of its
 * OpenAPI document; options are in camelCase.
 */

import type { components } from './api.js';

type Schemas = components['schemas'];

export type Asset = Schemas['Asset'];
export type Kind = Asset['kind'];
/** A signed link: `url` stops working at `expires_at`, at the latest. */
export type Link = Schemas['PathLink'];
export type Me = Schemas['Me'];
export type Share = Schemas['Share'];
/** What a share's link opens: `url`, and of a package `query` for each of its other files. */
export type OpenedShare = Schemas['OpenedShare'];
/** An open request for files; `files` were declared so far. */
export type UploadRequest = Schemas['UploadRequest'];
export type Playback = Schemas['Playback'];
export type Version = Schemas['Version'];
export type Project = Schemas['Project'];
export type UnfinishedUpload = Schemas['UnfinishedUpload'];
export type FolderDeletion = Schemas['FolderDeletion'];
export type Deletion = Schemas['Deletion'];
export type Erased = Schemas['Erased'];
/** As for `POST /v1/uploads`. */
export type NewUpload = Schemas['NewUpload'];
export type DeclaredItem = Schemas['BatchItem'];
export type CompletedItem = Schemas['CompletedItem'];

/** Why a call failed: the gateway's own slugs, then those of this module. */
export type Slug =
  | 'invalid-token'
  | 'insufficient-scope'
  | 'not-found'
  | 'already-exists'
  | 'upload-incomplete'
  | 'not-versioned'
  | 'cdn-not-configured'
  | 'request-full'
  | 'too-large'
  | 'quota-exceeded'
  | 'unsupported-type'
  | 'validation-error'
  | 'upload-rejected'
  | 'rate-limited'
  | 'too-many-uploads'
  | 'storage-error'
  | 'storage-unavailable'
  | 'identity-unavailable'
  | 'in-progress'
  | 'internal-error'
  /** Another HTTP error, such as 405. */
  | 'http-error'
  /** No answer came, or one that breaks off. Status 0, as those that follow. */
  | 'network'
  /** The file was changed, moved or deleted since it was chosen. */
  | 'file-unreadable'
  /** The browser does not have the file any more, or not the permission: choose it again. */
  | 'file-needed'
  /** Another tab is at this upload. */
  | 'upload-active'
  /** The store refused the bytes; `problem.code` is S3's error code. */
  | 'store-refused'
  /** An answer without a problem document, of something that stands before the gateway. */
  | 'unknown';

/** RFC 9457. */
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
  readonly name: 'GatewayError';
  readonly problem: Problem;
  /** HTTP status, 0 when no answer came. */
  readonly status: number;
  /** Last segment of `problem.type`. */
  readonly slug: Slug;
  readonly errors: { pointer: string; detail: string }[];
  /** Of a package: the first file that failed, by its name below the folder. */
  readonly filename?: string;
  readonly requestId: string | null;
  /** What Retry-After asks for, seconds or date, by the answer's own clock. */
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
  /** Read for its SHA-256, where that was asked for. */
  | 'hashing'
  | 'uploading'
  /** Nothing new is sent; what is on the wire still arrives. */
  | 'pausing'
  | 'paused'
  | 'verifying'
  | 'done'
  | 'failed'
  | 'cancelled';

export interface Progress {
  state: UploadState;
  /** Bytes that the store has, or that are on the wire. Never less than before. */
  loaded: number;
  total: number;
}

export interface UploadOptions {
  /** Left out, the gateway takes it from the content type. */
  kind?: Kind | undefined;
  projectId?: string | undefined;
  /** Groups the files of one package, such as HLS segments. */
  assetId?: string | undefined;
  /** Instead of the file's own name; may have folders together with `assetId`. */
  filename?: string | undefined;
  /** Taken at its word. Left out, the file's first bytes, its name and the system's word for it tell. */
  contentType?: string | undefined;
  metadata?: Record<string, string> | undefined;
  /** Path of the asset that this picture is a preview of; then without kind, project and asset ID. */
  previewFor?: string | undefined;
  method?: 'auto' | 'put' | 'post' | 'multipart' | undefined;
  /** Seconds after which the store removes it; one of the gateway's own, which a 422 names. */
  expiresIn?: number | undefined;
  /** Parts in flight at a time. Left out, as many as the line carries, one to four. */
  concurrency?: number | undefined;
  /**
   * `true` (the default): a CRC-64/NVME of the whole file, made while it is sent, which the gateway
   * holds against the store's. `'sha256'`: a SHA-256 besides, made before, for files up to 64 MiB
   * that go in one request. `false`: neither.
   */
  checksum?: boolean | 'sha256' | undefined;
  /** Aborting cancels the upload. */
  signal?: AbortSignal | undefined;
  /** What it throws is told in the console, and changes nothing. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * One file on its way, begun already. Await it for the asset that the gateway has verified;
 * rejects with `GatewayError`, or with the reason it was cancelled for.
 */
export declare class Upload implements Promise<Asset> {
  private constructor();
  readonly state: UploadState;
  readonly uploadId: string | null;
  readonly [Symbol.toStringTag]: string;
  then: Promise<Asset>['then'];
  catch: Promise<Asset>['catch'];
  finally: Promise<Asset>['finally'];
  /**
   * Sends nothing new; what is on the wire arrives first (`pausing`), unless it stands still or
   * takes more than half a minute. A second call stops that at once.
   */
  pause(): void;
  resume(): void;
  /**
   * Stops for good and removes what was stored. The upload rejects once that is done, or after 5 s;
   * without a network the removal waits for it.
   */
  cancel(reason?: unknown): void;
}

/** What can be read: `File`, `Blob` (give it a `filename`), or a handle of the File System Access API. */
export type Source = Blob | FileHandle;

/** A `FileSystemFileHandle`, as far as it is used. */
export interface FileHandle {
  getFile(): Promise<File>;
}

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/** All items by `for await`, or a page at a time. */
export interface Pages<Item> extends AsyncIterable<Item> {
  page(cursor?: string | null): Promise<Page<Item>>;
}

export interface PageOptions {
  /** Page size, 1 to 1,000. */
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface ListOptions extends PageOptions {
  kind?: Kind | undefined;
  projectId?: string | undefined;
  prefix?: string | undefined;
  /** `newest`: by the time in the asset ID, in the library or one project; no `prefix` then. */
  order?: 'key' | 'newest' | undefined;
  /** RFC 3339, such as `date.toISOString()`: assets from then on. */
  since?: string | undefined;
  /** RFC 3339: assets before then. */
  until?: string | undefined;
  /** Part of the file name; pages may be empty and not the last. */
  q?: string | undefined;
  /** What was deleted and can be restored. */
  deleted?: boolean | undefined;
  /** An HLS or DASH package is one item: its manifest. */
  group?: 'package' | undefined;
  /** Adds a link to each asset. */
  sign?: boolean | undefined;
}

export interface LinkOptions {
  /** Seconds, 1 to 604,800. */
  expiresIn?: number | undefined;
  disposition?: 'inline' | 'attachment' | undefined;
  via?: 'auto' | 's3' | 'cloudfront' | undefined;
  signal?: AbortSignal | undefined;
}

export interface ShareOptions extends Pick<LinkOptions, 'expiresIn' | 'disposition'> {
  /** Plain text, shown to whoever opens it. */
  note?: string | undefined;
  /** How often it can be opened; for gateways with a Redis. */
  maxOpens?: number | undefined;
}

/** What may be sent by an upload request's link. */
export interface RequestTerms {
  projectId?: string | undefined;
  /** Left out, all that the kind takes. */
  contentTypes?: string[] | undefined;
  /** Of one file; left out, the kind's own limit. */
  maxBytes?: number | undefined;
  /** 1 to 1,000; 1 by default. */
  maxFiles?: number | undefined;
  /** Seconds. */
  expiresIn?: number | undefined;
  /** Plain text, shown to whoever opens it. */
  note?: string | undefined;
}

/** Where a copy goes; left out: the kind it has, and the library. */
export interface Place {
  kind?: Kind | undefined;
  projectId?: string | undefined;
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
  /** Whether `resume()` can reach the file by itself. */
  reopens?: boolean;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface RequestOptions {
  query?: Record<string, string | number | boolean | null | undefined> | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
  tries?: number | undefined;
  /** How long to wait for an answer before the call is tried again; 90,000 by default. */
  timeoutMs?: number | undefined;
  credentials?: RequestCredentials | undefined;
}

/** Where unfinished uploads are remembered: `localStorage`, or anything like it. */
export type KeyStorage = Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>;

export interface Settings {
  /** The gateway's address. */
  /** Where the gateway is: `https://…`, or from `/` on below the page's own origin. */
  endpoint: string;
  token: Token;
  /** Bounds the attempts at anything that fails for a passing reason; 8 by default. */
  retries?: number | undefined;
  storage?: KeyStorage | undefined;
  /**
   * For back ends and administrators: the `sub` of the user whose assets these are, as `me()` and
   * webhooks name it.
   */
  actAs?: string | undefined;
}

/** What a share's link opens, for a page without anybody signed in. */
export declare function openShare(endpoint: string, token: string): Promise<OpenedShare>;

export declare class AssetGateway {
  constructor(settings: Settings);
  readonly endpoint: string;
  readonly retries: number;

  /** The same gateway for another user, as `actAs`. */
  actingFor(sub: string): AssetGateway;

  /** Resumes by itself when this browser began the same file before. */
  upload(source: Source, options?: UploadOptions): Upload;
  /** Hears of each asset that `upload()` and `resume()` of this instance bring. Returns what ends it. */
  onUploaded(listener: (asset: Asset) => void): () => void;
  /**
   * What this browser began and did not finish: `upload()` of the same file goes on with it.
   * Leaves out what this tab is at, which other tabs cannot take.
   */
  resumable(): Resumable[];
  /**
   * Goes on with one of them: by its `file`, or, where it `reopens`, without choosing it again; call
   * that from a click, for the browser may ask the person. Rejects with `file-needed` where that
   * fails, and with `upload-active` when another tab is at it, or has ended it.
   */
  resume(
    upload: Resumable,
    options?: UploadOptions & { file?: Source | undefined },
  ): Upload;
  /** The caller's unfinished uploads in parts, of all devices; `here` is what this browser knows. */
  unfinished(options?: PageOptions): Pages<UnfinishedUpload & { here: Resumable | null }>;
  /** Gives one up, and removes its parts; `upload-active` while another tab is at it. */
  forget(upload: { upload_id: string; path?: string | undefined }): Promise<void>;

  /** Declares many files in one call, for whoever sends their bytes by other means; at most 1,000. */
  declareAll(
    uploads: NewUpload[],
    options?: { package?: boolean | undefined },
  ): Promise<DeclaredItem[]>;
  /** Completes and verifies many in one call; at most 100. `checksums` are CRC-64/NVME, in order. */
  completeAll(
    uploadIds: string[],
    checksums?: (string | null)[] | undefined,
  ): Promise<CompletedItem[]>;

  list(options?: ListOptions): Pages<Asset>;
  get(path: string): Promise<Asset>;
  /** Judges what came without completion, as Uppy's single uploads do. */
  verify(path: string): Promise<Asset>;
  /** One link a path, in the paths' order; any number of paths. */
  links(paths: string[], options?: LinkOptions): Promise<Link[]>;
  /** Opens a package, such as HLS, by one signature for its folder. */
  playback(
    path: string,
    options?: { expiresIn?: number | undefined; cookies?: boolean | undefined },
  ): Promise<Playback>;
  copy(path: string, to?: Place): Promise<Asset>;
  move(path: string, to?: Place): Promise<Asset>;
  /** Newest first. */
  versions(path: string): Promise<Version[]>;
  /** Undeletes, or brings an old version back. */
  restore(path: string, options?: { versionId?: string | undefined }): Promise<Asset>;
  delete(path: string): Promise<null>;
  /** All below `…/{kind}/{asset_id}`. */
  delete(folder: string, options: { recursive: true }): Promise<FolderDeletion>;
  delete(paths: string[]): Promise<Deletion>;

  /** A link for whoever has it. */
  share(
    path: string,
    options?: ShareOptions,
  ): Promise<Share>;
  /** What a share's link opens; the token is what stands behind `/s/`. */
  openShare(token: string): Promise<OpenedShare>;
  shares(options?: PageOptions): Pages<Share>;
  revoke(share: { share_id: string }): Promise<null>;

  /** A link by which whoever has it sends files here; its page uses `asset-gateway-client/requests`. */
  requestUploads(kind: Kind, terms?: RequestTerms): Promise<UploadRequest>;
  uploadRequests(options?: PageOptions): Pages<UploadRequest>;
  revokeRequest(request: { request_id: string }): Promise<null>;

  projects(options?: PageOptions): Pages<Project>;
  /** Removes all that is in it. */
  deleteProject(projectId: string): Promise<FolderDeletion>;

  /** Who is signed in, what each kind takes, and what is used. */
  me(): Promise<Me>;
  /** Every asset, with a link to it. */
  export(options?: { signal?: AbortSignal | undefined }): AsyncIterable<Asset>;
  /** Removes everything of the caller's; with `account` the Cognito account as well. */
  erase(options?: { account?: boolean | undefined }): Promise<Erased>;

  /** Any other call of the HTTP API. */
  request<Answer = unknown>(
    method: string,
    path: string,
    options?: RequestOptions,
  ): Promise<Answer>;
}
