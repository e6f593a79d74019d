// The words of the stand-in widget, in English and Spanish; every other locale falls back to English.

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
    cutShort: 'The reply was cut short.',
    tooMany: /** @param {number} seconds */ (seconds) => `Too many messages for now. Try again in ${seconds} seconds.`,
    threadMissing: 'That chat is no longer here, so this is a new one.',
    loadFailed: 'The chat could not be loaded.',
    sandbox: 'Sandbox: replies are made up on this machine',
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
    cutShort: 'La respuesta quedó cortada.',
    tooMany: /** @param {number} seconds */ (seconds) => `Demasiados mensajes por ahora. Inténtelo de nuevo en ${seconds} segundos.`,
    threadMissing: 'Ese chat ya no está aquí; este es uno nuevo.',
    loadFailed: 'No se pudo cargar el chat.',
    sandbox: 'Entorno de pruebas: las respuestas se inventan en esta máquina',
  },
};

/** @typedef {{ language: string } & typeof TEXTS.en} Texts */

/**
 * @param {string} [locale] such as "es-419"; the browser's when absent
 * @returns {Texts}
 */
export function textsFor(locale) {
  const requested = String(locale || navigator.language || 'en').split('-')[0].toLowerCase();
  const language = Object.hasOwn(TEXTS, requested) ? /** @type {keyof typeof TEXTS} */ (requested) : 'en';
  return { language, ...TEXTS[language] };
}
