// The bytes of the compared requests, as a browser sends them from a page of another site.
import { SITE, WORKFLOW } from './workers.mjs';

/** @typedef {'session' | 'message' | 'health'} Endpoint */

const BROWSER = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  Accept: '*/*',
  'Accept-Language': 'en-US,en;q=0.9',
  Origin: SITE,
  Referer: `${SITE}/`,
  'Sec-Fetch-Mode': 'cors',
  'Sec-Fetch-Site': 'cross-site',
  'Sec-Fetch-Dest': 'empty',
};

/** @type {Record<Endpoint, { method: string, body?: string }>} */
const ENDPOINTS = {
  session: { method: 'POST', body: JSON.stringify({ userId: 'demo-user-123', workflowId: WORKFLOW }) },
  message: { method: 'POST', body: JSON.stringify({ threadId: 'cthr_0123456789abcdef', type: 'message.sent' }) },
  health: { method: 'GET' },
};

/** @param {Endpoint} endpoint @param {string} path @param {string} host @param {string} [cookie] */
export function requestFor(endpoint, path, host, cookie) {
  const { method, body = '' } = ENDPOINTS[endpoint];
  const headers = {
    Host: host,
    ...BROWSER,
    ...(body && { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
    ...(cookie && { Cookie: cookie }),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
}

/** Cookies of different visitors, or none if responses set none. Equal requests at the same time would share a session. */
export async function cookiesFrom(/** @type {string} */ url, /** @type {string} */ path, /** @type {number} */ count) {
  const one = async () => {
    const answer = await fetch(url + path, {
      method: 'POST', body: ENDPOINTS.session.body, headers: { Origin: SITE, 'Content-Type': 'application/json' },
    });
    await answer.arrayBuffer();
    return answer.headers.getSetCookie()[0]?.split(';', 1)[0];
  };
  const cookies = [];
  while (cookies.length < count) {
    cookies.push(...(await Promise.all(Array.from({ length: Math.min(32, count - cookies.length) }, one))));
    // This server sets no cookie.
    if (!cookies[0]) return [];
  }
  return /** @type {string[]} */ (cookies);
}
