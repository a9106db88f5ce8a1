/** HLS and DASH packages: many files that are one asset to whoever looks at it. */

const MANIFEST = /^application\/(vnd\.apple\.mpegurl|dash\+xml)$/;

export const isManifest = ({ content_type: type }) => MANIFEST.test(type ?? '');

/** The folder that an asset's files share: `[projects/{id}/]{kind}/{asset_id}`. */
export function folderOf({ path, project_id: project }) {
  return path.split('/').slice(0, project ? 4 : 2).join('/');
}

export const nameOf = ({ filename, path }) => filename ?? path.split('/').pop();
