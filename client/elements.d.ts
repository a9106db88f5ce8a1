/**
 * Web components on asset-gateway. Importing `asset-gateway-client/elements` defines them; where
 * there is no DOM (server rendering) it may be imported and does nothing.
 */

import type { Asset, AssetGateway, Kind, Share } from './asset-gateway.js';
import type { Library, UploadItem, Uploads } from './store.js';

/** What the elements say: strings with `{placeholders}`, or one for each plural form. */
export type Texts = Record<string, string | Partial<Record<Intl.LDMLPluralRule, string>>>;

/** Where hls.js is, or a function that loads it: `() => import('hls.js')`. */
export type LoadHls = string | (() => Promise<unknown>);

interface FilesChosen {
  files: File[];
  /** Folders that are HLS or DASH packages. */
  packages: File[][];
  kind?: Kind | undefined;
  projectId?: string | undefined;
}

export interface AssetUploaderEvents {
  /** Before anything is sent; `preventDefault()` leaves the files alone. */
  'files-chosen': CustomEvent<FilesChosen>;
  'asset-uploaded': CustomEvent<{ asset: Asset; item: UploadItem }>;
  /** A small picture was drawn and stored beside it. */
  'asset-previewed': CustomEvent<{ asset: Asset }>;
  'upload-failed': CustomEvent<{ item: UploadItem; error: UploadItem['error'] }>;
  /** Nothing is under way any more. */
  'uploads-finished': CustomEvent<{ done: number; failed: number }>;
}

export interface AssetGalleryEvents {
  /** Before the viewer opens; `preventDefault()` keeps it closed. */
  'asset-open': CustomEvent<{ asset: Asset }>;
  'selection-changed': CustomEvent<{ assets: Asset[] }>;
  'assets-deleted': CustomEvent<{ assets: Asset[] }>;
  'assets-restored': CustomEvent<{ assets: Asset[] }>;
  'asset-shared': CustomEvent<{ asset: Asset; share: Share }>;
}

export interface AssetPlayerEvents {
  'asset-error': CustomEvent<{ error: unknown }>;
}

declare class GatewayElement<Events> extends HTMLElement {
  gateway: AssetGateway | null;
  /** English by default. Given texts stand in for the English ones, all of them or some. */
  get texts(): Texts;
  set texts(texts: Partial<Texts> | null);
  addEventListener<Name extends keyof Events>(
    type: Name,
    listener: (this: this, event: Events[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/** `<asset-uploader kind project-id accept single window-drop no-folder no-previews no-quota>` */
export declare class AssetUploader extends GatewayElement<AssetUploaderEvents> {
  kind: Kind | null;
  projectId: string | null;
  /** A store of one's own (`createUploads`) is shown instead of one that the element makes. */
  get uploads(): Uploads | null;
  set uploads(uploads: Uploads | null);
  /** Uploads files as if they had been chosen. */
  add(files: Iterable<File>): void;
}

/** `<asset-gallery kind project-id hls no-share max-opens>` */
export declare class AssetGallery extends GatewayElement<AssetGalleryEvents> {
  kind: Kind | null;
  projectId: string | null;
  /** A store of one's own (`createLibrary`) is shown instead of one that the element makes. */
  get library(): Library | null;
  set library(library: Library | null);
  hls: LoadHls | null;
  readonly selected: Asset[];
  refresh(): Promise<void> | void;
  /** Opens the viewer. */
  open(asset: Asset): void;
  /** Resolves to whether all of them are gone. */
  delete(assets: Asset[]): Promise<boolean>;
  share(asset: Asset): Promise<void>;
  copyLink(asset: Asset): Promise<void>;
}

/** `<asset-player path src type poster hls autoplay muted loop>`, with `<track>` children. */
export declare class AssetPlayer extends GatewayElement<AssetPlayerEvents> {
  asset: Asset | null;
  /** As a share answers: played without a gateway. */
  source: {
    url: string;
    content_type: string;
    filename?: string;
    query?: string;
    expires_at?: string;
  } | null;
  hls: LoadHls | null;
  tracks: { src: string; srclang?: string; label?: string; kind?: string; default?: boolean }[];
  /** The element that plays. */
  readonly media: HTMLMediaElement | null;
}

/** The English texts. A translation is a copy of them: `asset-gateway-client/elements/de`. */
export declare const en: Texts;

declare global {
  interface HTMLElementTagNameMap {
    'asset-uploader': AssetUploader;
    'asset-gallery': AssetGallery;
    'asset-player': AssetPlayer;
  }
}
