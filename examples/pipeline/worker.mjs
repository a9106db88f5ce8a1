// A back end that makes a frame of each video in a project, and stores it beside the video.
//
//   npm install                                       (and ffmpeg)
//   GATEWAY_URL=… TOKEN_URL=… CLIENT_ID=… CLIENT_SECRET=… SCOPE=… WEBHOOK_SECRET=… \
//     node worker.mjs 8080

import { execFile } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

import { AssetGateway } from 'asset-gateway-client';
import { clientCredentials } from 'asset-gateway-client/backend';

const { env } = process;
const gateway = new AssetGateway({
  endpoint: env.GATEWAY_URL,
  token: clientCredentials({
    tokenUrl: env.TOKEN_URL, clientId: env.CLIENT_ID, clientSecret: env.CLIENT_SECRET, scope: env.SCOPE,
  }),
});
const secret = Buffer.from(env.WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64');
const run = promisify(execFile);

// Films; not the playlists and segments of packages, which are of kind `video`, too.
const FILM = /^video\/(mp4|quicktime|webm|x-matroska|mpeg)$/;
const MOST_BYTES = 65_536;

/** Whether the gateway signed this, and lately. The packages of Standard Webhooks do the same. */
function isSigned({ 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': given }, body) {
  if (!id || !given || !(Math.abs(Date.now() / 1000 - Number(at)) < 300)) return false;
  const expected = createHmac('sha256', secret).update(`${id}.${at}.`).update(body).digest();
  return given.split(' ').some((each) => {
    const [version, text] = each.split(',');
    const found = Buffer.from(text ?? '', 'base64');
    return version === 'v1' && found.length === expected.length && timingSafeEqual(found, expected);
  });
}

async function handle({ type, data }) {
  if (type !== 'asset.created') return;
  const { sub, verified, asset } = data;
  // Frames are told of, too, and are not worked on.
  if (asset.kind !== 'video' || !asset.project_id || !verified || !FILM.test(asset.content_type)) return;
  const user = gateway.actingFor(sub);
  const folder = await mkdtemp(join(tmpdir(), 'frame-'));
  try {
    const [film, frame] = [join(folder, 'film'), join(folder, 'frame.jpg')];
    const { link } = await user.get(asset.path);
    const { ok, status, body } = await fetch(link.url);
    if (!ok) throw new Error(`The store answered ${status}`);
    await pipeline(Readable.fromWeb(body), createWriteStream(film));
    // Of this file alone, whatever it says of others.
    const read = ['-protocol_whitelist', 'file', '-i', `file:${film}`];
    await run('ffmpeg', ['-v', 'error', ...read, '-frames:v', '1', frame], { timeout: 60e3 });
    await user.upload(new Blob([await readFile(frame)], { type: 'image/jpeg' }), {
      filename: 'frame.jpg', kind: 'frame', projectId: asset.project_id, assetId: asset.asset_id,
    });
  } catch (error) {
    if (error.slug !== 'already-exists') throw error; // the event came twice
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function answer(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MOST_BYTES) return 413;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (!isSigned(request.headers, body)) return 400;
  try {
    await handle(JSON.parse(body));
    return 204;
  } catch (error) {
    console.error(error.message);
    return 503; // it comes again
  }
}

const server = createServer(async (request, response) => {
  response.writeHead(await answer(request).catch(() => 400)).end();
});
// A frame takes a second; put longer work into a queue of your own, and answer at once.
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'));
