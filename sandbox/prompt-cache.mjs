// How many input tokens a call finds in the prompt cache: the longest beginning that an earlier call with the same model and
// prompt_cache_key had, in steps of 128 tokens, from 1,024 on. A client whose input does not begin the same each time gets 0.
import { promptText, tokensOf } from './responses-input.mjs';

const STEP = 128;
const MINIMUM = 1024;
const MAX_PROMPTS = 200;

export class PromptCache {
  /** The last prompt by model and key. @type {Map<string, string>} */
  #prompts = new Map();

  /** @param {any} body a valid request @returns {number} */
  cachedTokens(body) {
    const key = JSON.stringify([body.model, body.prompt_cache_key ?? null]);
    const prompt = promptText(body);
    const earlier = this.#prompts.get(key) ?? '';
    this.#prompts.delete(key);
    this.#prompts.set(key, prompt);
    if (this.#prompts.size > MAX_PROMPTS) this.#prompts.delete(this.#prompts.keys().next().value ?? '');
    const common = Math.floor(tokensOf(prompt.slice(0, commonLength(prompt, earlier))) / STEP) * STEP;
    return common >= MINIMUM ? common : 0;
  }

  clear() {
    this.#prompts.clear();
  }
}

function commonLength(a, b) {
  const end = Math.min(a.length, b.length);
  let i = 0;
  while (i < end && a[i] === b[i]) i++;
  return i;
}
