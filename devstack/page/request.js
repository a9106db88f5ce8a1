/** Files for an upload request: they go from here into its owner's folder. */

import { openRequest } from '/client/requests.js';
import { $, line, words } from './dom.js';

function tell(show, asked) {
  show({
    title: asked.files_left ? 'Send files' : 'All files are there',
    facts: [
      `${asked.files_left} of ${asked.max_files} files left`,
      `up to ${words.bytes(asked.max_bytes)} each`,
      `until ${words.date(asked.expires_at)}`,
    ].join(' · '),
    note: asked.note,
  });
  $('request-choose').hidden = !asked.files_left;
  $('request-input').accept = asked.content_types.join(',');
}

export async function look({ settings, token, show }) {
  const request = openRequest(settings.gateway, token);
  tell(show, await request.look());

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
    await request.look().then((asked) => tell(show, asked), () => {});
  });
}
