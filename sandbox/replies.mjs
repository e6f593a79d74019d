// The replies of the sandbox. The text depends only on the question, so tests can rely on it.
import { setTimeout as wait } from 'node:timers/promises';

const MAX_QUOTED_CHARS = 200;

const TOPICS = {
  live: /\b(key|live|deploy|real|production|clave|producci[oó]n|desplegar)\b/i,
  session: /\b(session|secret|refresh|expire|sesi[oó]n|secreto|renovar)s?\b/i,
  fault: /\b(error|fault|fail|break|fallo|fallar)s?\b/i,
};

const TEXTS = {
  en: {
    asked: (text) => `You asked: “${text}”`,
    sandbox:
      'This is the sandbox: no model has read your message. Set an OpenAI API key and a workflow to chat with your own ' +
      'workflow here.',
    live:
      'To go live, set OPENAI_API_KEY and OPENAI_CHATKIT_WORKFLOW_ID in .dev.vars and restart. For a deployed Worker, use ' +
      '“npx wrangler secret put OPENAI_API_KEY”.',
    session:
      'This chat received its client secret from the Worker when the page opened, and requests the next one shortly before ' +
      'it expires. The API key stays in the Worker.',
    fault:
      'To see how the page handles a failure, post {"fault":"unavailable","times":3} as JSON to /sandbox/faults on the ' +
      'sandbox, then reload the page.',
  },
  es: {
    asked: (text) => `Ha preguntado: «${text}»`,
    sandbox:
      'Esto es el entorno de pruebas: ningún modelo ha leído su mensaje. Configure una clave de OpenAI y un flujo para ' +
      'chatear aquí con su propio flujo.',
    live:
      'Para usarlo de verdad, ponga OPENAI_API_KEY y OPENAI_CHATKIT_WORKFLOW_ID en .dev.vars y vuelva a arrancar. Para un ' +
      'Worker desplegado, use «npx wrangler secret put OPENAI_API_KEY».',
    session:
      'Este chat recibió su secreto del Worker al abrirse la página y pide el siguiente poco antes de que caduque. La ' +
      'clave de la API no sale del Worker.',
    fault:
      'Para ver cómo reacciona la página a un fallo, envíe {"fault":"unavailable","times":3} como JSON a /sandbox/faults ' +
      'y vuelva a cargarla.',
  },
};

/**
 * @param {string} question
 * @param {unknown} locale English unless it starts with "es"
 */
export function replyTo(question, locale) {
  const texts = /^es\b/i.test(String(locale ?? '')) ? TEXTS.es : TEXTS.en;
  const characters = [...question];
  const quoted = characters.length > MAX_QUOTED_CHARS ? `${characters.slice(0, MAX_QUOTED_CHARS).join('')}…` : question;
  const topic = Object.keys(TOPICS).find((name) => TOPICS[name].test(question));
  return [texts.asked(quoted), ...(topic ? [texts[topic]] : []), texts.sandbox].join('\n\n');
}

/**
 * Sends a text word by word, as a model would.
 * @param {import('node:http').ServerResponse} res
 * @param {string} text
 * @param {number} delayMs between words
 */
export async function streamWords(res, text, delayMs) {
  const aborted = new AbortController();
  res.on('close', () => aborted.abort());
  try {
    for (const word of text.match(/\s*\S+\s*/g) ?? [text]) {
      if (aborted.signal.aborted) return;
      res.write(word);
      if (delayMs > 0) await wait(delayMs, undefined, { signal: aborted.signal });
    }
    res.end();
  } catch (error) {
    // A client that disconnects early is not an error.
    if (error.name !== 'AbortError') throw error;
  }
}
