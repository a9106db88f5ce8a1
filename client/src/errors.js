/** How everything that fails is told: one error class, with a problem document (RFC 9457). */

/** A longer wait than this is never waited out: whoever asks for it is asked again before. */
export const LONGEST_WAIT_SECONDS = 60;

/** Anything but success, with the problem document that says why. */
export class GatewayError extends Error {
  constructor(problem, { headers, cause } = {}) {
    super(problem.detail || problem.title, { cause });
    this.name = 'GatewayError';
    this.problem = problem;
    this.status = problem.status ?? 0;
    this.slug = (problem.type ?? '').split('/').pop();
    this.errors = problem.errors ?? [];
    this.requestId = headers?.get('x-request-id') ?? null;
    this.retryAfterSeconds = headers ? secondsToWait(headers) : null;
  }
}

/**
 * What Retry-After asks for. A date counts from the answer's own Date; a script often cannot read
 * that, and then a wait that this side's clock makes endless says only that the clock is wrong.
 */
function secondsToWait(headers) {
  const asked = headers.get('retry-after') ?? '';
  if (/^\d+$/.test(asked)) return Number(asked) || null;
  const now = Date.parse(headers.get('date'));
  const seconds = (Date.parse(asked) - (now || Date.now())) / 1000;
  return seconds > 0 && (now || seconds <= LONGEST_WAIT_SECONDS) ? seconds : null;
}

/** What went wrong on this side of the network. */
export const failure = (slug, title, cause) => new GatewayError(
  { type: `/problems/${slug}`, title, status: 0 }, { cause });

export const networkError = (cause) => failure('network', 'The connection failed', cause);

export function unreadable(cause) {
  throw failure('file-unreadable', 'The file was changed, moved or deleted', cause);
}

/** What the store says instead of taking bytes: S3's error document. */
export function refusal({ status, text, headers }) {
  const [, code = ''] = /<Code>([^<]*)</.exec(text) ?? [];
  const problem = { type: '/problems/store-refused', title: 'The store refused the upload', code };
  const detail = code && `${problem.title}: ${code}`;
  return new GatewayError({ ...problem, detail, status }, { headers });
}

/** A refusal that most often means a URL, or what signed it, that expired on the way. */
export const isExpired = ({ status, problem }) => status === 403 || problem?.code === 'ExpiredToken';

/** Whether the same call may succeed a little later. */
export function isPassing(error, failures) {
  const { status, slug, problem } = error;
  if (slug === 'network' || status === 408 || status >= 500) return true;
  if (status === 429) return slug !== 'too-many-uploads';
  if (slug !== 'store-refused') return false;
  // It is signed again, but not for ever.
  if (isExpired(error)) return failures < 3;
  return status === 409 || /^(RequestTimeout|IncompleteBody|BadDigest)$/.test(problem.code);
}

/** Hands `value` to a callback of the page's, whose faults are its own: told, and nothing else. */
export function tell(callback, value) {
  const told = (fault) => console.error(fault);
  try {
    callback?.(value)?.catch?.(told);
  } catch (fault) {
    told(fault);
  }
}
