'use client';

import type { Asset } from 'asset-gateway-client';

type Props = { assets: Asset[]; onChoose: (asset: Asset) => void };

export function Gallery({ assets, onChoose }: Props) {
  return (
    <ul>
      {assets.map((asset) => (
        <li key={asset.path}>
          <button onClick={() => onChoose(asset)}>
            {asset.content_type.startsWith('image/') && (
              <img src={asset.link?.url} alt="" height={96} loading="lazy" />
            )}
            {asset.filename}
          </button>
        </li>
      ))}
    </ul>
  );
}
