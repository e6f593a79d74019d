// Valid and invalid JWTs of every kind, and a server for the JWKS that verifies them.
import { createHmac, createSign, generateKeyPairSync, sign as signWith } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const base64url = (/** @type {unknown} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param {object} header @param {object} claims @param {(text: string) => string} signature */
const token = (header, claims, signature) => {
  const text = `${base64url(header)}.${base64url(claims)}`;
  return `${text}.${signature(text)}`;
};

/** @param {object} claims @param {string} secret @param {object} [header] */
export const hs256 = (claims, secret, header = {}) =>
  token({ alg: 'HS256', typ: 'JWT', ...header }, claims, (text) => createHmac('sha256', secret).update(text).digest('base64url'));

/** @param {object} claims */
export const unsigned = (claims) => token({ alg: 'none' }, claims, () => '');

/** A key pair that signs tokens with RS256 or ES256. @param {'RS256' | 'ES256'} alg @param {string} kid */
export function keyPair(alg, kid, modulusLength = 2048) {
  const { publicKey, privateKey } =
    alg === 'RS256' ? generateKeyPairSync('rsa', { modulusLength }) : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
    pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    /** @param {object} claims @param {object} [header] */
    sign: (claims, header = {}) =>
      token({ alg, kid, ...header }, claims, (text) =>
        alg === 'RS256'
          ? createSign('SHA256').update(text).sign(privateKey).toString('base64url')
          : signWith('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
      ),
  };
}

/** Serves a JWKS on loopback. `state.response` can be replaced; `state.requests` counts the requests. */
export async function startKeyServer(/** @type {object[]} */ keys) {
  const state = { response: { status: 200, body: JSON.stringify({ keys }) }, requests: 0 };
  const server = createServer((_, response) => {
    state.requests += 1;
    response.writeHead(state.response.status, { 'Content-Type': 'application/json' }).end(state.response.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    state,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
