// The sites of docs/signed-in-users.md, run from the page's own code. Each has one user, identified by a cookie.
//
// `currentUser` is the site's own, so it is written here. Nothing else in the examples is changed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import express from 'express';
import { pythonProgram } from '../../scripts/setup/python.mjs';
import { newFolder } from './folder.mjs';
import { readPage } from './page.mjs';

const page = readPage('signed-in-users.md');

export const COOKIE = 'session=signed-in';
export const SECRET = 'a-secret-that-the-site-shares-with-the-worker';
// Every example reads it from here.
process.env.AUTH_JWT_SECRET = SECRET;

/**
 * @typedef {object} Site
 * @property {string} user the id of the user who is signed in with the cookie
 * @property {(cookie?: string) => Promise<Response>} requestToken the page's request for a token
 * @property {() => Promise<void>} close
 */

const requestTokenAt = (/** @type {string} */ url) => (/** @type {string | undefined} */ cookie) =>
  fetch(`${url}/api/chat-token`, { method: 'POST', headers: cookie ? { cookie } : {} });

/** The route handler, called with a request as Next.js calls it. @returns {Promise<Site>} */
async function nextJs() {
  const example = page.code('Next.js', 'ts');
  const { load, remove } = newFolder({
    // The alias @ works only in Next.js.
    'route.ts': example.replace("'@/lib/auth'", "'./auth.ts'"),
    'auth.ts': `export const currentUser = async (request: Request) =>
      request.headers.get('cookie') === '${COOKIE}' ? { id: 'next-user' } : null;`,
  });
  const { POST } = await load('route.ts');
  return {
    user: 'next-user',
    requestToken: (cookie) =>
      POST(new Request('https://www.example.com/api/chat-token', { method: 'POST', headers: cookie ? { cookie } : {} })),
    close: async () => remove(),
  };
}

/** The router, in an app on loopback. @returns {Promise<Site>} */
async function expressApp() {
  const { load, remove } = newFolder({
    'chat-token.js': page.code('Express', 'js'),
    // A number, as in many databases.
    'auth.js': `export const currentUser = async (request) => request.headers.cookie === '${COOKIE}' ? { id: 4711 } : null;`,
  });
  const { chatToken } = await load('chat-token.js');
  const server = express().use(chatToken).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    user: '4711',
    requestToken: requestTokenAt(`http://127.0.0.1:${port}`),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      remove();
    },
  };
}

/** The router, in an app that uvicorn serves on loopback. @returns {Promise<Site>} */
async function fastApi() {
  const { folder, remove } = newFolder({
    'chat_token.py': page.code('FastAPI', 'python'),
    'auth.py': `from types import SimpleNamespace
from fastapi import Request

def current_user(request: Request):
    return SimpleNamespace(id="fastapi-user") if request.headers.get("cookie") == "${COOKIE}" else None
`,
    'main.py': 'from fastapi import FastAPI\nfrom chat_token import router\n\napp = FastAPI()\napp.include_router(router)\n',
  });
  const uvicorn = spawn(pythonProgram(), ['-m', 'uvicorn', 'main:app', '--host', '127.0.0.1', '--port', '0'], {
    cwd: folder,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(uvicorn, 'exit');
  let printed = '';
  const url = await new Promise((resolve, reject) => {
    createInterface(uvicorn.stderr).on('line', (line) => {
      printed += `${line}\n`;
      const address = /running on (http:\S+)/.exec(line)?.[1];
      if (address) resolve(address);
    });
    uvicorn.once('error', reject);
    uvicorn.once('close', () => reject(new Error(`uvicorn ended:\n${printed}`)));
  });
  return {
    user: 'fastapi-user',
    requestToken: requestTokenAt(url),
    async close() {
      uvicorn.kill();
      await exited;
      remove();
    },
  };
}

/** Every example, by its heading on the page. */
export const sites = { 'Next.js': nextJs, Express: expressApp, FastAPI: fastApi };
