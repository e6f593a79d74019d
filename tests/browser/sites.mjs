// Pages of another site, for tests of cross-site use.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { build } from 'esbuild';
import { inRoot } from '../../scripts/setup/paths.mjs';

/**
 * Starts a site at 127.0.0.1, so that the Worker at localhost is cross-site.
 * @returns {Promise<{ origin: string, put: (path: string, html: string, headers?: Record<string, string>) => string, close: () => void }>}
 *   put: sets the response for a path and returns its URL
 */
export async function startSite() {
  /** @type {Map<string, { html: string, headers: Record<string, string> }>} */
  const pages = new Map();
  const server = createServer((request, response) => {
    const page = pages.get(request.url ?? '');
    const type = request.url?.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
    response.writeHead(page ? 200 : 404, { 'Content-Type': type, ...page?.headers }).end(page?.html ?? '');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const origin = `http://127.0.0.1:${port}`;
  pages.set('/favicon.ico', { html: '', headers: {} });
  return {
    origin,
    put(path, html, headers = {}) {
      pages.set(path, { html, headers });
      return origin + path;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A page with this body. @param {string} body @param {string} [head] */
export const page = (body, head = '') => `<!doctype html><html lang="en"><meta charset="utf-8"><title>A site</title>${head}<main><h1>A site</h1>${body}</main></html>`;

/** The tag as in the README. @param {string} worker the URL of the Worker */
export const tag = (worker, attributes = '') =>
  `<script type="module" src="${worker}/embed.js"></script><chatkit-edge ${attributes}></chatkit-edge>`;

/** A script that renders the component `Chat` of some code for React in the element with the id "root". @param {string} code */
export async function bundleReact(code) {
  const { outputFiles } = await build({
    stdin: {
      contents: `${code}\nimport { createRoot } from 'react-dom/client';\ncreateRoot(document.getElementById('root')).render(<Chat />);`,
      loader: 'jsx',
      resolveDir: inRoot(),
    },
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
  });
  return outputFiles[0].text;
}
