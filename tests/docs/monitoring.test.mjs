// docs/monitoring/: every metric, label and code in the dashboard and the alerts exists in the Worker, and the dashboard shows
// every metric. promtool tests when the alerts fire, with alerts.test.yml.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { parseYaml } from '@redocly/openapi-core';
import { startKv } from '../support/kv.mjs';
import { startWorkerd } from '../support/workerd.mjs';
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

/** The labels that Prometheus adds to each series, and its own metric about a scrape. */
const PROMETHEUS_LABELS = ['instance', 'job'];
const PROMETHEUS_METRIC = 'up';

/** Parses an expression of the dashboard, in which Grafana replaces a variable with a time. */
const readPanel = (/** @type {string} */ expr) => readPromql(expr.replaceAll('$__range', '1d'));
const dashboardQueries = panels.flatMap(({ targets }) => targets).map(({ expr }) => readPanel(expr));
const alertQueries = alerts.map(({ expr }) => readPromql(expr));
const queries = [...dashboardQueries, ...alertQueries];

/** The names that can be queried, and the labels of each. @type {Map<string, Set<string>>} */
const metrics = new Map();
/** The metric that a name belongs to: a histogram has three. @type {Map<string, string>} */
const families = new Map();
/** @type {string[]} */
let codes;
/** The lines "name type" that the Worker prints. @type {string[]} */
let types;

/** Published counters, with one failure of each kind. */
const PUBLISHED = {
  as_of: Date.now(), totals: {}, failures: { openai_key_rejected: 1 }, answer_failures: { openai_timeout: 1 }, days: {},
};

/** @type {Awaited<ReturnType<typeof startWorkerd>>} */
let worker;
/** @type {Awaited<ReturnType<typeof startKv>>} */
let kv;
before(async () => {
  kv = await startKv();
  kv.values.set('counters/1/0', JSON.stringify(PUBLISHED));
  worker = await startWorkerd({ ADMIN_TOKEN: 'admin-token-for-tests' }, { kv: kv.address });
  const response = await worker.fetch(scrape.metrics_path, { headers: { Authorization: 'Bearer admin-token-for-tests' } });
  const text = await response.text();
  types = [...text.matchAll(/^# TYPE (\w+ \w+)$/gm)].map(([, type]) => type);
  for (const [family, type] of types.map((line) => line.split(' '))) {
    const names = type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${family}_${part}`) : [family];
    for (const name of names) {
      metrics.set(name, new Set());
      families.set(name, family);
    }
  }
  for (const [, name, labels] of text.matchAll(/^(\w+)\{(.+)\} /gm)) {
    for (const [, label] of labels.matchAll(/(\w+)="/g)) metrics.get(name)?.add(label);
  }
  // Every code with which a session can fail.
  codes = [...new Set([...file('public/openapi.yaml').matchAll(/^ {12}- ([a-z_]+)$/gm)].map(([, code]) => code))];
});
after(async () => {
  await worker?.close();
  await kv?.close();
});

test('every metric queried is one of the Worker, and the dashboard has all of them', () => {
  assert.ok(types.length >= 17);
  const known = [...metrics.keys()];
  for (const { metrics: names } of queries) {
    for (const name of names) assert.ok(name === PROMETHEUS_METRIC || known.includes(name), name);
  }
  const queried = dashboardQueries.flatMap(({ metrics: names }) => names).map((name) => families.get(name));
  assert.deepEqual([...new Set(queried)].sort(), [...new Set(families.values())].sort());
});

test('docs/operating.md lists exactly the metrics of the Worker, with their types', () => {
  const rows = readPage('operating.md').rows('Metrics').map(([name, type]) => `${name?.replaceAll('`', '')} ${type}`);
  assert.deepEqual(rows.filter((row) => row.startsWith('chatkit_')), types);
});

test('every label queried is one that the metric has', () => {
  for (const { metrics: names, matchers, groupings } of queries) {
    const labelsOf = (/** @type {string} */ metric) => [...PROMETHEUS_LABELS, ...(metrics.get(metric) ?? [])];
    for (const { metric, label } of matchers) assert.ok(labelsOf(metric).includes(label), `${metric}{${label}}`);
    for (const label of groupings) assert.ok(names.flatMap(labelsOf).includes(label), `${names} by ${label}`);
  }
});

test('every code queried is a problem of the API', () => {
  const patterns = queries.flatMap(({ matchers }) => matchers).filter(({ label }) => label === 'code');
  assert.ok(patterns.length > 5);
  for (const { operator, value } of patterns) {
    assert.ok(['=', '=~'].includes(operator));
    // Each alternative must match a code; otherwise a misspelled one goes unnoticed beside the others.
    const [, start = '', ends = value] = /^(\w*)\((.+)\)$/.exec(value) ?? [];
    const parts = ends.split('|').map((end) => start + end);
    for (const part of parts) assert.ok(codes.some((code) => new RegExp(`^(?:${part})$`).test(code)), part);
  }
});

test('legends and annotations use only labels that the expression keeps', () => {
  for (const { targets } of panels) {
    for (const { expr, legendFormat } of targets) {
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        assert.ok(readPanel(expr).groupings.includes(label), legendFormat);
      }
    }
  }
  for (const [i, { annotations }] of alerts.entries()) {
    const { groupings } = alertQueries[i];
    for (const [, label] of Object.values(annotations).join().matchAll(/\$labels\.(\w+)/g)) {
      assert.ok((groupings.length ? groupings : PROMETHEUS_LABELS).includes(label), label);
    }
  }
});

test('panels have unique ids and do not overlap', () => {
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

test('Prometheus scrapes the metrics under the job that the alerts name, and loads the alerts', () => {
  const jobs = queries.flatMap(({ matchers }) => matchers).filter(({ label }) => label === 'job').map(({ value }) => value);
  assert.deepEqual(jobs, [scrape.job_name]);
  assert.deepEqual(prometheus.rule_files, ['alerts.yml']);
});

test('every alert has test series that raise it, and a row in docs/operating.md that says what to do', () => {
  const names = alerts.map(({ alert }) => alert).sort();
  const cases = yaml('alerts.test.yml').tests.flatMap((/** @type {any} */ { alert_rule_test: rules }) => rules);
  const tried = cases.flatMap((/** @type {any} */ { alertname, exp_alerts: expected }) => (expected.length ? [alertname] : []));
  assert.deepEqual(tried.sort(), names);
  assert.deepEqual(readPage('operating.md').firstColumn('Alerts').map((name) => name.replaceAll('`', '')).sort(), names);
});
