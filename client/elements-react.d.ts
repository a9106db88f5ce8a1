/**
 * The elements in TSX, for React 19, which hands objects over as properties. Types alone: beside
 * `import 'asset-gateway-client/elements'` write `import type {} from '…/elements/react'`.
 */

import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { AssetGallery, AssetPlayer, AssetUploader, Texts } from './elements.js';

/** Attributes with a hyphen (`window-drop`, `no-share`) need no types. */
type Props<Element, Names extends keyof Element, More = unknown> =
  & DetailedHTMLProps<HTMLAttributes<Element>, Element>
  & { [Name in Names]?: Element[Name] | undefined }
  & { texts?: Partial<Texts> | undefined }
  & More;

interface UploaderAttributes {
  accept?: string | undefined;
  single?: boolean | undefined;
  concurrency?: number | undefined;
}

interface PlayerAttributes {
  path?: string | undefined;
  src?: string | undefined;
  type?: string | undefined;
  poster?: string | undefined;
  autoplay?: boolean | undefined;
  muted?: boolean | undefined;
  loop?: boolean | undefined;
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'asset-uploader': Props<
        AssetUploader, 'gateway' | 'kind' | 'projectId' | 'uploads', UploaderAttributes>;
      'asset-gallery': Props<AssetGallery, 'gateway' | 'kind' | 'projectId' | 'library' | 'hls'>;
      'asset-player': Props<
        AssetPlayer, 'gateway' | 'asset' | 'source' | 'hls' | 'tracks', PlayerAttributes>;
    }
  }
}
