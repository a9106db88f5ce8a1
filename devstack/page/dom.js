/** Small words for building and saying things: the elements' own. */

import { h, icon, isOffline } from '/client/src/elements/dom.js';
import { en } from '/client/src/elements/en.js';
import { Words } from '/client/src/elements/words.js';

export { h, icon, isOffline };
export const $ = (id) => document.getElementById(id);
export const words = new Words(en);

/** Asks; resolves to whether it was agreed to. `danger`: it cannot be undone. */
export function ask({ title, text, yes, no = 'Cancel', danger = false }) {
  const dialog = $('ask');
  $('ask-title').textContent = title;
  $('ask-text').textContent = text;
  $('ask-no').textContent = no;
  $('ask-yes').textContent = yes;
  $('ask-yes').className = `button ${danger ? 'danger' : 'primary'}`;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** One line of a list: a sign, a name, what is to be said of it, and buttons. */
export function line({ name, sign, facts, title }, ...buttons) {
  return h('li', { class: 'row' }, h('span', { class: 'tile' }, icon(sign)),
    h('div', { class: 'row-body' }, h('span', { class: 'row-name', title: title ?? name }, name),
      h('span', { class: 'row-status muted' }, facts.filter(Boolean).join(' · '))),
    h('div', { class: 'row-actions' }, ...buttons));
}

/** `Restore`, read aloud as `Restore logo.png`. */
export function lineButton(label, name, onclick, style = 'quiet') {
  return h('button', {
    class: `button ${style} small`, type: 'button', 'aria-label': `${label} ${name}`, onclick,
  }, label);
}
