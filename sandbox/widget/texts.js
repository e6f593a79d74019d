// Texts of the stand-in widget in English and Spanish. Every other locale falls back to English.

const TEXTS = {
  en: {
    frame: 'Chat',
    greeting: 'What can I help with today?',
    placeholder: 'Message the AI',
    send: 'Send message',
    prompts: 'Suggestions',
    messages: 'Messages',
    you: 'You said:',
    assistant: 'Reply:',
    newChat: 'New chat',
    history: 'Chat history',
    closeHistory: 'Close history',
    noThreads: 'No chats yet.',
    untitled: 'Untitled chat',
    loading: 'Loading…',
    retry: 'Try again',
    noConnection: 'The chat could not connect.',
    renewFailed: 'The chat could not renew its session.',
    notSent: 'The message was not sent.',
    cutShort: 'The reply was interrupted.',
    tooMany: /** @param {number} seconds */ (seconds) => `Too many messages. Try again in ${seconds} seconds.`,
    threadMissing: 'That chat no longer exists. This is a new chat.',
    loadFailed: 'The chat could not be loaded.',
    sandbox: 'Sandbox: replies are generated on this machine',
  },
  es: {
    frame: 'Chat',
    greeting: '¿En qué puedo ayudarle hoy?',
    placeholder: 'Escriba a la IA',
    send: 'Enviar mensaje',
    prompts: 'Sugerencias',
    messages: 'Mensajes',
    you: 'Usted:',
    assistant: 'Respuesta:',
    newChat: 'Chat nuevo',
    history: 'Historial de chats',
    closeHistory: 'Cerrar el historial',
    noThreads: 'Aún no hay chats.',
    untitled: 'Chat sin título',
    loading: 'Cargando…',
    retry: 'Reintentar',
    noConnection: 'El chat no pudo conectarse.',
    renewFailed: 'El chat no pudo renovar su sesión.',
    notSent: 'El mensaje no se envió.',
    cutShort: 'La respuesta se interrumpió.',
    tooMany: /** @param {number} seconds */ (seconds) => `Demasiados mensajes. Inténtelo de nuevo en ${seconds} segundos.`,
    threadMissing: 'Ese chat ya no existe. Este es un chat nuevo.',
    loadFailed: 'No se pudo cargar el chat.',
    sandbox: 'Entorno de pruebas: las respuestas se generan en esta máquina',
  },
};

/** @typedef {{ language: string } & typeof TEXTS.en} Texts */

/**
 * @param {string} [locale] such as "es-419"; default: the browser's language
 * @returns {Texts}
 */
export function textsFor(locale) {
  const requested = String(locale || navigator.language || 'en').split('-')[0].toLowerCase();
  const language = Object.hasOwn(TEXTS, requested) ? /** @type {keyof typeof TEXTS} */ (requested) : 'en';
  return { language, ...TEXTS[language] };
}
