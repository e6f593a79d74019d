// Creates a session for a user: OpenAI is asked once for all who ask the same at one time, and the ledger is told.
import * as ledger from './ledger.js';
import { createSession, sessionBody } from './openai.js';
import { share } from './share.js';
import { ownerOf } from './visitor.js';

/**
 * @param {{ workflow: string, uploads: boolean, stateVariables?: object }} ask
 * @param {string} user
 * @param {{ request: Request, env: any, context: any, line: any, settings: import('./settings.js').Settings }} scope
 */
export async function sessionFor(ask, user, { request, env, context, line, settings }) {
  const body = sessionBody(settings, ask, user);
  const { shared, session, error } = await share(body, request.signal, async () => {
    const created = await createSession(settings, body, request.signal, line);
    // The record is there before the page can ask for it; counting can wait.
    if (created.id) {
      const record = {
        id: created.id,
        owner: await ownerOf(user),
        workflow: ask.workflow,
        created_at: Math.floor(Date.now() / 1000),
        expires_at: created.expiresAt,
        cancelled: false,
      };
      await ledger.remember(env, record).catch((failure) => (line.cause = `the ledger failed: ${failure}`));
    }
    line.event = 'session.created';
    ledger.countLater(env, context, ['sessions_created'], settings);
    return created;
  });
  if (shared) line.event = 'session.shared';
  if (error) throw error;
  line.session_id = session.id ?? undefined;
  return session;
}
