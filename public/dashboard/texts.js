/** Adds the texts of the dashboard. Its other modules need them, so main.js imports this one first. */

import { addTexts } from '../demo/language.js';
import { ENGLISH } from './english.js';
import { SPANISH } from './spanish.js';

addTexts(ENGLISH, SPANISH);

export { ENGLISH, SPANISH };
