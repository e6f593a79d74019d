// The failures of the three compared endpoints, in the words of the Worker that they are compared with.

/** @typedef {{ status: number, code: string, title: string, detail: string, allow?: string, retryAfter?: number }} Row */

/** A request that is not served, and why. */
export class Problem extends Error {
  /** @param {Row} row @param {{ counted?: boolean }} [more] */
  constructor(row, { counted = true } = {}) {
    super(row.detail);
    this.row = row;
    /** Whether a session that failed for this is counted. */
    this.counted = counted;
  }
}

const row = (status, code, title, detail, more) => new Problem({ status, code, title, detail, ...more });

export const invalidJson = () =>
  row(400, 'invalid_json', 'The body is not JSON', 'The body is not valid JSON. Send a JSON object, or no body at all.');
export const invalidRequest = (field, allowed) =>
  row(400, 'invalid_request', 'The request is not valid', `${field} must be ${allowed}.`);
export const originNotAllowed = () =>
  new Problem({
    status: 403,
    code: 'origin_not_allowed',
    title: 'The origin is not allowed',
    detail: "This page's origin may not use this Worker. Its owner can add it to ALLOWED_ORIGINS.",
  }, { counted: false });
export const workflowNotAllowed = () =>
  row(403, 'workflow_not_allowed', 'The workflow is not allowed',
    'This workflow is not one of those in OPENAI_CHATKIT_WORKFLOW_ID.');
export const notFound = () => row(404, 'not_found', 'Not found', 'There is nothing at this address.');
export const methodNotAllowed = (allow) =>
  row(405, 'method_not_allowed', 'The method is not allowed', `This address answers ${allow}.`, { allow });
export const payloadTooLarge = () =>
  row(413, 'payload_too_large', 'The body is too large', 'The body is larger than 16 KiB.');
export const notConfigured = (detail) => row(500, 'not_configured', 'The Worker is not set up', detail);
export const internal = () =>
  row(500, 'internal', 'Internal error', 'Something went wrong in the Worker. Its log has more under this request id.');

export const unavailable = () =>
  row(502, 'openai_unavailable', 'OpenAI cannot be reached',
    'OpenAI could not be reached or had an error. Try again in a moment.');
export const badResponse = () =>
  row(502, 'openai_bad_response', "OpenAI's answer could not be used",
    "OpenAI's answer could not be used. Check that OPENAI_BASE_URL is the address of the API.");
export const timedOut = () =>
  row(504, 'openai_timeout', 'OpenAI did not answer in time', 'OpenAI did not answer in time. Try again in a moment.');
export const abandoned = () =>
  new Problem({
    status: 499,
    code: 'client_gone',
    title: 'The client went away',
    detail: 'The client went away before there was an answer.',
  }, { counted: false });

/** What a status of OpenAI other than 2xx means. */
export function ofStatus(status, retryAfterMs) {
  if (status === 401 || status === 403) {
    return row(502, 'openai_key_rejected', 'OpenAI rejected the API key', status === 401
      ? 'Invalid API key: OpenAI does not accept OPENAI_API_KEY.'
      : 'Beta feature not available: this OPENAI_API_KEY may not use ChatKit.');
  }
  if (status === 404) {
    return row(502, 'workflow_not_found', 'OpenAI does not know the workflow',
      'Workflow not found: the API key and the workflow must be of one OpenAI project, and the workflow published.');
  }
  if (status === 429) {
    return row(429, 'openai_rate_limited', 'OpenAI limits the rate',
      'OpenAI is limiting requests of this account. Try again later.',
      retryAfterMs === undefined ? {} : { retryAfter: Math.ceil(retryAfterMs / 1000) });
  }
  if (status >= 400 && status < 500) {
    return row(502, 'openai_rejected', 'OpenAI rejected the request', `OpenAI rejected the request with status ${status}.`);
  }
  return status >= 500 ? unavailable() : badResponse();
}

/** The problem for whatever was thrown; a session's says so in its detail. */
export function problemOf(error, createsSession) {
  const { row: found } = error instanceof Problem ? error : internal();
  return createsSession ? { ...found, detail: `Error creating ChatKit session: ${found.detail}` } : found;
}

/** Its body, after RFC 9457. */
export const problemBody = ({ status, code, title, detail }, requestId) =>
  JSON.stringify({
    type: `urn:chatkit-edge:problem:${code}`,
    title,
    status,
    detail,
    code,
    request_id: requestId,
    error: detail,
  });
