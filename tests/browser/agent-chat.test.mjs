// The demo and <chatkit-edge> on another site with the real Worker as their chat server, and the sandbox as the model.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { until } from '../support/until.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { chat, launch, newVisitor } from './browser.mjs';
import { page as html, startSite, tag } from './sites.mjs';

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof startSite>>} */
let site;
before(async () => {
  site = await startSite();
  const AGENT = { model: 'gpt-5.2', models: ['gpt-5.2', 'gpt-5.2-mini'], instructions: 'Help.', tools: [{ type: 'web_search' }], reasoning: { summary: 'auto' } };
  const AGENTS = { sales: { model: 'gpt-5.2-mini', greeting: 'What would you like to buy?' } };
  const vars = { BACKEND: 'agent', AGENT: JSON.stringify(AGENT), AGENTS: JSON.stringify(AGENTS), ALLOWED_ORIGINS: site.origin, OPENAI_CHATKIT_WORKFLOW_ID: '' };
  [worker, browser] = await Promise.all([startWorkerWithSandbox({ vars }), launch()]);
});
beforeEach(() => worker.sandbox.reset());
after(async () => {
  await Promise.all([worker?.close(), browser?.close()]);
  site?.close();
});

test('the demo answers with the steps of the agent, keeps the chat for a reload, and renames and deletes it', async () => {
  const { context, page, troubles } = await newVisitor(browser);
  await page.goto(worker.url);
  const { say, messages } = await chat(page);
  assert.match(await say('Think, and search for the weather in Rome'), /Rome/);
  assert.ok((await page.locator('.workflow').count()) >= 1);
  assert.ok((await page.locator('.sources li').count()) >= 1);
  assert.match(await say('And in Oslo?'), /Oslo/);
  assert.equal(await messages.count(), 4);

  await page.reload();
  await chat(page);
  await page.getByRole('button', { name: 'Chat history' }).click();
  await page.getByRole('button', { name: /^Rename/ }).click();
  await page.getByLabel('Title', { exact: true }).fill('The weather');
  await page.keyboard.press('Enter');
  await page.locator('.thread', { hasText: 'The weather' }).click();
  await messages.nth(3).waitFor();
  assert.equal(await page.locator('openai-chatkit .title').first().innerText(), 'The weather');
  await page.getByRole('button', { name: 'Chat history' }).click();
  await page.getByRole('button', { name: 'Delete: The weather' }).click();
  await page.getByText('No chats yet.').waitFor();
  assert.deepEqual(troubles, []);
  await context.close();
});

test('after a reload in the middle of an answer the same answer grows to its end, from one call to the model', async () => {
  const { context, page, troubles } = await newVisitor(browser);
  await page.goto(worker.url);
  const composer = page.locator('openai-chatkit textarea');
  await composer.fill('A long story please, pace 25');
  await composer.press('Enter');
  const answer = page.locator('.message.assistant .text').last();
  await until(async () => (await answer.count()) > 0 && (await answer.innerText()).length > 40, 'the beginning of the answer');
  await page.reload();
  await answer.waitFor();
  const lengths = [(await answer.innerText()).length];
  await until(async () => {
    const { length } = await answer.innerText();
    if (length > (lengths.at(-1) ?? 0)) lengths.push(length);
    return lengths.length >= 3;
  }, () => `the answer to grow: ${lengths}`);
  const calls = () => worker.sandbox.requests.filter(({ path, body }) => path === '/v1/responses' && body?.stream);
  assert.equal(calls().length, 1);
  await until(() => page.evaluate(() => Object.values(sessionStorage).every((text) => text === '[]')), 'the end of the answer');
  const whole = await answer.innerText();
  await page.reload();
  await page.getByRole('button', { name: 'Chat history' }).click();
  await page.locator('.thread').click();
  await answer.waitFor();
  assert.equal(await answer.innerText(), whole, 'what was shown is what is stored');
  assert.deepEqual(troubles, []);
  await context.close();
});

test('the stop button ends the answer in the Worker, keeps its text, and the next message works', async () => {
  const { context, page, troubles } = await newVisitor(browser);
  await page.goto(worker.url);
  const { say } = await chat(page);
  const composer = page.locator('openai-chatkit textarea');
  await composer.fill('A long story please, pace 50');
  await composer.press('Enter');
  const answer = page.locator('.message.assistant .text').last();
  await until(async () => (await answer.count()) > 0 && (await answer.innerText()).length > 40, 'the beginning of the answer');
  const stopped = page.waitForResponse((response) => response.url().includes('/chatkit/runs/') && response.request().method() === 'DELETE');
  await page.getByRole('button', { name: 'Stop the answer' }).click();
  assert.equal((await stopped).status(), 200);
  const shown = await answer.innerText();
  // While the first answer goes on, the thread takes no other message.
  assert.match(await say('Thank you'), /Thank you/);
  assert.equal(await page.locator('.notice').count(), 0);
  await page.reload();
  await page.getByRole('button', { name: 'Chat history' }).click();
  await page.locator('.thread').click();
  const stored = await page.locator('.message.assistant .text').first().innerText();
  assert.ok(stored.startsWith(shown.slice(0, 40)) && stored.length < shown.length + 200, `${shown.length} shown, ${stored.length} stored`);
  assert.deepEqual(troubles, []);
  await context.close();
});

test('one tag on another site chats with a named agent, and the visitor is the same after a reload', async () => {
  const { context, page, troubles } = await newVisitor(browser);
  const url = site.put('/page', html(tag(worker.url, 'agent="sales"')));
  await page.goto(url);
  const composer = page.locator('chatkit-edge textarea');
  await composer.waitFor();
  assert.equal(await page.locator('.greeting').innerText(), 'What would you like to buy?');
  await composer.fill('A red bicycle');
  await composer.press('Enter');
  await page.locator('.message.assistant:not(.waiting) .text', { hasText: 'bicycle' }).waitFor();
  const [call] = worker.sandbox.requests.filter(({ path, body }) => path === '/v1/responses' && body?.stream);
  assert.equal(call.body.model, 'gpt-5.2-mini');
  await page.reload();
  await page.getByRole('button', { name: 'Chat history' }).click();
  await page.locator('.thread').click();
  await page.locator('.message.assistant .text', { hasText: 'bicycle' }).waitFor();
  assert.deepEqual(troubles, []);
  await context.close();
});

test('an error of the model is one sentence with a retry, and the retry answers', async () => {
  const { context, page } = await newVisitor(browser);
  await page.goto(worker.url);
  const composer = page.locator('openai-chatkit textarea');
  await composer.fill('Hello, fault: failed times 1');
  await composer.press('Enter');
  const notice = page.locator('openai-chatkit .notice');
  await notice.waitFor();
  assert.doesNotMatch(await notice.innerText(), /sandbox|req_|sk-/);
  await notice.getByRole('button', { name: 'Try again' }).click();
  await page.locator('.message.assistant:not(.waiting) .text', { hasText: 'Hello' }).waitFor();
  assert.equal(await notice.count(), 0);
  await context.close();
});
