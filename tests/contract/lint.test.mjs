// public/openapi.yaml by the rules that Redocly recommends: among them, that each example is right by its schema.
import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { createConfig, lint } from '@redocly/openapi-core';

/** What the linter says although the description is right, with the reason. */
const accepted = [
  // These two refuse no one: they take neither a body nor a parameter nor a proof.
  'operation-4xx-response #/paths/~1api~1chatkit~1config/get/responses',
  'operation-4xx-response #/paths/~1health/get/responses',
  // OpenAPI describes the methods that there are; this is the answer to all others.
  'no-unused-components #/components/responses/MethodNotAllowed',
];

test('the description passes the linter, warnings included', async () => {
  const config = await createConfig({ extends: ['recommended'] });
  const problems = await lint({ ref: fileURLToPath(new URL('../../public/openapi.yaml', import.meta.url)), config });
  const found = problems.map(({ ruleId, location }) => `${ruleId} ${location[0]?.pointer}`);
  assert.deepEqual(found.sort(), accepted.sort(), problems.map(({ message }) => message).join('\n'));
});
