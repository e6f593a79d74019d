// Settings files: parsed as wrangler parses them, and merged with the precedence that `npm start` documents.
import assert from 'node:assert/strict';
import test from 'node:test';
import { formatDotenv, mergeSettings, parseDotenv } from '../../scripts/dotenv.mjs';

test('parses names, plain values, comments and blank lines', () => {
  const text = '# a comment\n\nA=1\n  B = two words  \nexport C=3 # why\nD=a#b\nE=\n#F=6\nnot a setting\n';
  assert.deepEqual(parseDotenv(text), { A: '1', B: 'two words', C: '3', D: 'a#b', E: '' });
});

test('an empty value does not swallow the next line', () => {
  assert.deepEqual(parseDotenv('OPENAI_API_KEY=\nOPENAI_CHATKIT_WORKFLOW_ID=wf_1\n'), { OPENAI_API_KEY: '', OPENAI_CHATKIT_WORKFLOW_ID: 'wf_1' });
});

test('removes quotes, which may span lines and contain what looks like a comment', () => {
  assert.deepEqual(parseDotenv('A="x # y"\nB=\'$z\' # note\nC="one\\ntwo"\nD="first\nsecond"\r\nE=`it\'s`'),
    { A: 'x # y', B: '$z', C: 'one\ntwo', D: 'first\nsecond', E: "it's" });
});

test('uses the last of several lines for one name', () => {
  assert.deepEqual(parseDotenv('A=1\nA=2'), { A: '2' });
});

test('parses what formatDotenv wrote to the same values, except for the escaped dollar sign', () => {
  const values = { A: 'plain', B: "it's # here", C: '"quoted"', D: 'two\nlines' };
  assert.deepEqual(parseDotenv(formatDotenv(values)), values);
  assert.equal(formatDotenv({ A: 'a$b' }), "A='a\\$b'\n");
});

test('the shell takes precedence over .dev.vars, and .dev.vars over .env', () => {
  const sources = { devVars: 'OPENAI_API_KEY=b\nX=b', env: ['OPENAI_API_KEY=a\nX=a\nY=a', 'Y=local'], shell: { OPENAI_API_KEY: 'c' } };
  assert.deepEqual(mergeSettings(sources), { OPENAI_API_KEY: 'c', X: 'b', Y: 'local' });
});

test('an empty value counts as unset and does not override another source', () => {
  assert.deepEqual(mergeSettings({ devVars: 'OPENAI_API_KEY=\nA= ', env: ['OPENAI_API_KEY=a'] }), { OPENAI_API_KEY: 'a' });
});

test('only settings of the Worker are taken from the shell', () => {
  const shell = { PATH: '/bin', HOME: '/home', CHATKIT_EDGE_TOOLCHAIN: 'debian', OPENAI_PROJECT_ID: 'p', CHATKIT_JS_URL: 'u' };
  assert.deepEqual(mergeSettings({ shell }), { OPENAI_PROJECT_ID: 'p', CHATKIT_JS_URL: 'u' });
});
