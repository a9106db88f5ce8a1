// A webhook receiver for Node 18 or newer, without packages.
//
//   WEBHOOK_SECRET=whsec_... node receiver.mjs 8080
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const TOLERANCE_SECONDS = 300;
const MAX_BYTES = 64 * 1024;
const secret = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64');
const seen = new Set(); // in your database, with a unique index

/** Whether `body` (a Buffer, as it came) was signed by the gateway, and lately. */
function isSigned(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': given } = headers;
  if (!id || !given || !/^\d{1,12}$/.test(timestamp ?? '')) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest();
  return given.split(' ').some((signature) => {
    const [version, text] = signature.split(',');
    const found = Buffer.from(text ?? '', 'base64');
    return version === 'v1' && found.length === expected.length && timingSafeEqual(found, expected);
  });
}

function handle(event) {
  console.log(event.type, event.data.asset.key, event.data.reason ?? '');
}

const server = createServer(async (request, response) => {
  if (request.method !== 'POST' || request.url !== '/webhook') return response.writeHead(404).end();
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BYTES) return response.writeHead(413).end();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (!isSigned(request.headers, body)) return response.writeHead(400).end();
  const id = request.headers['webhook-id'];
  if (!seen.has(id)) {
    handle(JSON.parse(body));
    seen.add(id);
  }
  response.writeHead(204).end();
});

server.listen(Number(process.argv[2]), '127.0.0.1');
