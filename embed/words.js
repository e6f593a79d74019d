/** What the element itself says, in English and Spanish. What it says of each problem is in problems.js and words-es.js. */

import { WORDS as ENGLISH } from '../public/demo/problems.js';
import { WORDS as SPANISH } from './words-es.js';

const en = {
  chat: 'Chat',
  loading: 'Loading the chat…',
  open: 'Open the chat',
  close: 'Close the chat',
  tryAgain: 'Try again',
  trying: 'Trying…',
  byItself: 'It tries again by itself.',
  code: 'Code',
  requestId: 'Request id',
  details: 'For the owner of this site',
  visitor: {
    offline: { title: 'You are offline', hint: 'The chat goes on when you are online again.' },
    signIn: { title: 'Please sign in', hint: 'The chat is for people who are signed in to this site.' },
    passing: { title: 'The chat is not available at the moment', hint: 'Please wait a little, or try again.' },
    lasting: { title: 'The chat is not available', hint: 'Please come back later.' },
  },
  problems: ENGLISH,
  unknown: { title: 'The chat could not start', hint: 'Try again. The Worker’s log may say more under the request id below.' },
  free: (/** @type {number} */ seconds) => `It is free again in ${span(seconds, ['second', 'seconds', 'minutes', 'hours'])}.`,
};

/** @type {typeof en} */
const es = {
  chat: 'Chat',
  loading: 'Cargando el chat…',
  open: 'Abrir el chat',
  close: 'Cerrar el chat',
  tryAgain: 'Reintentar',
  trying: 'Reintentando…',
  byItself: 'Se reintenta automáticamente.',
  code: 'Código',
  requestId: 'Id. de la solicitud',
  details: 'Para el responsable de este sitio',
  visitor: {
    offline: { title: 'No hay conexión', hint: 'El chat seguirá cuando vuelva la conexión.' },
    signIn: { title: 'Inicie sesión', hint: 'El chat es para quienes han iniciado sesión en este sitio.' },
    passing: { title: 'El chat no está disponible en este momento', hint: 'Espere un poco o vuelva a intentarlo.' },
    lasting: { title: 'El chat no está disponible', hint: 'Vuelva más tarde, por favor.' },
  },
  problems: SPANISH,
  unknown: { title: 'El chat no pudo iniciarse', hint: 'Vuelva a intentarlo. El registro del Worker puede decir más con el id. de abajo.' },
  free: (seconds) => `Quedará libre en ${span(seconds, ['segundo', 'segundos', 'minutos', 'horas'])}.`,
};

/** @typedef {typeof en} Words */

/** @param {string} language a BCP 47 tag @returns {Words} */
export const wordsIn = (language) => (/^es\b/i.test(language) ? es : en);

/** The language of the words. @param {Words} words */
export const languageOfWords = (words) => (words === es ? 'es' : 'en');

/**
 * @param {number} seconds
 * @param {[string, string, string, string]} units
 */
function span(seconds, [second, ofSeconds, minutes, hours]) {
  if (seconds < 120) return `${seconds} ${seconds === 1 ? second : ofSeconds}`;
  if (seconds < 7200) return `${Math.ceil(seconds / 60)} ${minutes}`;
  return `${Math.ceil(seconds / 3600)} ${hours}`;
}
