/** Shows /openapi.yaml with Swagger UI, to read: nothing is sent from here, so it has no forms and asks for no tokens. */
import { currentTheme, onThemeChange, toggleTheme } from '../demo/theme.js';

const main = /** @type {HTMLElement} */ (document.getElementById('main'));
const button = /** @type {HTMLButtonElement} */ (document.getElementById('theme'));

/** Swagger UI's own dark colours come with a class of the root. */
function showTheme() {
  const theme = currentTheme();
  document.documentElement.classList.toggle('dark-mode', theme === 'dark');
  button.textContent = theme === 'dark' ? 'Light theme' : 'Dark theme';
}

button.addEventListener('click', toggleTheme);
button.hidden = false;
onThemeChange(showTheme);
showTheme();

const renderNothing = () => () => null;

/** @param {any} system */
const readOnlyPlugin = ({ React: { createElement, Fragment } }) => ({
  wrapComponents: {
    // Who must prove what is said in words; these would ask for secrets.
    authorizeBtn: renderNothing,
    authorizeOperationBtn: renderNothing,
    ServersContainer: renderNothing,
    // A link inside the button that opens an operation; opening it puts the same address into the address bar.
    DeepLink: () => (/** @type {{ text: unknown }} */ { text }) => createElement('span', null, text),
    InfoContainer: (/** @type {unknown} */ Original) => (/** @type {object} */ props) =>
      createElement('section', { 'aria-label': 'About' }, createElement(Original, props)),
    // The headings of the groups are of the third level.
    operations: (/** @type {unknown} */ Original) => (/** @type {object} */ props) =>
      createElement(Fragment, null, createElement('h2', { className: 'unseen' }, 'Endpoints'), createElement(Original, props)),
  },
});

/** Mends what Swagger UI tells screen readers: a table that is no table, choices and buttons without a name. */
function fixAccessibility() {
  for (const table of main.querySelectorAll('table[role="region"]')) table.removeAttribute('role');
  for (const select of main.querySelectorAll('.examples-select-element:not([aria-label])')) {
    select.setAttribute('aria-label', 'Example');
  }
  for (const toggle of main.querySelectorAll('.json-schema-2020-12-accordion:not([aria-label])')) {
    if (!toggle.textContent) toggle.setAttribute('aria-label', 'Fields');
  }
}
new MutationObserver(fixAccessibility).observe(main, { childList: true, subtree: true });

// @ts-ignore: vendor/swagger-ui.js, a classic script, has put it there.
window.SwaggerUIBundle({
  url: '/openapi.yaml',
  domNode: main,
  plugins: [readOnlyPlugin],
  supportedSubmitMethods: [],
  deepLinking: true,
  syntaxHighlight: { theme: 'monokai' },
  // The shapes are shown where they are used.
  defaultModelsExpandDepth: -1,
  defaultModelExpandDepth: 3,
  validatorUrl: null,
});
