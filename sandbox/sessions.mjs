// Stores the sandbox's sessions in memory and serializes them as OpenAI's ChatSessionResource.
import { randomBytes } from 'node:crypto';

const DEFAULT_REQUESTS_PER_MINUTE = 10;
const RETENTION_MS = 60 * 60 * 1000;

/**
 * @typedef {object} Session
 * @property {string} id
 * @property {string} user
 * @property {string} clientSecret
 * @property {number} expiresAt Unix seconds
 * @property {number} endsAt exact expiry in Unix milliseconds
 * @property {'active' | 'expired' | 'cancelled'} status
 * @property {Record<string, any>} workflow
 * @property {number} requestsPerMinute
 * @property {Record<string, any>} configuration
 * @property {number[]} messageTimes times of the messages in the last minute
 */

export class Sessions {
  /** @type {Map<string, Session>} */
  byId = new Map();
  #bySecret = new Map();
  #ttlSeconds;

  /** @param {number} ttlSeconds default lifetime of a session */
  constructor(ttlSeconds) {
    this.#ttlSeconds = ttlSeconds;
  }

  /** @param {Record<string, any>} body a validated CreateChatSessionBody */
  create(body) {
    this.#deleteExpired();
    const endsAt = Date.now() + (body.expires_after?.seconds ?? this.#ttlSeconds) * 1000;
    const { workflow, chatkit_configuration: configuration = {} } = body;
    /** @type {Session} */
    const session = {
      id: `cksess_${randomBytes(16).toString('hex')}`,
      user: body.user,
      clientSecret: `ek_sandbox_${randomBytes(24).toString('base64url')}`,
      expiresAt: Math.floor(endsAt / 1000),
      endsAt,
      get status() {
        if (this.cancelled) return 'cancelled';
        return Date.now() < this.endsAt ? 'active' : 'expired';
      },
      cancelled: false,
      workflow: {
        id: workflow.id,
        version: workflow.version ?? null,
        state_variables: workflow.state_variables ?? null,
        tracing: { enabled: workflow.tracing?.enabled ?? true },
      },
      requestsPerMinute: body.rate_limits?.max_requests_per_1_minute ?? DEFAULT_REQUESTS_PER_MINUTE,
      configuration: {
        automatic_thread_titling: { enabled: configuration.automatic_thread_titling?.enabled ?? true },
        file_upload: {
          enabled: configuration.file_upload?.enabled ?? false,
          max_file_size: configuration.file_upload?.max_file_size ?? 512,
          max_files: configuration.file_upload?.max_files ?? 10,
        },
        history: {
          enabled: configuration.history?.enabled ?? true,
          recent_threads: configuration.history?.recent_threads ?? null,
        },
      },
      messageTimes: [],
    };
    this.byId.set(session.id, session);
    this.#bySecret.set(session.clientSecret, session);
    return session;
  }

  /** @param {string | null} secret @returns {Session | undefined} */
  findBySecret(secret) {
    return secret === null ? undefined : this.#bySecret.get(secret);
  }

  clear() {
    this.byId.clear();
    this.#bySecret.clear();
  }

  // Bounds the memory of a long-running sandbox. The map is in order of creation, so the oldest sessions come first.
  #deleteExpired() {
    const cutoff = Date.now() - RETENTION_MS;
    for (const [id, session] of this.byId) {
      if (session.endsAt > cutoff) return;
      this.byId.delete(id);
      this.#bySecret.delete(session.clientSecret);
    }
  }
}

/** @param {Session} session */
export function toResource(session) {
  return {
    id: session.id,
    object: 'chatkit.session',
    client_secret: session.status === 'cancelled' ? '' : session.clientSecret,
    expires_at: session.expiresAt,
    workflow: session.workflow,
    user: session.user,
    rate_limits: { max_requests_per_1_minute: session.requestsPerMinute },
    max_requests_per_1_minute: session.requestsPerMinute,
    status: session.status,
    chatkit_configuration: session.configuration,
  };
}
