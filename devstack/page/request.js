/** What somebody sees who was sent an upload request's link (`REQUEST_PAGE_URL`): files go from here
 * into its owner's folder. */

import { openRequest } from '/client/requests.js';
import { $, line, words } from './dom.js';

const GONE = 'It may have expired, or its owner may have withdrawn it. Ask whoever sent it for a new one.';

function show(asked) {
  $('request-title').textContent = asked.files_left ? 'Send files' : 'All files are there';
  $('request-facts').textContent = [
    `${asked.files_left} of ${asked.max_files} left`,
    `up to ${words.bytes(asked.max_bytes)} each`,
    `until ${words.date(asked.expires_at)}`,
  ].join(' · ');
  $('request-note').textContent = asked.note ?? '';
  $('request-note').hidden = !asked.note;
  $('request-choose').hidden = !asked.files_left;
  $('request-input').accept = asked.content_types.join(',');
}

async function open(token) {
  const settings = await (await fetch('/config.json')).json();
  const request = openRequest(settings.gateway, token);
  try {
    show(await request.look());
  } catch (error) {
    $('request-title').textContent = 'This link does not work';
    $('request-note').textContent = error.status === 404 ? GONE : words.error(error);
    $('request-note').hidden = false;
    return;
  }

  let sending = 0;
  window.addEventListener('beforeunload', (event) => {
    if (sending) event.preventDefault();
  });

  async function send(file) {
    const row = line({ name: file.name, sign: 'file', facts: ['Waiting'] });
    const status = row.querySelector('.row-status');
    $('request-files').append(row);
    try {
      await request.upload(file, {
        onProgress({ loaded, total }) {
          status.textContent = `${words.bytes(loaded)} of ${words.bytes(total)}`;
        },
      });
      status.textContent = 'Sent';
    } catch (error) {
      status.textContent = words.error(error);
      row.dataset.state = 'failed';
    }
    $('request-said').textContent = `${file.name}: ${status.textContent}`;
  }

  $('request-choose').addEventListener('click', () => $('request-input').click());

  $('request-input').addEventListener('change', async ({ target }) => {
    const files = [...target.files];
    target.value = '';
    sending += 1;
    for (const file of files) await send(file);
    sending -= 1;
    // Where that fails the rows have said why.
    await request.look().then(show, () => {});
  });
}

// Another link in the same tab changes the fragment alone.
window.addEventListener('hashchange', () => location.reload());
await open(location.hash.slice(1));
