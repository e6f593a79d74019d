/** The words for each problem: a title, and what the reader can do. The element and the dashboard show them. */

/** @typedef {Record<string, { title: string, hint: string }>} ProblemTexts */

/** @type {ProblemTexts} */
export const PROBLEMS = {
  // Found out by the page itself.
  widget_script_failed: {
    title: 'The chat widget did not load',
    hint: 'Check that you are online and that no content blocker or firewall stops this address. If you set CHATKIT_JS_URL, check its spelling.',
  },
  widget_not_defined: {
    title: 'The widget’s script is not ChatKit',
    hint: 'Check CHATKIT_JS_URL: leave it unset to use OpenAI’s own script.',
  },
  widget_not_ready: {
    title: 'The chat does not start',
    hint: 'In OpenAI’s settings, add this site’s domain to the domain allow-list (Security). A Content-Security-Policy of the page must allow the widget’s origin.',
  },
  blocked_by_policy: {
    title: 'The page’s own policy blocks the chat',
    hint: 'Add the address to the Content-Security-Policy of the page. docs/embed.md of ChatKit Edge has all that it must allow.',
  },
  offline: {
    title: 'You are offline',
    hint: 'The chat goes on when you are online again.',
  },
  worker_unreachable: {
    title: 'The Worker cannot be reached',
    hint: 'Check that you are online and that the Worker is running: npm start on your own machine, npx wrangler deployments list once deployed. If the page is of another site, its origin must be in ALLOWED_ORIGINS.',
  },
  worker_timeout: {
    title: 'The Worker takes too long',
    hint: 'Try again in a moment. If it stays so, read the Worker’s log: npx wrangler tail.',
  },
  worker_bad_answer: {
    title: 'The Worker’s answer makes no sense',
    hint: 'Something other than the Worker may be answering at /api/. Check the route in wrangler.toml and any proxy in front.',
  },
  page_error: {
    title: 'Something went wrong on this page',
    hint: 'Reload the page. The browser’s console may say more.',
  },

  // Answered by the Worker.
  not_configured: {
    title: 'The Worker is not set up yet',
    hint: 'Correct the setting named above: in .dev.vars on your own machine; with npx wrangler secret put (keys) or in wrangler.toml (the rest) for the deployed Worker.',
  },
  openai_key_rejected: {
    title: 'OpenAI does not accept the API key',
    hint: 'Check OPENAI_API_KEY: that it is complete, not revoked, and that its project may use ChatKit.',
  },
  workflow_not_found: {
    title: 'OpenAI does not know this workflow',
    hint: 'Check OPENAI_CHATKIT_WORKFLOW_ID: the workflow must be published and belong to the same project as the API key.',
  },
  openai_rejected: {
    title: 'OpenAI refused the session',
    hint: 'Check the session settings, such as SESSION_TTL_SECONDS and the upload limits. The Worker’s log has OpenAI’s own words.',
  },
  openai_rate_limited: {
    title: 'OpenAI’s rate limit is reached',
    hint: 'Wait, then try again. If it happens often, check the limits and the balance of the OpenAI project.',
  },
  openai_unavailable: {
    title: 'OpenAI cannot be reached',
    hint: 'Try again in a minute. If it stays so, look at status.openai.com and check OPENAI_BASE_URL if you set it.',
  },
  openai_bad_response: {
    title: 'OpenAI’s answer could not be used',
    hint: 'Try again in a minute. If you set OPENAI_BASE_URL, check that it points at the OpenAI API.',
  },
  openai_timeout: {
    title: 'OpenAI takes too long',
    hint: 'Try again in a minute. OPENAI_TIMEOUT_SECONDS sets how long the Worker waits.',
  },
  rate_limited: {
    title: 'Too many requests',
    hint: 'Wait a little, then try again.',
  },
  daily_limit_reached: {
    title: 'Today’s sessions are used up',
    hint: 'Come back tomorrow. The owner can raise DAILY_SESSION_LIMIT or DAILY_SESSIONS_PER_USER.',
  },
  identity_required: {
    title: 'You need to sign in',
    hint: 'Sign in to the site, then try again. With AUTH=jwt or AUTH=access every request needs a valid token.',
  },
  origin_not_allowed: {
    title: 'This site may not use the Worker',
    hint: 'Add the site’s origin to ALLOWED_ORIGINS.',
  },
  workflow_not_allowed: {
    title: 'This workflow is not allowed',
    hint: 'Add it to OPENAI_CHATKIT_WORKFLOW_ID, whose values are the allow-list.',
  },
  internal: {
    title: 'The Worker failed',
    hint: 'Try again. The Worker’s log has the cause under the request id below.',
  },
};

/** @param {string} code */
export function problemText(code) {
  return Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code] : undefined;
}
