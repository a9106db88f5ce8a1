'use client';

import { useState, type FormEvent } from 'react';
import { enter } from '../lib/gateway';

export function SignIn({ onEntered }: { onEntered: () => void }) {
  const [fault, setFault] = useState<string | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      await enter(String(form.get('email')), String(form.get('password')));
      onEntered();
    } catch (error) {
      setFault((error as Error).message);
    }
  }

  return (
    <form onSubmit={submit}>
      <input name="email" type="email" placeholder="Email" required />
      <input name="password" type="password" placeholder="Password" required />
      <button>Sign in</button>
      {fault && <p role="alert">{fault}</p>}
    </form>
  );
}
