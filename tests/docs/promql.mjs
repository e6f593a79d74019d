// Parses a PromQL expression with Prometheus' own grammar, and returns what it queries.
import { parser } from '@prometheus-io/lezer-promql';

/**
 * @typedef {object} Query
 * @property {string[]} metrics the names of metrics, in order, with repetitions
 * @property {{ metric: string, label: string, operator: string, value: string }[]} matchers
 * @property {string[]} groupings the labels after "by", "on" and similar words
 */

/** @returns {Query} */
export function readPromql(/** @type {string} */ expression) {
  /** @param {{ from: number, to: number } | null | undefined} node */
  const text = (node) => expression.slice(node?.from ?? 0, node?.to ?? 0);
  /** @type {Query} */
  const query = { metrics: [], matchers: [], groupings: [] };
  parser.parse(expression).iterate({
    enter({ name, type, node }) {
      if (type.isError) throw new Error(`not PromQL, from "${expression.slice(node.from)}" on: ${expression}`);
      if (name === 'VectorSelector') {
        const metric = node.getChild('Identifier');
        if (!metric) throw new Error(`a selector without a name: ${expression}`);
        query.metrics.push(text(metric));
      }
      if (name === 'UnquotedLabelMatcher') {
        const selector = node.parent?.parent;
        query.matchers.push({
          metric: text(selector?.getChild('Identifier')),
          label: text(node.getChild('LabelName')),
          operator: text(node.getChild('MatchOp')),
          value: text(node.getChild('StringLiteral')).slice(1, -1),
        });
      }
      if (name === 'GroupingLabels') query.groupings.push(...node.getChildren('LabelName').map(text));
    },
  });
  return query;
}
