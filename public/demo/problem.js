/** The error class for everything that fails between the page, the widget and the Worker. Each error has a code. */

export class Problem extends Error {
  /**
   * @param {string} code one of the Worker's codes, or one of the page's own in problems.js
   * @param {string} detail one sentence
   * @param {{ requestId?: string | null, retryAfter?: string | null, status?: number }} [options]
   *   status: the HTTP status, 0 without a response
   */
  constructor(code, detail, { requestId = null, retryAfter = null, status = 0 } = {}) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
    this.status = status;
  }
}

/**
 * @param {unknown} error
 * @returns {Problem}
 */
export function toProblem(error) {
  if (error instanceof Problem) return error;
  return new Problem('page_error', error instanceof Error ? error.message : String(error));
}
