/** The texts around the API description, which is in English. */

import { addTexts } from '../demo/language.js';

export const ENGLISH = { page: 'API · ChatKit Edge' };

export const SPANISH = {
  page: 'API · ChatKit Edge',
  skip: 'Ir al contenido',
};

addTexts(ENGLISH, SPANISH);
