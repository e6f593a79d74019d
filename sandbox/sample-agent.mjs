// The agent of `npm start -- --backend agent` in the sandbox. Its prompts show what an answer can have.

/** `AGENT`, as a table of wrangler.toml. */
export const SAMPLE_AGENT = {
  name: 'Example Shop',
  model: 'gpt-5.2',
  models: ['gpt-5.2', 'gpt-5.2-mini'],
  instructions: 'You help customers of Example Shop. Today is {{today}}.',
  greeting: 'What can I do for you?',
  reasoning: { effort: 'low', summary: 'auto' },
  tools: [{ type: 'web_search' }],
  prompts: [
    { label: 'Say hello', prompt: 'Hello, who are you?' },
    { label: 'Think and search', prompt: 'Think about it, then search the shop for running shoes' },
    { label: 'A long answer', prompt: 'Give me a long answer' },
    { label: 'An answer that breaks off', prompt: 'fault: cut after 8' },
  ],
};
