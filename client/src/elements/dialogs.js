/** The dialogs of the gallery: a question, a link to copy, a share. */

import { button, h } from './dom.js';

const TIMES = [['hour', 3600], ['day', 86400], ['week', 604800]];

/** Shows a dialog until it is answered; resolves to the value of the button, '' when dismissed. */
function ask(element, { title, confirm, cancel, danger }, ...content) {
  const { words, shadowRoot } = element;
  const yes = h('button', {
    class: `button ${danger ? 'danger' : 'primary'}`, part: 'button', value: 'yes',
  }, words.say(confirm));
  const no = cancel && button('', () => dialog.close(''), words.say(cancel));
  const dialog = h('dialog', { class: 'ask', part: 'dialog', 'aria-labelledby': 'ask-title' },
    h('form', { method: 'dialog' }, h('h2', { id: 'ask-title' }, title), ...content,
      h('div', { class: 'line' }, no, yes)));
  shadowRoot.append(dialog);
  dialog.showModal();
  if (danger) no.focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue);
    }, { once: true });
  });
}

export async function confirmDeletion(element, count, name) {
  const { words } = element;
  const title = words.say('deleteQuestion', { count, name });
  return await ask(element, { title, confirm: 'delete', cancel: 'keep', danger: true },
    h('p', { class: 'muted' }, words.say('deleteForGood'))) === 'yes';
}

/** A link that the browser does not let the page copy. */
export function showLink(element, link) {
  const { words } = element;
  const field = h('input', { readonly: true, value: link, autofocus: true, onfocus: () => field.select() });
  return ask(element, { title: words.say('copyThis'), confirm: 'done' },
    h('label', {}, h('span', { class: 'sr-only' }, words.say('link')), field));
}

/** Asks how a share works. Calls `create(options)`, as of `gateway.share()`, in the click itself. */
export async function askForShare(element, name, create) {
  const { words } = element;
  const labelled = (key, field) => h('label', {}, h('span', {}, words.say(key)), field);
  const time = h('select', {}, ...TIMES.map(([key, seconds]) => h('option', { value: seconds }, words.say(key))));
  time.value = '86400';
  const most = element.hasAttribute('max-opens') && h('input', { type: 'number', min: 1, max: 1e6 });
  const note = h('input', { maxlength: 200 });
  let made;
  const answer = ask(element, { title: words.say('shareTitle', { name }), confirm: 'createLink', cancel: 'cancelDialog' },
    h('p', { class: 'muted' }, words.say('shareHint')),
    labelled('shareFor', time), most && labelled('shareMost', most), labelled('shareNote', note));
  time.form.addEventListener('submit', () => {
    made = create({ expiresIn: +time.value, maxOpens: +most.value || undefined, note: note.value.trim() || undefined });
  });
  await answer;
  return made;
}
