// docs/monitoring/: every metric, label and code that the dashboard and the alerts name is one that the Worker has, and the other
// way round. Whether the alerts ring when they should is in alerts.test.yml, for promtool.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { parseYaml } from '@redocly/openapi-core';
import { until } from '../support/until.mjs';
import { startWorkerWithSandbox } from '../support/worker.mjs';
import { readPage } from './page.mjs';
import { readPromql } from './promql.mjs';

const file = (/** @type {string} */ path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const yaml = (/** @type {string} */ name) => /** @type {any} */ (parseYaml(file(`docs/monitoring/${name}`)));

/** @typedef {{ title: string, targets: { expr: string, legendFormat: string }[] }} Panel */
/** @typedef {{ alert: string, expr: string, annotations: Record<string, string> }} Alert */

const dashboard = JSON.parse(file('docs/monitoring/grafana-dashboard.json'));
/** @type {Panel[]} */
const panels = dashboard.panels;
/** @type {Alert[]} */
const alerts = yaml('alerts.yml').groups.flatMap((/** @type {{ rules: Alert[] }} */ { rules }) => rules);
const prometheus = yaml('prometheus.yml');
const [scrape] = prometheus.scrape_configs;

/** What Prometheus itself puts on each series, and its own metric about a scrape. */
const ITS_LABELS = ['instance', 'job'];
const ITS_METRIC = 'up';

/** Grafana puts a time in the place of its variable before Prometheus sees the expression. */
const inDashboard = panels.flatMap(({ targets }) => targets).map(({ expr }) => readPromql(expr.replaceAll('$__range', '1d')));
const inAlerts = alerts.map(({ expr }) => readPromql(expr));
const asked = [...inDashboard, ...inAlerts];

/** The metrics of the Worker and the labels of each. @type {Map<string, Set<string>>} */
const metrics = new Map();
/** @type {string[]} */
let codes;
/** As the Worker prints them: name and type. @type {string[]} */
let types;

/** @type {Awaited<ReturnType<typeof startWorkerWithSandbox>>} */
let worker;
before(async () => {
  worker = await startWorkerWithSandbox({ vars: { COUNTER_PUBLISH_SECONDS: '1' }, secrets: { ADMIN_TOKEN: 'token' } });
  worker.sandbox.fail('invalid-key');
  await worker.fetch('/api/chatkit/session', { method: 'POST' });
  let text = '';
  await until(async () => {
    const answer = await worker.fetch(scrape.metrics_path, { headers: { Authorization: 'Bearer token' } });
    text = await answer.text();
    return text.includes('code=');
  }, 'a failure is in the metrics');
  types = [...text.matchAll(/^# TYPE (\w+ \w+)$/gm)].map(([, type]) => type);
  for (const type of types) metrics.set(type.split(' ')[0], new Set());
  for (const [, name, labels] of text.matchAll(/^(\w+)\{(.+)\} /gm)) {
    for (const [, label] of labels.matchAll(/(\w+)="/g)) metrics.get(name)?.add(label);
  }
  // Codes of failures that a session can have; the document has them all.
  codes = [...new Set([...file('public/openapi.yaml').matchAll(/^ {12}- ([a-z_]+)$/gm)].map(([, code]) => code))];
});
after(() => worker?.close());

test('every metric that is asked for is one of the Worker, and none of its own is left out of the dashboard', () => {
  assert.ok(metrics.size >= 8);
  const known = [...metrics.keys()];
  for (const { metrics: names } of asked) {
    for (const name of names) assert.ok(name === ITS_METRIC || known.includes(name), name);
  }
  assert.deepEqual([...new Set(inDashboard.flatMap(({ metrics: names }) => names))].sort(), known.sort());
});

test('the page lists every metric with its type, and no other', () => {
  const rows = readPage('operating.md').rows('Metrics').map(([name, type]) => `${name?.replaceAll('`', '')} ${type}`);
  assert.deepEqual(rows.filter((row) => row.startsWith('chatkit_')), types);
});

test('every label that is asked for is one that the metric has', () => {
  for (const { metrics: names, matchers, groupings } of asked) {
    const labelsOf = (/** @type {string} */ metric) => [...ITS_LABELS, ...(metrics.get(metric) ?? [])];
    for (const { metric, label } of matchers) assert.ok(labelsOf(metric).includes(label), `${metric}{${label}}`);
    for (const label of groupings) assert.ok(names.flatMap(labelsOf).includes(label), `${names} by ${label}`);
  }
});

test('every code that is asked for is a problem of the API', () => {
  const patterns = asked.flatMap(({ matchers }) => matchers).filter(({ label }) => label === 'code');
  assert.ok(patterns.length > 5);
  for (const { operator, value } of patterns) {
    assert.ok(['=', '=~'].includes(operator));
    // Each part of an alternative has to be found, or a misspelt one would hide behind the others.
    const [, start = '', ends = value] = /^(\w*)\((.+)\)$/.exec(value) ?? [];
    const parts = ends.split('|').map((end) => start + end);
    for (const part of parts) assert.ok(codes.some((code) => new RegExp(`^(?:${part})$`).test(code)), part);
  }
});

test('legends and sentences name labels that the expression leaves', () => {
  for (const { targets } of panels) {
    for (const { expr, legendFormat } of targets) {
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        assert.ok(readPromql(expr.replaceAll('$__range', '1d')).groupings.includes(label), legendFormat);
      }
    }
  }
  for (const [i, { annotations }] of alerts.entries()) {
    const { groupings } = inAlerts[i];
    for (const [, label] of Object.values(annotations).join().matchAll(/\$labels\.(\w+)/g)) {
      assert.ok((groupings.length ? groupings : ITS_LABELS).includes(label), label);
    }
  }
});

test('panels have ids of their own and do not overlap', () => {
  /** @type {Set<string>} */
  const taken = new Set();
  for (const { gridPos: { x, y, w, h } } of dashboard.panels) {
    assert.ok(x + w <= 24);
    for (let column = x; column < x + w; column++) {
      for (let row = y; row < y + h; row++) {
        assert.ok(!taken.has(`${column} ${row}`));
        taken.add(`${column} ${row}`);
      }
    }
  }
  assert.equal(new Set(dashboard.panels.map((/** @type {{ id: number }} */ { id }) => id)).size, panels.length);
});

test('Prometheus asks for the metrics under the job that the alerts name, and loads the alerts', () => {
  const jobs = asked.flatMap(({ matchers }) => matchers).filter(({ label }) => label === 'job').map(({ value }) => value);
  assert.deepEqual(jobs, [scrape.job_name]);
  assert.deepEqual(prometheus.rule_files, ['alerts.yml']);
});

test('every alert has made-up series that raise it, and a row on the page that says what to do', () => {
  const names = alerts.map(({ alert }) => alert).sort();
  const cases = yaml('alerts.test.yml').tests.flatMap((/** @type {any} */ { alert_rule_test: rules }) => rules);
  const tried = cases.flatMap((/** @type {any} */ { alertname, exp_alerts: expected }) => (expected.length ? [alertname] : []));
  assert.deepEqual(tried.sort(), names);
  assert.deepEqual(readPage('operating.md').firstColumn('Alerts').map((name) => name.replaceAll('`', '')).sort(), names);
});
