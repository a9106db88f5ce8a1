'use client';

import { useState, type ChangeEvent } from 'react';
import { GatewayError, type Progress } from 'asset-gateway-client';
import { gateway } from '../lib/gateway';

export function Uploader({ onStored }: { onStored: () => Promise<void> }) {
  const [progress, setProgress] = useState<Progress | null>(null);
  const [fault, setFault] = useState<string | null>(null);

  async function choose({ target }: ChangeEvent<HTMLInputElement>) {
    setFault(null);
    try {
      for (const file of target.files ?? []) {
        await gateway.upload(file, { onProgress: setProgress });
        await onStored();
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      setFault(error.message);
    }
  }

  return (
    <section>
      <input type="file" multiple onChange={choose} />
      {progress && <progress max={progress.total} value={progress.loaded} />}
      {fault && <p role="alert">{fault}</p>}
    </section>
  );
}
