/** A title and a hint for each problem code, shown by the element and the dashboard. */

/** @typedef {Record<string, { title: string, hint: string }>} ProblemTexts */

/** @type {ProblemTexts} */
export const PROBLEMS = {
  // Detected by the page.
  widget_script_failed: {
    title: 'The chat widget did not load',
    hint:
      'Check that you are online and that no content blocker or firewall blocks this address. If you set ' +
      'CHATKIT_JS_URL, check its spelling.',
  },
  widget_not_defined: {
    title: 'The widget’s script is not ChatKit',
    hint: 'Check CHATKIT_JS_URL: leave it unset to use OpenAI’s own script.',
  },
  widget_not_ready: {
    title: 'The chat does not start',
    hint:
      'In OpenAI’s settings, add this site’s domain to the domain allow-list (Security). A Content-Security-Policy of ' +
      'the page must allow the widget’s origin.',
  },
  domain_key_missing: {
    title: 'The chat needs a domain key',
    hint:
      'Add this site’s domain to the domain allow-list in OpenAI’s settings (Security), and set CHATKIT_DOMAIN_KEY to the ' +
      'key that it shows.',
  },
  blocked_by_policy: {
    title: 'The page’s Content-Security-Policy blocks the chat',
    hint:
      'Add the address above to the page’s Content-Security-Policy. docs/embed.md of ChatKit Edge lists everything it ' +
      'must allow.',
  },
  offline: {
    title: 'You are offline',
    hint: 'The chat continues when you are back online.',
  },
  worker_unreachable: {
    title: 'The Worker cannot be reached',
    hint:
      'Check that you are online and that the Worker is running: npm start on your own machine, npx wrangler ' +
      'deployments list once deployed. If the page is on another site, its origin must be in ALLOWED_ORIGINS.',
  },
  worker_timeout: {
    title: 'The Worker did not respond in time',
    hint: 'Try again in a moment. If it continues, read the Worker’s log: npx wrangler tail.',
  },
  token_timeout: {
    title: 'The page did not get its token in time',
    hint: 'The page’s getToken must finish within 15 seconds. Check the site’s endpoint that issues the token.',
  },
  worker_bad_answer: {
    title: 'The Worker’s response is not valid',
    hint: 'Another server may be responding at /api/. Check the route in wrangler.toml and any proxy in front of the Worker.',
  },
  page_error: {
    title: 'Something went wrong on this page',
    hint: 'Reload the page. The browser’s console may have details.',
  },

  // Returned by the Worker.
  invalid_json: {
    title: 'The body is not JSON',
    hint: 'Send a JSON object, or no body at all. Pages with <chatkit-edge> send nothing else.',
  },
  invalid_request: {
    title: 'The request is not valid',
    hint: 'The response names the field and what is allowed. Correct the page or the program that sends the request.',
  },
  not_found: {
    title: 'There is nothing at this address',
    hint: 'Check the address. Only the caller that created a session can see it.',
  },
  method_not_allowed: {
    title: 'This method is not allowed',
    hint: 'The response lists the methods of this address in Allow.',
  },
  payload_too_large: {
    title: 'The body is too large',
    hint: 'Send at most 16 KiB in a request, and at most 256 KiB to /chatkit.',
  },
  not_configured: {
    title: 'The Worker is not set up yet',
    hint:
      'Correct the setting named above: in .dev.vars on your own machine; with npx wrangler secret put (keys) or in ' +
      'wrangler.toml (the rest) for the deployed Worker.',
  },
  openai_key_rejected: {
    title: 'OpenAI does not accept the API key',
    hint: 'Check OPENAI_API_KEY: that it is complete, not revoked, and that its project may use ChatKit.',
  },
  workflow_not_found: {
    title: 'OpenAI does not know this workflow',
    hint: 'Check OPENAI_CHATKIT_WORKFLOW_ID: the workflow must be published and belong to the same project as the API key.',
  },
  wrong_backend: {
    title: 'The Worker runs another backend',
    hint: 'Reload the page. If it does not help, use <chatkit-edge>, which follows the setting BACKEND, or the address above.',
  },
  model_not_found: {
    title: 'The model is not known',
    hint: 'Check model in AGENT: its spelling, and that the project of the API key may use it.',
  },
  answer_interrupted: {
    title: 'The answer was interrupted',
    hint: 'The text so far is stored. Try again, or send the next message.',
  },
  answer_filtered: {
    title: 'The answer was stopped by a content filter',
    hint: 'Ask in other words. The text so far is stored.',
  },
  context_too_long: {
    title: 'The chat is too long for the model',
    hint: 'Start a new chat. The owner can lower history in AGENT, or set truncation.',
  },
  thread_busy: {
    title: 'The chat is still answering',
    hint: 'Wait for the answer, or stop it.',
  },
  openai_rejected: {
    title: 'OpenAI rejected the request',
    hint:
      'Check the settings that are sent to OpenAI, such as AGENT or SESSION_TTL_SECONDS. The Worker’s log has OpenAI’s ' +
      'error message.',
  },
  openai_rate_limited: {
    title: 'OpenAI’s rate limit is reached',
    hint: 'Wait, then try again. If it happens often, check the limits and the balance of the OpenAI project.',
  },
  openai_unavailable: {
    title: 'OpenAI cannot be reached',
    hint: 'Try again in a minute. If it continues, check status.openai.com, and OPENAI_BASE_URL if you set it.',
  },
  openai_bad_response: {
    title: 'OpenAI’s response is not valid',
    hint: 'Try again in a minute. If you set OPENAI_BASE_URL, check that it points at the OpenAI API.',
  },
  openai_timeout: {
    title: 'OpenAI did not respond in time',
    hint: 'Try again in a minute. OPENAI_TIMEOUT_SECONDS sets how long the Worker waits.',
  },
  rate_limited: {
    title: 'Too many requests',
    hint: 'Wait a moment, then try again.',
  },
  daily_limit_reached: {
    title: 'Today’s limit is reached',
    hint: 'Come back tomorrow. The owner can raise the setting that the log names, such as DAILY_SESSION_LIMIT.',
  },
  identity_required: {
    title: 'The Worker does not know who you are',
    hint: 'Reload the page. With AUTH=jwt or AUTH=access every request needs a valid token: sign in to the site first.',
  },
  keys_unavailable: {
    title: 'Signing in cannot be checked right now',
    hint: 'Try again in a moment. The owner can check AUTH_JWKS_URL; the log of the Worker has the reason.',
  },
  origin_not_allowed: {
    title: 'This site is not allowed to use the Worker',
    hint: 'Add the site’s origin to ALLOWED_ORIGINS.',
  },
  workflow_not_allowed: {
    title: 'This workflow is not allowed',
    hint: 'Add it to OPENAI_CHATKIT_WORKFLOW_ID, which lists the allowed workflows.',
  },
  internal: {
    title: 'The Worker failed',
    hint: 'Try again. The Worker’s log has the cause for the request ID below.',
  },
};

/** @param {string} code */
export function problemText(code) {
  return Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code] : undefined;
}
