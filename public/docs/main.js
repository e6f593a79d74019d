/** Shows /openapi.yaml with Swagger UI, read-only: no requests are sent, so there are no forms and no token fields. */

import './texts.js';
import '../demo/bar.js';
import { byId } from '../demo/dom.js';
import { currentLanguage, onLanguageChange } from '../demo/language.js';
import { currentTheme, onThemeChange } from '../demo/theme.js';
import { commonHeadersPlugin } from './headers.js';

const main = byId('main');

/** Swagger UI uses its dark colors if the root element has this class. */
function showTheme() {
  document.documentElement.classList.toggle('dark-mode', currentTheme() === 'dark');
}

function showEnglishNote() {
  byId('english-note').hidden = currentLanguage() === 'en';
}

onThemeChange(showTheme);
showTheme();
onLanguageChange(showEnglishNote);
showEnglishNote();

const renderNothing = () => () => null;

/** @param {any} system */
const readOnlyPlugin = ({ React: { createElement, Fragment } }) => ({
  wrapComponents: {
    // The description explains authentication. These components would ask for secrets.
    authorizeBtn: renderNothing,
    authorizeOperationBtn: renderNothing,
    ServersContainer: renderNothing,
    // Plain text instead of a link inside a button. Opening the operation sets the same URL.
    DeepLink: () => (/** @type {{ text: unknown }} */ { text }) => createElement('span', null, text),
    InfoContainer: (/** @type {unknown} */ Original) => (/** @type {object} */ props) =>
      createElement('section', { 'aria-label': 'About' }, createElement(Original, props)),
    // The group headings are h3, so add an h2 above them.
    operations: (/** @type {unknown} */ Original) => (/** @type {object} */ props) =>
      createElement(Fragment, null, createElement('h2', { className: 'unseen' }, 'Endpoints'), createElement(Original, props)),
  },
});

/** Fixes Swagger UI for screen readers: a wrong table role, and selects and buttons without a name. */
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

// @ts-ignore: a global of vendor/swagger-ui.js, a classic script.
window.SwaggerUIBundle({
  url: '/openapi.yaml',
  domNode: main,
  plugins: [readOnlyPlugin, commonHeadersPlugin],
  supportedSubmitMethods: [],
  deepLinking: true,
  syntaxHighlight: { theme: 'monokai' },
  // Schemas are shown where they are used, so hide the separate list.
  defaultModelsExpandDepth: -1,
  defaultModelExpandDepth: 3,
  validatorUrl: null,
});
