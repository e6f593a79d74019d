// What an expression of PromQL asks for: read by Prometheus' own grammar.
import { parser } from '@prometheus-io/lezer-promql';

/**
 * @typedef {object} Asked
 * @property {string[]} metrics the names of metrics, as often as they stand there
 * @property {{ metric: string, label: string, operator: string, value: string }[]} matchers
 * @property {string[]} groupings the labels after by, on and the like
 */

/** @returns {Asked} */
export function readPromql(/** @type {string} */ expression) {
  /** @param {{ from: number, to: number } | null | undefined} node */
  const text = (node) => expression.slice(node?.from ?? 0, node?.to ?? 0);
  /** @type {Asked} */
  const asked = { metrics: [], matchers: [], groupings: [] };
  parser.parse(expression).iterate({
    enter({ name, type, node }) {
      if (type.isError) throw new Error(`no PromQL from "${expression.slice(node.from)}" on: ${expression}`);
      if (name === 'VectorSelector') {
        const metric = node.getChild('Identifier');
        if (!metric) throw new Error(`a selector without a name: ${expression}`);
        asked.metrics.push(text(metric));
      }
      if (name === 'UnquotedLabelMatcher') {
        const selector = node.parent?.parent;
        asked.matchers.push({
          metric: text(selector?.getChild('Identifier')),
          label: text(node.getChild('LabelName')),
          operator: text(node.getChild('MatchOp')),
          value: text(node.getChild('StringLiteral')).slice(1, -1),
        });
      }
      if (name === 'GroupingLabels') asked.groupings.push(...node.getChildren('LabelName').map(text));
    },
  });
  return asked;
}
