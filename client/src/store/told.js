/** What a page shows of errors: a person's terms. */

/** What trying again cannot mend: the file, or the person, has to change. */
const FINAL = new Set([
  'too-large', 'unsupported-type', 'validation-error', 'already-exists', 'insufficient-scope',
  'file-unreadable', 'file-needed',
]);

/** `{ slug, title, detail, canRetry }` of whatever was thrown; of a package's file `filename`, too. */
export function toldOf(error) {
  const { slug = 'unknown', problem, message, filename } = error ?? {};
  const title = problem?.title ?? message ?? String(error);
  const detail = problem?.errors?.[0]?.detail ?? problem?.detail ?? null;
  // What a file is it stays; bytes that changed on their way may arrive whole another time.
  const lies = slug === 'upload-rejected' && !/bytes/.test(detail);
  return Object.freeze({ slug, title, detail, canRetry: !lies && !FINAL.has(slug), filename });
}
