/** The caller's shared links: until when they work, how often they were opened, and their end. */

import { copyText } from '/client/src/elements/clipboard.js';
import { nameOf } from '/client/src/elements/packages.js';
import { $, ask, line, lineButton, words } from './dom.js';
import { List } from './list.js';

const PAGE = 100;

function opened({ opens, max_opens: most }) {
  if (opens === null) return '';
  const times = opens === 1 ? 'once' : `${opens} times`;
  if (most !== null) return `Opened ${opens} of ${most} times`;
  return opens ? `Opened ${times}` : 'Not opened yet';
}

export class Shares {
  #gateway;
  #say;
  #list;

  constructor(gateway, say) {
    this.#gateway = gateway;
    this.#say = say;
    this.#list = new List('shares', {
      pages: () => gateway.shares({ limit: PAGE }),
      lines: (shares) => shares.map((share) => this.#line(share)),
      emptiness: (error) => (error ? null : 'Nothing is shared.'),
    });
    document.addEventListener('asset-shared', () => this.refresh());
  }

  refresh() {
    return this.#list.refresh();
  }

  #line(share) {
    const name = nameOf(share);
    const sign = share.path.split('/').at(share.path.startsWith('projects/') ? 2 : 0);
    const facts = [`Works until ${words.date(share.expires_at)}`, opened(share), share.note];
    return line({ name, sign, facts, title: share.path },
      lineButton('Copy', name, () => this.#copy(share)),
      lineButton('Revoke', name, () => this.#revoke(share, name), 'danger'));
  }

  async #copy({ url }) {
    if (await copyText(Promise.resolve(url))) {
      this.#say('Link copied.');
      return;
    }
    $('link-text').value = url;
    $('link').showModal();
    $('link-text').select();
  }

  async #revoke(share, name) {
    const text = 'Whoever has the link will no longer be able to open this.';
    if (!await ask({ title: `Revoke the link to ${name}?`, text, yes: 'Revoke', no: 'Keep', danger: true })) return;
    try {
      await this.#gateway.revoke(share);
      this.#say(`The link to ${name} no longer works.`);
    } catch (error) {
      this.#say(words.error(error));
    }
    await this.refresh();
  }
}
