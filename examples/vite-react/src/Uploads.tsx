import { useSyncExternalStore } from 'react';
import { createUploads } from 'asset-gateway-client/store';
import { gateway } from './gateway';

const uploads = createUploads(gateway);
document.addEventListener('paste', (event) => uploads.add(event.clipboardData?.files ?? []));

export function Uploads() {
  const { items } = useSyncExternalStore(uploads.subscribe, uploads.getSnapshot);
  return (
    <section>
      <input type="file" multiple onChange={({ target }) => { uploads.add(target.files ?? []); target.value = ''; }} />
      {items.map(({ id, name, size, state, sent, error, preview }) => (
        <p key={id}>
          {preview && <img src={preview} alt="" height="48" />} {name}
          <progress value={sent} max={size} /> {error?.detail ?? error?.title ?? state}
          {state === 'sending' && <button onClick={() => uploads.pause(id)}>Pause</button>}
          {state === 'paused' && <button onClick={() => uploads.resume(id)}>Resume</button>}
          {error?.canRetry && <button onClick={() => uploads.retry(id)}>Retry</button>}
          <button onClick={() => uploads.cancel(id)}>Remove</button>
        </p>
      ))}
    </section>
  );
}
