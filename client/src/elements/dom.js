/** Building elements, and the icons that are drawn on them. */

/** `h('button', { class: 'button', onclick }, 'Save')`: an element, with text kept as text. */
export function h(tag, attributes = {}, ...children) {
  const element = globalThis.document?.createElement(tag);
  if (!element) return null;
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value != null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child));
  return element;
}

/** A button that submits nothing; `style` are classes beside `button`. */
export const button = (style, onclick, ...content) => h('button', {
  type: 'button', class: `button ${style}`, part: 'button', onclick,
}, ...content);

const SVG = 'http://www.w3.org/2000/svg';
/** Outlines in a box of 24 by 24, drawn with a pen of 1.75. */
const OUTLINES = {
  upload: 'M12 16V5m-4.5 4L12 4.5 16.5 9M4 16v4h16v-4',
  folder: 'M3.5 5.5H9L11 8h9.5v10.5h-17Z',
  camera: 'M3.5 7H8l1.5-2h5L16 7h4.5v11h-17Zm11.7 5.5a3.2 3.2 0 1 1-6.4 0 3.2 3.2 0 0 1 6.4 0Z',
  image: 'M3.5 4.5h17v15h-17Zm7.1 5.5a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0ZM4 17l4.5-4 3 2.5 4-4.5 5 5',
  video: 'M3 5.5h12.5v13H3Zm12.5 5 5.5-3v9l-5.5-3',
  audio: 'M9 17.5V6l10-2v11.5M9 17.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Zm10-2a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0Z',
  file: 'M13.5 4h-8v16h13V9Zm0 0v5h5',
  play: 'M8.5 5.5v13l10-6.5Z',
  pause: 'M9 6v12M15 6v12',
  close: 'm6.5 6.5 11 11m0-11-11 11',
  retry: 'M19.5 12a7.5 7.5 0 1 1-2.3-5.4L19.5 9m0-4.5V9H15',
  check: 'm5.5 12.5 4.5 4.5 8.5-9.5',
};

const SHAPES = { frame: 'image', brand_kit: 'file' };

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', OUTLINES[SHAPES[name] ?? name] ?? OUTLINES.file);
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(path);
  return svg;
}

/** The icon of a button, changed without losing the focus on it. */
export function redraw(button, name) {
  if (button.dataset.icon === name) return;
  button.dataset.icon = name;
  button.replaceChildren(icon(name));
}

/** Whether the browser knows that there is no network; requests wait for it by themselves. */
export const isOffline = () => navigator.onLine === false;

/** Sets what differs: a screen reader reads again whatever is set again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
