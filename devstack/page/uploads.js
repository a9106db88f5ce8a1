/** Files on their way: a queue, and what another visit left unfinished. */

import { toldOf } from '/client/src/store/told.js';
import { $, plainWords, say } from './dom.js';
import { elsewhereRow, OVER, Row, UNDER_WAY, unfinishedRow } from './rows.js';

const FILES_AT_A_TIME = 3;
const OTHERS = 20;

/** By file what a reload can open it by again, where the browser has that. */
const handles = new WeakMap();

/** All files of a drop, folders walked. */
async function filesOf(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const entries = items.map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) {
    const files = [...transfer.files];
    const opened = items.map((item) => item.getAsFileSystemHandle?.().catch(() => null));
    for (const [i, handle] of (await Promise.all(opened)).entries()) {
      if (handle && files[i]) handles.set(files[i], handle);
    }
    return files;
  }
  const walk = async (entry) => {
    if (entry.isFile) return [await new Promise((resolve, reject) => { entry.file(resolve, reject); })];
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      // readEntries hands out a hundred at a time until it has none left
      const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
      if (!some.length) break;
      found.push(...some);
    }
    return (await Promise.all(found.map(walk))).flat();
  };
  const files = (await Promise.all(entries.map(walk))).flat();
  return files.filter(({ name }) => !name.startsWith('.'));
}

export class UploadList {
  #gateway;
  #arrived;
  #rows = [];
  #offers = [];

  constructor(gateway, { arrived }) {
    this.#gateway = gateway;
    this.#arrived = arrived;
    this.#listen();
  }

  #listen() {
    const drop = $('drop');
    $('choose').addEventListener('click', () => $('files').click());
    $('choose-folder').addEventListener('click', () => $('folder').click());
    for (const input of [$('files'), $('folder')]) {
      input.addEventListener('change', () => {
        this.add([...input.files].filter(({ name }) => !name.startsWith('.')));
        input.value = '';
      });
    }
    // The whole window takes drops: a file that misses the panel must not replace the page.
    let depth = 0;
    const over = (change) => {
      depth = Math.max(0, depth + change);
      drop.classList.toggle('over', depth > 0);
    };
    addEventListener('dragenter', () => over(1));
    addEventListener('dragleave', () => over(-1));
    addEventListener('dragover', (event) => event.preventDefault());
    addEventListener('drop', async (event) => {
      event.preventDefault();
      over(-depth);
      if (!$('house').hidden) this.add(await filesOf(event.dataTransfer));
    });
    // Uploads wait for the network by themselves; their rows must not go on promising a speed.
    for (const change of ['offline', 'online']) {
      addEventListener(change, () => {
        for (const row of this.#rows.filter(({ state }) => UNDER_WAY.test(state))) {
          row.show({ state: row.state, loaded: row.bar.value });
        }
      });
    }
    addEventListener('beforeunload', (event) => {
      if (this.#rows.some(({ state }) => !OVER.test(state))) event.preventDefault();
    });
    $('uploads-clear').addEventListener('click', () => this.#drop(({ state }) => /^(done|failed)$/.test(state)));
  }

  /** Shows what this person began in this browser and did not finish. */
  offer(sub) {
    this.#withdraw(() => true);
    const here = new Set(this.#rows.map(({ upload }) => upload?.uploadId));
    const mine = this.#gateway.resumable().filter(
      ({ key, upload_id: id }) => key?.startsWith(`users/${sub}/`) && !here.has(id));
    for (const entry of mine) {
      const element = unfinishedRow(entry, {
        choose: () => (entry.reopens ? this.#goOn(entry) : $('files').click()),
        discard: () => this.#discard(entry),
      });
      this.#offer(entry, element);
    }
    this.#offerOthers();
  }

  #offer(entry, element) {
    this.#offers.push({ entry, element });
    $('upload-rows').prepend(element);
    this.#summarise();
  }

  /** What was begun in other browsers can at least be given up. */
  async #offerOthers() {
    try {
      const { items } = await this.#gateway.unfinished({ limit: OTHERS }).page();
      const known = new Set(this.#offers.map(({ entry }) => entry.path));
      for (const entry of items.filter(({ here, path }) => !here && !known.has(path))) {
        this.#offer(entry, elsewhereRow(entry, { discard: () => this.#discard(entry) }));
      }
    } catch { /* a nicety: what is left of them is removed in time */ }
  }

  /** Without choosing its file again. */
  #goOn(entry) {
    this.#withdraw((other) => other === entry);
    this.#add({ name: entry.filename, size: entry.size, type: '' }, entry, entry);
    this.#advance();
  }

  async #discard(entry) {
    try {
      await this.#gateway.forget(entry);
      this.#withdraw((other) => other === entry);
    } catch (error) {
      say(plainWords(error));
    }
  }

  #withdraw(gone) {
    for (const { element } of this.#offers.filter(({ entry }) => gone(entry))) element.remove();
    this.#offers = this.#offers.filter(({ entry }) => !gone(entry));
    this.#summarise();
  }

  add(files) {
    if (!$('upload-project').reportValidity()) return;
    const kind = $('upload-kind').value || undefined;
    const projectId = $('upload-project').value.trim() || undefined;
    for (const file of files) {
      const offer = this.#offers.find(({ entry }) => entry.filename === file.name && entry.size === file.size);
      if (offer) this.#withdraw((entry) => entry === offer.entry);
      const { entry: target = { kind, projectId } } = offer ?? {};
      this.#add(file, target);
    }
    this.#advance();
  }

  #add(file, { kind, projectId }, entry) {
    const row = new Row(file, { kind, projectId }, {
      pause: ({ upload }) => upload.pause(),
      resume: ({ upload }) => upload.resume(),
      retry: (failed) => {
        failed.show({ state: 'waiting', loaded: 0 });
        this.#advance();
      },
      cancel: (cancelled) => this.#cancel(cancelled),
    });
    row.entry = entry;
    this.#rows.push(row);
    $('upload-rows').append(row.element);
  }

  /** Stops sending and clears the list. What has arrived is kept, to go on with another time. */
  leave() {
    const rows = this.#rows;
    this.#drop(() => true);
    this.#withdraw(() => true);
    for (const { upload } of rows) upload?.pause();
  }

  #cancel(row) {
    if (row.state !== 'waiting' && row.state !== 'failed') {
      row.upload.cancel();
      return;
    }
    this.#drop((other) => other === row);
    const id = row.upload?.uploadId;
    // Where that fails, what is left of it is offered after the next reload.
    if (id) this.#gateway.forget({ upload_id: id }).catch(() => {});
  }

  #drop(gone) {
    for (const row of this.#rows.filter(gone)) row.element.remove();
    this.#rows = this.#rows.filter((row) => !gone(row));
    this.#summarise();
  }

  #advance() {
    const busy = this.#rows.filter(({ state }) => state !== 'waiting' && !OVER.test(state)).length;
    const waiting = this.#rows.filter(({ state }) => state === 'waiting');
    for (const row of waiting.slice(0, Math.max(0, FILES_AT_A_TIME - busy))) this.#start(row);
    this.#summarise();
  }

  async #start(row) {
    const onProgress = (progress) => row.show(progress);
    row.upload = row.entry
      ? this.#gateway.resume(row.entry, { onProgress })
      : this.#gateway.upload(handles.get(row.file) ?? row.file, { ...row.target, onProgress });
    row.show({ state: 'starting', loaded: 0 });
    try {
      this.#arrived(await row.upload);
    } catch (error) {
      if (row.state === 'cancelled') this.#drop((other) => other === row);
      else {
        row.final = !toldOf(error).canRetry;
        row.show({ state: 'failed', loaded: 0 }, plainWords(error));
        say(`${row.file.name} was not uploaded.`);
      }
    }
    this.#advance();
  }

  #summarise() {
    const count = (wanted) => this.#rows.filter(({ state }) => state === wanted).length;
    const [all, done, failed] = [this.#rows.length, count('done'), count('failed')];
    $('uploads').hidden = all + this.#offers.length === 0;
    $('uploads-clear').hidden = done + failed === 0;
    $('uploads-clear').textContent = failed ? 'Clear finished and failed' : 'Clear finished';
    const rest = failed ? ` · ${failed} failed` : '';
    $('uploads-summary').textContent = all ? `${done} of ${all} finished${rest}` : '';
  }
}
