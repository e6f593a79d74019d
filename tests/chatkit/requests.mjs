// Parts of requests, as the widget sends them.

/**
 * The input of a user message.
 * @param {string} text
 * @param {{ attachments?: string[], quoted_text?: string, inference_options?: object, content?: object[] }} [more]
 */
export const message = (text, more = {}) => ({
  content: [{ type: 'input_text', text }],
  attachments: [],
  inference_options: {},
  ...more,
});
