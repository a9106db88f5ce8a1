'use client';

import type { Asset } from 'asset-gateway-client';

/** One asset, by the link that came with it. HLS and DASH packages: docs/playback.md. */
export function Player({ asset }: { asset: Asset }) {
  const url = asset.link?.url;
  if (asset.kind === 'video') return <video key={url} src={url} controls autoPlay />;
  if (asset.kind === 'audio') return <audio key={url} src={url} controls autoPlay />;
  return <img src={url} alt={asset.filename} />;
}
