// Who a visitor is: `ID.MAC`, a random id and its HMAC-SHA-256, made and checked by WebCrypto.

export const COOKIE = '__Host-chatkit_visitor';
export const COOKIE_SECONDS = 34_560_000;
export const HEADER = 'X-ChatKit-Visitor';

const utf8 = new TextEncoder();
const VALUE = /^([\w-]{22})\.([\w-]{43})$/;

export const newId = () => toText(crypto.getRandomValues(new Uint8Array(16)));

function toText(/** @type {Uint8Array} */ bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function toBytes(/** @type {string} */ text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0));
}

/** The SHA-256 of a user, as the ledger knows an owner. */
export const ownerOf = async (/** @type {string} */ user) =>
  toText(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8.encode(user))));

async function deriveKey(/** @type {string} */ secret) {
  const material = await crypto.subtle.importKey('raw', utf8.encode(secret), 'HKDF', false, ['deriveKey']);
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8.encode('chatkit-edge visitor 1') };
  return crypto.subtle.deriveKey(hkdf, material, { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign', 'verify']);
}

/** The keys, imported once: the first signs, all verify. @param {string[]} secrets */
export const importKeys = (secrets) => Promise.all(secrets.map(deriveKey));

export async function sign(id, keys) {
  const mac = await crypto.subtle.sign('HMAC', keys[0], utf8.encode(id));
  return `${id}.${toText(new Uint8Array(mac))}`;
}

/** The id that a value proves, or undefined. */
async function verify(value, keys) {
  const [, id, mac] = VALUE.exec(value) ?? [];
  if (!id) return undefined;
  for (const key of keys) {
    if (await crypto.subtle.verify('HMAC', key, toBytes(mac), utf8.encode(id))) return id;
  }
  return undefined;
}

/** The id that a request proves: by the cookie first, by the header where there is none. */
export async function recognise(/** @type {Headers} */ headers, keys) {
  const values = (headers.get('Cookie') ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${COOKIE}=`))
    .map((pair) => pair.slice(COOKIE.length + 1));
  const header = headers.get(HEADER);
  if (header) values.push(header);
  for (const value of values) {
    const id = await verify(value, keys);
    if (id) return id;
  }
  return undefined;
}
