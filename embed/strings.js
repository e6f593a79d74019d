/** The element's own texts in English and Spanish. Those of each problem are in problems.js and problems-es.js. */

import { PROBLEMS } from '../public/demo/problems.js';
import { PROBLEMS_ES } from '../public/demo/problems-es.js';

const en = {
  language: 'en',
  chat: 'Chat',
  loading: 'Loading the chat…',
  open: 'Open the chat',
  close: 'Close the chat',
  retry: 'Try again',
  retrying: 'Trying…',
  retriesAutomatically: 'The chat retries automatically.',
  code: 'Code',
  requestId: 'Request ID',
  details: 'For the owner of this site',
  visitor: {
    offline: { title: 'You are offline', hint: 'The chat continues when you are back online.' },
    signIn: { title: 'Please sign in', hint: 'The chat is for people who are signed in to this site.' },
    temporary: { title: 'The chat is not available at the moment', hint: 'Please wait a little, or try again.' },
    permanent: { title: 'The chat is not available', hint: 'Please come back later.' },
  },
  problems: PROBLEMS,
  unknown: {
    title: 'The chat could not start',
    hint: 'Try again. The Worker’s log may have details for the request ID below.',
  },
  availableIn: (/** @type {number} */ seconds) =>
    `Available again in ${formatDuration(seconds, ['second', 'seconds', 'minutes', 'hours'])}.`,
};

/** @type {typeof en} */
const es = {
  language: 'es',
  chat: 'Chat',
  loading: 'Cargando el chat…',
  open: 'Abrir el chat',
  close: 'Cerrar el chat',
  retry: 'Reintentar',
  retrying: 'Reintentando…',
  retriesAutomatically: 'Se reintenta automáticamente.',
  code: 'Código',
  requestId: 'ID de la solicitud',
  details: 'Para el responsable de este sitio',
  visitor: {
    offline: { title: 'No hay conexión', hint: 'El chat continuará cuando vuelva la conexión.' },
    signIn: { title: 'Inicie sesión', hint: 'El chat es para quienes han iniciado sesión en este sitio.' },
    temporary: { title: 'El chat no está disponible en este momento', hint: 'Espere un poco o vuelva a intentarlo.' },
    permanent: { title: 'El chat no está disponible', hint: 'Vuelva más tarde, por favor.' },
  },
  problems: PROBLEMS_ES,
  unknown: {
    title: 'El chat no pudo iniciarse',
    hint: 'Vuelva a intentarlo. El registro del Worker puede tener detalles del ID de abajo.',
  },
  availableIn: (seconds) => `Disponible de nuevo en ${formatDuration(seconds, ['segundo', 'segundos', 'minutos', 'horas'])}.`,
};

/** @typedef {typeof en} Strings */

/** @param {string} language a BCP 47 tag @returns {Strings} */
export const stringsFor = (language) => (/^es\b/i.test(language) ? es : en);

/**
 * @param {number} seconds
 * @param {[string, string, string, string]} units
 */
function formatDuration(seconds, [second, pluralSeconds, minutes, hours]) {
  if (seconds < 120) return `${seconds} ${seconds === 1 ? second : pluralSeconds}`;
  if (seconds < 7200) return `${Math.ceil(seconds / 60)} ${minutes}`;
  return `${Math.ceil(seconds / 3600)} ${hours}`;
}
