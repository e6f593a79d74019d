// The demo page of a Worker that runs the chat itself: what it says about backend, agent and model, its chat, and its code
// snippets, which the tests run on another site.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { violations } from './axe.mjs';
import { chat, newVisitor } from './browser.mjs';
import { useChatSites } from './chat-sites.mjs';
import { bundleReact, page as html } from './sites.mjs';

const sites = useChatSites();

/** @param {Record<string, unknown>} [config] @param {import('playwright-core').BrowserContextOptions} [options] */
async function open(config = {}, options) {
  sites.worker.configure(config);
  const visitor = await newVisitor(sites.browser, options);
  await visitor.page.goto(sites.worker.url);
  await visitor.page.locator('#fact-backend', { hasNotText: '…' }).waitFor();
  return { ...visitor, fact: (/** @type {string} */ name) => visitor.page.locator(`#fact-${name}`).innerText() };
}

test('the demo names the backend, the agent and the model, and chats in one stream without an error', async () => {
  const { context, page, fact, troubles } = await open();
  assert.equal(await fact('backend'), 'agent (this Worker runs the chat)');
  assert.equal(await fact('agent'), 'default');
  assert.equal(await fact('model'), 'gpt-5.2');
  assert.equal(await fact('upstream'), 'the sandbox');
  assert.match(await page.locator('#intro').innerText(), /^The Worker behind this page runs the chat/);
  assert.match(await page.locator('#sandbox-note').innerText(), /set these in \.dev\.vars: OPENAI_API_KEY, AGENT/);
  const { say } = await chat(page);
  assert.equal(await say('Good morning'), 'You said: Good morning');
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(troubles, []);
  await context.close();
});

test("an agent's own greeting and prompts come before those of the demo, and several agents and models are counted", async () => {
  const prompts = [{ label: 'Opening hours', prompt: 'When are you open?' }];
  const agents = [
    { id: 'default', name: 'Shop', model: 'gpt-5.2', models: ['gpt-5.2', 'gpt-5.2-mini'], greeting: 'Welcome to the shop', prompts },
    { id: 'support', model: 'gpt-5.2-mini' },
  ];
  const { context, page, fact } = await open({ agents, sandbox: false });
  assert.equal(await page.locator('.greeting').innerText(), 'Welcome to the shop');
  assert.deepEqual(await page.locator('.prompt').allInnerTexts(), ['Opening hours']);
  assert.equal(await fact('agent'), 'Shop, and 1 more: support');
  assert.equal(await fact('model'), 'gpt-5.2 (of 2 to choose from)');
  assert.equal(await fact('upstream'), 'a Responses API');
  await context.close();
});

test('the demo of a remote server says so and names no agent', async () => {
  const remote = await open({ backend: 'remote', agents: undefined, sandbox: false });
  assert.equal(await remote.fact('backend'), 'remote (another server runs the chat)');
  assert.equal(await remote.fact('upstream'), 'the owner’s ChatKit server');
  assert.equal(await remote.page.locator('#fact-agent').isVisible(), false);
  await remote.context.close();
});

test('the demo is in Spanish, dark and on a phone, and can be switched', async () => {
  const { context, page, fact, troubles } = await open({}, { locale: 'es-AR', colorScheme: 'dark', viewport: { width: 360, height: 740 } });
  assert.equal(await fact('backend'), 'agent (este Worker lleva el chat)');
  assert.match(await page.locator('#intro').innerText(), /^El Worker detrás de esta página lleva el chat/);
  assert.match(await page.locator('#sandbox-note').innerText(), /defina esto en \.dev\.vars: OPENAI_API_KEY, AGENT/);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  assert.deepEqual(await violations(page), []);
  await page.getByRole('button', { name: 'English' }).click();
  assert.equal(await fact('backend'), 'agent (this Worker runs the chat)');
  assert.match(await page.locator('#intro').innerText(), /^The Worker behind this page runs the chat/);
  assert.deepEqual(troubles, []);
  await context.close();
});

describe('the snippet', () => {
  /** The snippet in a tab, as it is copied. @param {string} name */
  async function snippet(name) {
    const { context, page } = await open();
    await page.getByRole('tab', { name }).click();
    const text = await page.locator('#snippet-code').innerText();
    await context.close();
    return text;
  }

  /** Opens a page of another site and chats twice, the second time after a reload. @param {string} url */
  async function works(url) {
    sites.worker.reset();
    const { context, page, troubles } = await newVisitor(sites.browser);
    await page.goto(url);
    for (const text of ['Hello', 'Again']) {
      await page.locator('textarea').fill(text);
      await page.locator('textarea').press('Enter');
      await page.locator('.message.assistant .text', { hasText: `You said: ${text}` }).waitFor();
      await page.reload();
    }
    const tokens = sites.worker.requests.filter(({ type }) => type === 'threads.create').map(({ headers }) => headers['x-chatkit-visitor-token']);
    assert.deepEqual(tokens, [undefined, 'visitor-token-1'], 'the visitor is the same after a reload');
    assert.deepEqual(troubles, []);
    await context.close();
  }

  test('for a custom script adds a chat that keeps its visitor', async () => {
    await works(sites.site.put('/script', html(await snippet('Your own script'))));
  });

  test('for React adds a chat that keeps its visitor', async () => {
    const text = await snippet('React');
    sites.site.put('/react.js', await bundleReact(text));
    const head = /<script .+<\/script>/.exec(text)?.[0];
    await works(sites.site.put('/react', html('<div id="root"></div><script type="module" src="/react.js"></script>', head)));
  });

  test('for a terminal gets an answer', async () => {
    const { stdout } = await promisify(execFile)('sh', ['-c', `${await snippet('Terminal')} --silent`]);
    assert.match(stdout, /^data: \{"type":"thread\.created"/);
    assert.match(stdout, /You said: Hello/);
  });
});
