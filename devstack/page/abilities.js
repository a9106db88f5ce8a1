/** What this gateway can do, by its own OpenAPI document: a route that is not there is not offered. */

export async function abilitiesOf(endpoint) {
  let paths = {};
  try {
    ({ paths } = await (await fetch(`${endpoint}/openapi.json`)).json());
  } catch { /* then the page shows what every gateway has */ }
  const has = (method, path) => method in (paths[path] ?? {});
  return {
    usage: has('get', '/v1/me'),
    projects: has('get', '/v1/projects'),
    shares: has('post', '/v1/shares'),
    move: has('post', '/v1/assets/move'),
    restore: has('post', '/v1/assets/restore'),
    playback: has('post', '/v1/playback'),
  };
}
