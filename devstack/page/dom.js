/** Small words for building and saying things. */

import { copyText } from '/client/src/elements/clipboard.js';

export const $ = (id) => document.getElementById(id);

/** `h('button', { class: 'button', onclick }, 'Save')`: an element, with text kept as text. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value != null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

export function icon(name) {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  const use = document.createElementNS(namespace, 'use');
  use.setAttribute('href', `/icons.svg#${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export function bytes(count) {
  const step = count < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[step]}`;
}

export function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

let fading;

/** Shows a sentence for a while, and has it read aloud. */
export function say(sentence) {
  const toast = $('toast');
  // An open dialog covers what is outside it, and silences it.
  ([...document.querySelectorAll('dialog:modal')].at(-1) ?? document.body).append(toast);
  toast.textContent = sentence;
  toast.classList.add('shown');
  clearTimeout(fading);
  fading = setTimeout(() => toast.classList.remove('shown'), 4000);
}

/**
 * Copies a link that is on its way, called in the click itself; shows it where the browser does not
 * let the page copy. Rejects as the promise does.
 */
export async function handOver(promise, sentence) {
  const copied = await copyText(promise.then(({ url }) => url));
  const link = await promise;
  if (copied) {
    say(sentence(link));
    return;
  }
  $('link-text').value = link.url;
  $('link').showModal();
  $('link-text').select();
}

/** Asks before something that cannot be undone. */
export function confirmDeletion(title, text) {
  const dialog = $('ask');
  $('ask-title').textContent = title;
  $('ask-text').textContent = text;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

$('move-cancel').addEventListener('click', () => $('move').close());

/** Asks for a project; null when nothing is to be moved, '' for the library. */
export function askForProject(title, current) {
  const dialog = $('move');
  $('move-title').textContent = title;
  $('move-project').value = current ?? '';
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      resolve(dialog.returnValue === 'yes' ? $('move-project').value.trim() : null);
    }, { once: true });
  });
}

const PLAIN_WORDS = {
  network: 'The connection failed. Check that you are online, and try again.',
  'invalid-token': 'Your session has ended. Sign in again.',
  'store-refused': 'Storage refused this upload.',
  'storage-unavailable': 'Storage cannot be reached right now. Try again in a moment.',
  'quota-exceeded': 'There is not enough room left for this file.',
  'cdn-not-configured': 'This gateway has no CloudFront, which packages are played through.',
  'file-unreadable': 'The file was changed, moved or deleted meanwhile.',
  'rate-limited': 'That was too much at once. Try again in a moment.',
};

/** What went wrong, as a sentence for the person who looks at it. */
export function plainWords(error) {
  const pointed = error.errors?.map(({ detail }) => detail).join(' ');
  return PLAIN_WORDS[error.slug] ?? (pointed || error.message);
}
