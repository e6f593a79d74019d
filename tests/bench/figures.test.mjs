// The parts of the speed benchmark that can be tested alone: parsing HTTP, statistics, tables, /proc and the picture.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figure, quartiles, table } from '../../bench/speed/figures.mjs';
import { Messages } from '../../bench/speed/http1.mjs';
import { draw } from '../../bench/speed/picture.mjs';
import { cpuSeconds, peakMemory } from '../../bench/speed/process.mjs';

const answers = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
  + 'HTTP/1.1 204 No Content\r\n\r\n'
  + 'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"a":1}\r\n0\r\n\r\n'
  + 'HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'
  + 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');

test('The end of each response is found, however the bytes are split', () => {
  const statuses = ['200', '204', '201', '202', '200'];
  for (let size = 1; size <= answers.length; size++) {
    const messages = new Messages();
    const heads = [];
    for (let at = 0; at < answers.length; at += size) heads.push(...messages.push(answers.subarray(at, at + size)));
    assert.deepEqual(heads.map((head) => head.split(' ')[1]), statuses, `${size} bytes at a time`);
  }
});

test('A figure is the median with the minimum and the maximum', () => {
  assert.deepEqual(figure([5, 1, 9]), { median: 5, least: 1, most: 9 });
  assert.deepEqual(figure([4, 1, 9, 6]), { median: 5, least: 1, most: 9 });
});

test('Quartiles are the median with the values that a quarter and three quarters of the others lie below', () => {
  assert.deepEqual(quartiles([5, 1, 4, 2, 3]), { median: 3, least: 2, most: 4 });
});

test('A table is valid Markdown with aligned columns', () => {
  assert.equal(table(['', 'µs'], [['ours', '1,950']]), '|      |    µs |\n| ---- | ----: |\n| ours | 1,950 |');
});

test('The CPU time of a process grows while it works', { skip: process.platform !== 'linux' }, () => {
  const before = cpuSeconds(process.pid);
  const until = performance.now() + 5000;
  while (cpuSeconds(process.pid) - before < 0.05 && performance.now() < until);
  assert.ok(cpuSeconds(process.pid) - before >= 0.05);
  assert.ok(peakMemory(process.pid) > 10);
});

test('The picture has a bar for each contestant that was measured', () => {
  const one = (/** @type {number} */ median) => ({ median, least: median, most: median });
  const cpu = { 'session/64': one(1), 'message/64': one(2), 'health/64': one(3) };
  const svg = draw([{ name: 'A', cpu, memory: 4 }, { name: 'B', cpu: { 'session/64': one(5) }, memory: 6 }]);
  assert.equal(svg.match(/<rect /g)?.length, 6);
});
