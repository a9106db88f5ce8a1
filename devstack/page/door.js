/** The way in: sign in, create an account, confirm it. */

import { $ } from './dom.js';

const MODES = {
  signIn: {
    title: 'Sign in', submit: 'Sign in', fields: ['email', 'password'],
    question: 'New here?', other: 'Create an account', next: 'signUp',
    lead: 'Your audio, images and video, straight to S3.',
  },
  signUp: {
    title: 'Create an account', submit: 'Create account', fields: ['email', 'password'],
    question: 'Have an account?', other: 'Sign in', next: 'signIn',
    lead: 'A space of your own that nobody else can reach.',
  },
  confirm: {
    title: 'Confirm your account', submit: 'Confirm', fields: ['code'],
    question: 'Wrong account?', other: 'Sign in', next: 'signIn',
    lead: 'No mail is sent here: enter the code that make dev printed.',
  },
};

/** Shows the door; resolves `entered` whenever somebody came in. */
export function guardDoor(session, { demo, entered }) {
  const form = $('door-form');
  let mode = 'signIn';

  function show(next, fault = '') {
    mode = next;
    const { title, lead, submit, fields, question, other } = MODES[mode];
    $('door').hidden = false;
    $('door-title').textContent = title;
    $('door-lead').textContent = lead;
    $('door-submit').textContent = submit;
    $('door-question').textContent = question;
    $('door-switch').textContent = other;
    for (const name of ['email', 'password', 'code']) {
      $(`field-${name}`).hidden = !fields.includes(name);
      form.elements[name].disabled = !fields.includes(name);
    }
    form.elements.password.autocomplete = mode === 'signUp' ? 'new-password' : 'current-password';
    complain(fault);
    if (demo && mode === 'signIn' && !form.elements.email.value) {
      form.elements.email.value = demo.username;
      form.elements.password.value = demo.password;
      $('door-lead').textContent = 'The demo account is filled in.';
    }
    form.elements[fields[0]].focus();
  }

  function complain(sentence) {
    $('door-fault').textContent = sentence;
    $('door-fault').hidden = !sentence;
  }

  const steps = {
    async signIn({ email, password }) {
      try {
        await session.signIn(email, password);
      } catch (error) {
        if (error.name !== 'UserNotConfirmedException') throw error;
        show('confirm', error.message);
        return;
      }
      form.reset();
      $('door').hidden = true;
      entered();
    },
    async signUp({ email, password }) {
      const { confirmed } = await session.signUp(email, password);
      if (confirmed) await steps.signIn({ email, password });
      else show('confirm');
    },
    async confirm({ email, code, password }) {
      await session.confirm(email, code);
      await steps.signIn({ email, password });
    },
  };

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const wanted = MODES[mode].fields.map((name) => form.elements[name]);
    const missing = wanted.find((input) => !input.checkValidity());
    if (missing) {
      complain(missing.validity.valueMissing ? 'Fill in every field.' : missing.validationMessage);
      missing.focus();
      return;
    }
    const values = Object.fromEntries([...form.elements].map(({ name, value }) => [name, value]));
    $('door-submit').disabled = true;
    complain('');
    try {
      await steps[mode](values);
    } catch (error) {
      complain(error.message);
    } finally {
      $('door-submit').disabled = false;
    }
  });
  $('door-switch').addEventListener('click', () => show(MODES[mode].next));

  return { open: (fault) => show('signIn', fault) };
}
