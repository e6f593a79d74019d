// Where one HTTP/1.1 message ends and the next begins. The load generator and OpenAI's stand-in share a machine with what
// is measured, so they must cost less than it does; a whole client or server of Node's would not.

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');
const NO_CHUNK = '0\r\n\r\n';

/** The messages of one connection. The peers are known to send `Content-Length` or chunks, and no trailers. */
export class Messages {
  #rest = Buffer.alloc(0);

  /**
   * Takes what arrived, and gives the heads of the messages that are complete now.
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

  /** Where the body that begins at `start` ends, or -1 if that is not known yet. */
  #endOf(/** @type {string} */ head, /** @type {number} */ start) {
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length) return start + Number(length[1]);
    if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return start;
    if (this.#rest.toString('latin1', start, start + NO_CHUNK.length) === NO_CHUNK) return start + NO_CHUNK.length;
    const last = this.#rest.indexOf(LAST_CHUNK, start);
    return last < 0 ? -1 : last + LAST_CHUNK.length;
  }
}
