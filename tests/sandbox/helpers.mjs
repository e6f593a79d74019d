// Helpers for the tests of the sandbox: a sandbox per test, and requests as the Worker and the widget send them.
import { SANDBOX_KEY, SANDBOX_WORKFLOW, startSandbox } from '../../sandbox/openai.mjs';

export const GOOD = Object.freeze({ workflow: { id: SANDBOX_WORKFLOW }, user: 'visitor-1' });

/** Starts a sandbox that is closed when the test ends. */
export async function sandboxFor(t, options) {
  const sandbox = await startSandbox({ wordDelayMs: 0, ...options });
  t.after(() => sandbox.close());
  return sandbox;
}

export function apiHeaders(more = {}) {
  return { Authorization: `Bearer ${SANDBOX_KEY}`, 'OpenAI-Beta': 'chatkit_beta=v1', 'Content-Type': 'application/json', ...more };
}

export function createSession(sandbox, body = GOOD, init = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`${sandbox.baseUrl}/chatkit/sessions`, { method: 'POST', headers: apiHeaders(), body: text, ...init });
}

export function cancelSession(sandbox, id, init = {}) {
  return fetch(`${sandbox.baseUrl}/chatkit/sessions/${id}/cancel`, { method: 'POST', headers: apiHeaders(), ...init });
}

/** Creates a session and returns its client secret. */
export async function secretFor(sandbox, more = {}) {
  const response = await createSession(sandbox, { ...GOOD, ...more });
  return (await response.json()).client_secret;
}

export function fromWidget(sandbox, secret, path, body) {
  const headers = { Authorization: `Bearer ${secret}`, Origin: 'https://shop.example' };
  if (body === undefined) return fetch(`${sandbox.url}/widget/${path}`, { headers });
  return fetch(`${sandbox.url}/widget/${path}`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Calls POST /v1/responses. A text is the input. */
export function callModel(sandbox, body, init = {}) {
  const { headers, ...more } = init;
  const whole = typeof body === 'string' ? { input: body, stream: true, store: false } : body;
  return fetch(`${sandbox.baseUrl}/responses`, {
    method: 'POST',
    headers: apiHeaders(headers),
    body: JSON.stringify({ model: 'gpt-5.2', ...whole }),
    ...more,
  });
}

/** The events of a streamed answer, read as the specification of event streams says. */
export async function eventsOf(response) {
  return eventsIn(await response.text());
}

export function eventsIn(text) {
  const frames = text.replaceAll('\r\n', '\n').split('\n\n');
  return frames.filter((frame) => frame.startsWith('event: ')).map((frame) => {
    const [, type, data] = /^event: (.+)\ndata: (.+)$/s.exec(frame) ?? [];
    const event = JSON.parse(data);
    if (event.type !== type) throw new Error(`The event ${type} says that it is ${event.type}.`);
    return event;
  });
}
