"""A gallery of made-up assets, without a gateway: what is looked at is the page."""

_MODULE = """
import '/client/elements.js';
const folder = '01993a77-0000-7000-8000-';
const make = %(asset)s;
const made = Array.from({ length: %(count)d }, (_, i) => {
  const { kind, type, preview, link } = make(i);
  const filename = `${String(i).padStart(4, '0')}.${type}`;
  return { path: `${kind}/${folder}${String(i).padStart(12, '0')}/${filename}`, filename, kind,
    size: 1000 + i, content_type: `${kind}/${type}`, last_modified: '2026-11-28T09:00:00Z',
    preview, link: { expires_at: '2999-01-01T00:00:00Z', ...link } };
});
let all = made;
const gateway = {
  onUploaded: () => () => {},
  me: async () => ({ usage: { bytes: 1 } }),
  list: ({ q = '', limit = 100 }) => ({
    page: async (cursor) => {
      const found = all.filter(({ filename }) => filename.includes(q));
      const from = Number(cursor ?? 0);
      const next = from + limit < found.length ? String(from + limit) : null;
      return { items: found.slice(from, from + limit), next_cursor: next };
    },
  }),
  delete: async (paths) => {
    all = all.filter(({ path }) => !paths.includes(path));
    return { deleted: paths, errors: [] };
  },
  request: async () => ({ items: [] }),
};
const gallery = document.createElement('asset-gallery');
document.body.append(gallery);
gallery.gateway = gateway;
const cards = () => gallery.shadowRoot.querySelectorAll('.card');
const frame = () => new Promise(requestAnimationFrame);
const until = async (condition) => { while (!condition()) await frame(); };
"""


def made_gallery(count: int, asset: str) -> str:
    """The source of a module that puts it into the page, with `cards()`, `frame()`, `until()`.

    `asset` is a function of a number: `{ kind, type, preview, link }`, type as in `png`.
    """
    return _MODULE % {"count": count, "asset": asset}
