/** Adds the texts of the demo page. Its other modules need them, so main.js imports this one first. */

import { ENGLISH } from './english.js';
import { addTexts } from './language.js';
import { SPANISH } from './spanish.js';

addTexts(ENGLISH, SPANISH);

export { ENGLISH, SPANISH };
