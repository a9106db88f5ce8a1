/** What a page shows, without a framework: stores with `subscribe` and `getSnapshot`. */

import type {
  Asset, AssetGateway, Deletion, FileHandle, Kind, Link, ListOptions, Me, Slug,
} from './asset-gateway.js';

/** Whatever went wrong, in words; `canRetry` where the same again may succeed. */
export interface Told {
  readonly slug: Slug;
  readonly title: string;
  /** What exactly, such as "The file is empty."; null where the title says all. */
  readonly detail: string | null;
  readonly canRetry: boolean;
  /** Of the file of a package that it concerns. */
  readonly filename?: string | undefined;
}

export type ItemState =
  /** Begun before, here or on another device, and not finished. */
  | 'resumable'
  | 'waiting'
  | 'sending'
  /** What is on the wire still arrives. */
  | 'pausing'
  | 'paused'
  | 'verifying'
  | 'done'
  | 'failed';

/** One file, or one package. Frozen: another object once anything of it changes. */
export interface UploadItem {
  readonly id: string;
  readonly name: string;
  /** Bytes; 0 where only another device knows. */
  readonly size: number;
  readonly type: string;
  /** Null until the gateway has said it, where neither options nor type do. */
  readonly kind: Kind | null;
  readonly state: ItemState;
  /** Bytes that the store has, or that are on the wire. */
  readonly sent: number;
  /** Bytes per second, over the last seconds. */
  readonly speed: number;
  readonly error: Told | null;
  /** An object URL of a small picture; the store revokes it. */
  readonly preview: string | null;
  readonly asset: Asset | null;
  /** Of `addPackage()`. */
  readonly package?: { readonly files: number; readonly done: number };
  /** With `resumable`: whether `resume(id)` alone goes on, for which a click is needed. */
  readonly reopens?: boolean;
  /** With `resumable`: whether this browser began it; of others' it can only be given up. */
  readonly here?: boolean;
}

export interface UploadsSnapshot {
  readonly items: readonly UploadItem[];
  /** Of all items but `resumable` ones. */
  readonly totals: {
    readonly count: number;
    readonly done: number;
    readonly failed: number;
    readonly size: number;
    readonly sent: number;
    readonly speed: number;
  };
}

export interface UploadPlace {
  kind?: Kind | undefined;
  projectId?: string | undefined;
}

export interface UploadsOptions extends UploadPlace {
  /** Files at a time; 3 by default. */
  concurrency?: number | undefined;
  /** Whether small pictures of images and films are made, and stored beside them; true by default. */
  previews?: boolean | undefined;
}

export interface Store<Snapshot> {
  /** Returns what ends it. New states are told at once, moving bytes ten times a second. */
  subscribe(listener: () => void): () => void;
  /** Frozen, and the same object until something changes. */
  getSnapshot(): Snapshot;
}

/** Its functions need no `this`. */
export interface Uploads extends Store<UploadsSnapshot> {
  /** A file that was begun before, by name and size, goes on as its `resumable` item. */
  add(files: Iterable<File | FileHandle>, options?: UploadPlace): void;
  /** All files of a folder as one package, such as HLS; its kind is `video` by default. */
  addPackage(files: Iterable<File>, options?: UploadPlace): void;
  /** Finishes what is on the wire; a second time it stops at once. Without an id, all. */
  pause(id?: string): void;
  /** A `resumable` item goes on with its file, or without one, from a click, if it `reopens`. */
  resume(id?: string, file?: File): void;
  /** What failed is sent again, the parts that are there left out. Without an id, all. */
  retry(id?: string): void;
  /** Takes it out, and removes what was stored of it unless it is done. */
  cancel(id: string): void;
  remove(id: string): void;
  /** Takes out what is done or failed; what is in the store stays. */
  clear(): void;
  /** Sends nothing new, and tells nobody any more. */
  close(): void;
}

export declare function createUploads(gateway: AssetGateway, options?: UploadsOptions): Uploads;

/** As for `GET /v1/assets`. */
export type LibraryQuery = Omit<ListOptions, 'signal'>;

export interface LibrarySnapshot {
  readonly assets: readonly Asset[];
  /** What is used and left; null until it is known. */
  readonly usage: Me['usage'] | null;
  readonly loading: boolean;
  readonly hasMore: boolean;
  readonly error: Told | null;
}

/** Its functions need no `this`. They fail into `error`; `remove` and `restore` reject besides. */
export interface Library extends Store<LibrarySnapshot> {
  load(): Promise<void>;
  more(): Promise<void>;
  /** As many as are shown, anew. */
  refresh(): Promise<void>;
  /** Changes what is asked for, and loads it. */
  query(changes: LibraryQuery): Promise<void>;
  /** They go from the snapshot at once; those that could not be deleted come back. */
  remove(paths: string | readonly string[]): Promise<Deletion>;
  /** What was deleted: assets of a listing with `deleted`, or those that were removed here. */
  restore(assets: Restorable | readonly Restorable[]): Promise<Asset[]>;
  close(): void;
}

export interface Restorable {
  path: string;
  version_id?: string | null | undefined;
}

/** `order` is `newest` by default. Call `load()`, or `query()`, to begin. */
export declare function createLibrary(gateway: AssetGateway, query?: LibraryQuery): Library;

export interface LiveLinkOptions {
  /** Seconds, 1 to 604,800. */
  expiresIn?: number | undefined;
  disposition?: 'inline' | 'attachment' | undefined;
  via?: 'auto' | 's3' | 'cloudfront' | undefined;
}

export interface LinksSnapshot {
  /** By path; a path is missing until its link is there. */
  readonly links: { readonly [path: string]: Link };
  readonly error: Told | null;
}

/** While anybody is subscribed, its links are renewed a minute before they expire. */
export interface Links extends Store<LinksSnapshot> {
  /** The paths whose links are wanted from now on. */
  show(paths: readonly string[]): void;
}

export declare function createLinks(
  gateway: AssetGateway,
  paths?: readonly string[],
  options?: LiveLinkOptions,
): Links;
