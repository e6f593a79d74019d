/** Shows /openapi.yaml with Swagger UI, to read: nothing is sent from here, so it has no forms and asks for no tokens. */
import { currentTheme, onThemeChange, toggleTheme } from '../demo/theme.js';

/** Swagger UI's own dark colours come with a class of the root. */
function showTheme() {
  const theme = currentTheme();
  document.documentElement.classList.toggle('dark-mode', theme === 'dark');
  button.textContent = theme === 'dark' ? 'Light theme' : 'Dark theme';
}

const button = /** @type {HTMLButtonElement} */ (document.getElementById('theme'));
button.addEventListener('click', toggleTheme);
button.hidden = false;
onThemeChange(showTheme);
showTheme();

const nothing = () => () => null;

/** @param {any} system */
const readingPlugin = ({ React }) => ({
  wrapComponents: {
    // Who must prove what is said in words; these would ask for secrets.
    authorizeBtn: nothing,
    authorizeOperationBtn: nothing,
    ServersContainer: nothing,
    // The sections' headings are of the third level, below one that is missing.
    operations: (/** @type {any} */ Original) => (/** @type {any} */ props) =>
      React.createElement(
        React.Fragment,
        null,
        React.createElement('h2', { className: 'unseen' }, 'Endpoints'),
        React.createElement(Original, props),
      ),
  },
});

// @ts-ignore: vendor/swagger-ui.js, a classic script, has put it there.
window.SwaggerUIBundle({
  url: '/openapi.yaml',
  domNode: document.getElementById('main'),
  plugins: [readingPlugin],
  supportedSubmitMethods: [],
  deepLinking: true,
  // The shapes are shown where they are used.
  defaultModelsExpandDepth: -1,
  defaultModelExpandDepth: 3,
  validatorUrl: null,
});
