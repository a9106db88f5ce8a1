'use client';

import { useCallback, useEffect, useState } from 'react';
import type { Asset } from 'asset-gateway-client';
import { accessToken, gateway } from '../lib/gateway';
import { Gallery } from './gallery';
import { Player } from './player';
import { SignIn } from './sign-in';
import { Uploader } from './uploader';

export function Library() {
  const [signedIn, setSignedIn] = useState<boolean | null>(null);
  const [assets, setAssets] = useState<Asset[]>([]);
  const [chosen, setChosen] = useState<Asset | null>(null);

  const load = useCallback(async () => {
    const { items } = await gateway.list({ sign: true, limit: 100 }).page();
    setAssets(items);
  }, []);

  useEffect(() => {
    accessToken().then(
      () => setSignedIn(true),
      () => setSignedIn(false),
    );
  }, []);

  useEffect(() => {
    if (signedIn) void load();
  }, [signedIn, load]);

  if (signedIn === null) return null;
  if (!signedIn) return <SignIn onEntered={() => setSignedIn(true)} />;
  return (
    <main>
      <Uploader onStored={load} />
      <Gallery assets={assets} onChoose={setChosen} />
      {chosen && <Player asset={chosen} />}
    </main>
  );
}
