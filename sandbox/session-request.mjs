// Validates the body of POST /v1/chatkit/sessions as strictly as OpenAI's CreateChatSessionBody schema.
import { check, flag, integer, map, object, oneOf, text, union } from './body-check.mjs';

const STATE_VARIABLES_MAX = 64;
const STATE_KEY_MAX = 64;
const STATE_STRING_MAX = 10_485_760;

const enabled = object({ enabled: flag });
const atLeastOne = { ...integer, min: 1 };
/** @type {import('./body-check.mjs').Rule} */
const stateValue = union({ type: 'string', max: STATE_STRING_MAX }, flag, { type: 'number' });

const BODY = object(
  {
    workflow: object(
      {
        id: text,
        version: text,
        state_variables: map(stateValue, { max: STATE_VARIABLES_MAX, maxKey: STATE_KEY_MAX }),
        tracing: enabled,
      },
      ['id'],
    ),
    user: { ...text, min: 1 },
    expires_after: object({ anchor: oneOf('created_at'), seconds: { ...integer, min: 1, max: 600 } }, ['anchor', 'seconds']),
    rate_limits: object({ max_requests_per_1_minute: atLeastOne }),
    chatkit_configuration: object({
      automatic_thread_titling: enabled,
      file_upload: object({ enabled: flag, max_file_size: { ...integer, min: 1, max: 512 }, max_files: atLeastOne }),
      history: object({ enabled: flag, recent_threads: atLeastOne }),
    }),
  },
  ['workflow', 'user'],
);

/**
 * Throws the 400 that OpenAI would return for the first error in a body.
 * @param {unknown} body
 */
export function checkSessionRequest(body) {
  check(body, BODY);
}
