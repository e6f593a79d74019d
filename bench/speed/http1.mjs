// Splits a stream of HTTP/1.1 into messages. The load generator and the stand-in for OpenAI share a machine with what is
// measured, so they must cost less than it does. Node's own HTTP client and server cost more.

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');
const NO_CHUNK = '0\r\n\r\n';

/** The messages of one connection. All peers send `Content-Length` or chunks, and no trailers. */
export class Messages {
  #rest = Buffer.alloc(0);

  /**
   * Appends a chunk and returns the heads of the messages that it completes.
   * @param {Buffer} chunk
   * @returns {string[]}
   */
  push(chunk) {
    this.#rest = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
    const heads = [];
    for (;;) {
      const headEnd = this.#rest.indexOf(HEAD_END);
      if (headEnd < 0) return heads;
      const head = this.#rest.toString('latin1', 0, headEnd);
      const end = this.#endOf(head, headEnd + HEAD_END.length);
      if (end < 0 || end > this.#rest.length) return heads;
      heads.push(head);
      this.#rest = this.#rest.subarray(end);
    }
  }

  /** The end of the body that begins at `start`, or -1 if it has not arrived yet. */
  #endOf(/** @type {string} */ head, /** @type {number} */ start) {
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length) return start + Number(length[1]);
    if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return start;
    if (this.#rest.toString('latin1', start, start + NO_CHUNK.length) === NO_CHUNK) return start + NO_CHUNK.length;
    const last = this.#rest.indexOf(LAST_CHUNK, start);
    return last < 0 ? -1 : last + LAST_CHUNK.length;
  }
}
