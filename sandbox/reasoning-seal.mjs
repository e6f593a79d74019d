// The encrypted_content of reasoning items: a text that belongs to one item and cannot be made up. OpenAI encrypts the reasoning;
// here it is only the item's id and a MAC, which is enough to find a client that sends the wrong one back.
import { createHmac } from 'node:crypto';

const KEY = 'sandbox-reasoning';
const PREFIX = 'gAAAAAB';

const mac = (text) => createHmac('sha256', KEY).update(text).digest('base64url');

/**
 * @param {string} id of the reasoning item
 * @param {boolean} [whole] false for the item when it starts: what is sealed then cannot be sent back
 */
export function seal(id, whole = true) {
  const payload = Buffer.from(whole ? id : `${id} started`).toString('base64url');
  return `${PREFIX}${payload}.${mac(payload)}`;
}

/** The id of the item that a text was sealed for, or null if the sandbox did not seal it. @param {string} sealed */
export function sealedFor(sealed) {
  const [payload, signature] = sealed.slice(PREFIX.length).split('.');
  if (!sealed.startsWith(PREFIX) || signature !== mac(payload)) return null;
  return Buffer.from(payload, 'base64url').toString();
}
