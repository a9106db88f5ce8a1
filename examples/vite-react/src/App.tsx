import { useState, type FormEvent } from 'react';
import { enter } from './gateway';
import { Uploads } from './Uploads';

export default function App() {
  const [signedIn, setSignedIn] = useState(false);
  const [fault, setFault] = useState('');

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      await enter(String(form.get('email')), String(form.get('password')));
      setSignedIn(true);
    } catch (error) {
      setFault((error as Error).message);
    }
  }

  if (signedIn) return <Uploads />;
  return (
    <form onSubmit={submit}>
      <input name="email" type="email" placeholder="Email" required />
      <input name="password" type="password" placeholder="Password" required />
      <button>Sign in</button>
      {fault && <p role="alert">{fault}</p>}
    </form>
  );
}
