// public/openapi.yaml passes Redocly's recommended rules; one of them validates each example against its schema.
import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { createConfig, lint } from '@redocly/openapi-core';

/** Accepted findings of the linter, with the reason. */
const accepted = [
  // These have no 4xx response: they take no body, no parameter and no credentials.
  'operation-4xx-response #/paths/~1api~1chatkit~1config/get/responses',
  'operation-4xx-response #/paths/~1api~1health/get/responses',
  'operation-4xx-response #/paths/~1health/get/responses',
  // OpenAPI describes only existing methods; this is the response to all others.
  'no-unused-components #/components/responses/MethodNotAllowed',
];

test('the description passes the linter, warnings included', async () => {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lint({ ref: fileURLToPath(new URL('../../public/openapi.yaml', import.meta.url)), config });
  const found = problems.map(({ ruleId, location }) => `${ruleId} ${location[0]?.pointer}`);
  assert.deepEqual(found.sort(), accepted.sort(), problems.map(({ message }) => message).join('\n'));
});
