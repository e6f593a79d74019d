/**
 * A plugin for Swagger UI that shows the headers that most responses share once, above the endpoints. Otherwise each of an
 * operation's ten responses repeats them.
 */

/** @typedef {{ description: string }} Header */
/** @typedef {{ headers?: Record<string, Header | { $ref: string }> }} Response */
/** @typedef {{ responses: Record<string, Response>, headers: Record<string, Header> }} Components */
/** @typedef {{ get: (field: string) => any }} ImmutableMap */

/**
 * The headers of more than half of the responses. A header that has two descriptions counts as two.
 * @param {Components} components
 * @returns {{ name: string, description: string }[]}
 */
export function commonHeaders({ responses, headers }) {
  const all = Object.values(responses);
  /** @type {Map<string, { name: string, description: string, count: number }>} */
  const found = new Map();
  for (const { headers: own = {} } of all) {
    for (const [name, value] of Object.entries(own)) {
      // Swagger UI may have resolved the reference.
      const { description } = '$ref' in value ? headers[value.$ref.split('/').at(-1) ?? ''] : value;
      const key = `${name}: ${description}`;
      const header = found.get(key) ?? { name, description, count: 0 };
      found.set(key, header);
      header.count += 1;
    }
  }
  return [...found.values()].filter(({ count }) => count > all.length / 2);
}

/** @param {any} system of Swagger UI */
export const commonHeadersPlugin = ({ React: { createElement, Fragment } }) => {
  /** @type {{ components: any, headers: ReturnType<typeof commonHeaders> }} */
  let last = { components: undefined, headers: [] };

  /** None until the description is loaded. @param {any} system */
  const common = ({ specSelectors }) => {
    const components = specSelectors.specJson().get('components');
    if (components !== last.components) last = { components, headers: components ? commonHeaders(components.toJS()) : [] };
    return last.headers;
  };

  return {
    wrapComponents: {
      headers: (/** @type {unknown} */ Original, /** @type {any} */ system) => (/** @type {{ headers?: any }} */ props) => {
        const isCommon = (/** @type {ImmutableMap} */ header, /** @type {string} */ name) =>
          common(system).some((each) => each.name === name && each.description === header.get('description'));
        return createElement(Original, { ...props, headers: props.headers?.filterNot(isCommon) });
      },
      operations: (/** @type {unknown} */ Original, /** @type {any} */ system) => (/** @type {object} */ props) => {
        const rows = common(system).map(({ name, description }) => {
          const first = createElement('td', { className: 'header-col' }, name);
          return createElement('tr', { key: name }, first, createElement('td', null, description));
        });
        const table = createElement('table', { className: 'headers' }, createElement('tbody', null, ...rows));
        const summary = createElement('summary', null, 'Headers of every response');
        return createElement(Fragment, null,
          createElement('details', { className: 'common-headers' }, summary, table), createElement(Original, props));
      },
    },
  };
};
