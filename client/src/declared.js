/** What a file is declared as: what it is, by its first bytes, its name and what the system says. */

import { unreadable } from './errors.js';
import { byExtension } from './types.js';

const HEAD = 64; // with all the brands that an image's `ftyp` box lists
const UNKNOWN = 'application/octet-stream';
/** What systems call files that they know nothing about. */
const VAGUE = new Set(['', UNKNOWN, 'text/plain']);
const KNOWN = new Set(Object.values(byExtension).flat());

const FTYP = '^.{4}ftyp';
/**
 * Signatures that nothing else has, with the types of such files, the likeliest first. Text, and
 * sound and film that may begin anywhere, have none.
 */
const SIGNATURES = [
  ['^\xff\xd8\xff', 'image/jpeg'],
  ['^\x89PNG\r\n\x1a\n', 'image/png'],
  ['^GIF8[79]a', 'image/gif'],
  ['^RIFF.{4}WEBP', 'image/webp'],
  ['^RIFF.{4}WAVEfmt .{4}\x55\0', 'audio/mpeg', 'audio/wav'], // MP3 in a WAV file
  ['^(RIFF|RIFX|RF64|BW64).{4}WAVE', 'audio/wav'],
  [`${FTYP}(.{4}){0,12}?avi[fs]`, 'image/avif'],
  [`${FTYP}(.{4}){0,12}?(hei[cxms]|hev[cxms])`, 'image/heic'],
  [`${FTYP}(.{4}){0,12}?(mif1|mif2|msf1)`, 'image/heic', 'image/avif'],
  [`${FTYP}qt  `, 'video/quicktime', 'video/mp4', 'audio/mp4', 'video/iso.segment'],
  [`${FTYP}M4[AB] `, 'audio/mp4', 'video/mp4', 'video/quicktime', 'video/iso.segment'],
  [`${FTYP}(iso[m2-9]|mp4[12]|avc1|M4V|dash|MSNV|f4v|3g)`, 'video/mp4', 'audio/mp4',
    'video/quicktime', 'video/iso.segment'],
  ['^\x1a\x45\xdf\xa3.*webm', 'video/webm', 'audio/webm', 'video/x-matroska'],
  ['^\x1a\x45\xdf\xa3', 'video/x-matroska', 'video/webm', 'audio/webm'],
  ['^OggS', 'audio/ogg'],
  ['^fLaC', 'audio/flac'],
  ['^%PDF-', 'application/pdf'],
].map(([signature, ...types]) => [new RegExp(signature, 's'), types]);

/** Lower case, without parameters: recorders add codecs. */
const plain = (type) => type.split(';')[0].trim().toLowerCase();
const familyOf = (type) => type.split('/')[0];

/**
 * The type by name and system alone; of an extension that several kinds share, the kind's. Names of
 * a type that this side does not know go as they are: the gateway knows them all.
 */
function guess(given, name, kind) {
  const [, extension = ''] = /\.([^.]+)$/.exec(name.toLowerCase()) ?? [];
  const types = byExtension[extension];
  if (!types) return given;
  if (KNOWN.has(given) && !VAGUE.has(given) && !types.includes(given)) return given;
  const wanted = kind === 'frame' ? 'image' : kind;
  const fitting = types.filter((type) => familyOf(type) === wanted);
  const choice = fitting.length ? fitting : types;
  if (choice.includes(given)) return given;
  return choice.find((type) => familyOf(type) === familyOf(given)) ?? choice[0];
}

/**
 * The content type to declare, `application/octet-stream` where nothing tells. A `contentType`
 * that the caller chose stands. Rejects with `file-unreadable`.
 */
export async function declaredType(file, { contentType, filename, kind }) {
  if (contentType) return plain(contentType);
  const type = guess(plain(file.type ?? ''), filename ?? file.name ?? '', kind);
  const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer().catch(unreadable));
  const text = String.fromCharCode(...head);
  const [, types = []] = SIGNATURES.find(([signature]) => signature.test(text)) ?? [];
  // Of a document that nobody here knows it may well be the container.
  const opaque = !VAGUE.has(type) && !KNOWN.has(type) && !/^(audio|image|video)\//.test(type);
  if (!types.length || types.includes(type) || opaque) return type || UNKNOWN;
  return types[0];
}

/** What the gateway is told of a file before it is sent. Rejects with `file-unreadable`. */
export async function declarationOf(file, options) {
  const {
    kind, projectId, assetId, metadata, method, filename, previewFor, expiresIn,
  } = options;
  return {
    filename: filename ?? file.name ?? 'file',
    content_type: await declaredType(file, options),
    size: file.size, kind, project_id: projectId, asset_id: assetId, method, metadata,
    preview_for: previewFor, expires_in: expiresIn,
  };
}
