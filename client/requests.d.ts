/** Files for an upload request, from a page without anybody signed in. */

import type { components } from './api.js';
import type { KeyStorage, Source, Upload, UploadOptions } from './asset-gateway.js';

type Schemas = components['schemas'];

/** What is asked for. */
export type OpenedRequest = Schemas['OpenedRequest'];
/** A file that has arrived. */
export type Receipt = Schemas['Receipt'];

/** Where the files go is the owner's choice. */
export type SendOptions = Pick<
  UploadOptions,
  'filename' | 'contentType' | 'method' | 'concurrency' | 'checksum' | 'signal' | 'onProgress'
>;

export interface RequestedUpload
  extends Promise<Receipt>, Omit<Upload, 'then' | 'catch' | 'finally'> {
  readonly [Symbol.toStringTag]: string;
}

export interface RequestLink {
  /** Rejects with `not-found` once the request has expired or was revoked. */
  look(): Promise<OpenedRequest>;
  /**
   * Resumes by itself when this browser began the same file before. Rejects with `request-full`
   * when as many files were declared as were asked for.
   */
  upload(source: Source, options?: SendOptions): RequestedUpload;
}

/** What the link of an upload request opens; `token` is what stands behind `/r/`. */
export declare function openRequest(
  endpoint: string,
  token: string,
  options?: { retries?: number | undefined; storage?: KeyStorage | undefined },
): RequestLink;
