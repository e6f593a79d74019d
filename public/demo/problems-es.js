/** Titles and hints of each problem in Spanish; problems.js has the English ones. */

/** @type {import('./problems.js').ProblemTexts} */
export const PROBLEMS_ES = {
  widget_script_failed: {
    title: 'El chat no se pudo cargar',
    hint:
      'Compruebe la conexión y que ningún bloqueador ni cortafuegos bloquee esta dirección. Si definió CHATKIT_JS_URL, ' +
      'revise cómo está escrita.',
  },
  widget_not_defined: {
    title: 'El script no es el de ChatKit',
    hint: 'Revise CHATKIT_JS_URL: sin definir se usa el script de OpenAI.',
  },
  widget_not_ready: {
    title: 'El chat no arranca',
    hint:
      'En los ajustes de OpenAI, añada el dominio de este sitio a la lista de dominios permitidos (Security). Una ' +
      'Content-Security-Policy de la página debe permitir el origen del widget.',
  },
  domain_key_missing: {
    title: 'El chat necesita una clave de dominio',
    hint:
      'Añada el dominio de este sitio a la lista de dominios permitidos en los ajustes de OpenAI (Security) y ponga en ' +
      'CHATKIT_DOMAIN_KEY la clave que aparece allí.',
  },
  blocked_by_policy: {
    title: 'La Content-Security-Policy de la página bloquea el chat',
    hint:
      'Añada la dirección de arriba a la Content-Security-Policy de la página. docs/embed.md de ChatKit Edge enumera ' +
      'todo lo que debe permitir.',
  },
  offline: {
    title: 'No hay conexión',
    hint: 'El chat continuará cuando vuelva la conexión.',
  },
  worker_unreachable: {
    title: 'No se puede llegar al Worker',
    hint:
      'Compruebe la conexión y que el Worker esté en marcha: npm start en su equipo, npx wrangler deployments list si ' +
      'está desplegado. Si la página es de otro sitio, su origen debe estar en ALLOWED_ORIGINS.',
  },
  worker_timeout: {
    title: 'El Worker no respondió a tiempo',
    hint: 'Vuelva a intentarlo dentro de un momento. Si continúa, lea el registro del Worker: npx wrangler tail.',
  },
  token_timeout: {
    title: 'La página no consiguió el token a tiempo',
    hint: 'La función getToken de la página debe terminar en 15 segundos. Revise el endpoint del sitio que emite el token.',
  },
  worker_bad_answer: {
    title: 'La respuesta del Worker no es válida',
    hint: 'Puede que otro servidor responda en /api/. Revise la ruta en wrangler.toml y cualquier proxy que haya delante.',
  },
  page_error: {
    title: 'Algo falló en esta página',
    hint: 'Recargue la página. La consola del navegador puede tener detalles.',
  },
  invalid_json: {
    title: 'El cuerpo no es JSON',
    hint: 'Envíe un objeto JSON o ningún cuerpo. Las páginas con <chatkit-edge> no envían otra cosa.',
  },
  invalid_request: {
    title: 'La solicitud no es válida',
    hint: 'La respuesta nombra el campo y lo que se permite. Corrija la página o el programa que envía la solicitud.',
  },
  not_found: {
    title: 'No hay nada en esta dirección',
    hint: 'Revise la dirección. Una sesión solo la ve quien la creó.',
  },
  method_not_allowed: {
    title: 'Este método no está permitido',
    hint: 'La respuesta enumera en Allow los métodos de esta dirección.',
  },
  payload_too_large: {
    title: 'El cuerpo es demasiado grande',
    hint: 'Envíe como máximo 16 KiB por solicitud, o 256 KiB a /chatkit.',
  },
  not_configured: {
    title: 'El Worker aún no está configurado',
    hint:
      'Corrija el ajuste que se nombra arriba: en .dev.vars en su equipo; con npx wrangler secret put (claves) o en ' +
      'wrangler.toml (lo demás) en el Worker desplegado.',
  },
  openai_key_rejected: {
    title: 'OpenAI no acepta la clave de API',
    hint: 'Revise OPENAI_API_KEY: que esté completa, que no se haya revocado y que su proyecto pueda usar ChatKit.',
  },
  workflow_not_found: {
    title: 'OpenAI no conoce este workflow',
    hint: 'Revise OPENAI_CHATKIT_WORKFLOW_ID: el workflow debe estar publicado y ser del mismo proyecto que la clave de API.',
  },
  wrong_backend: {
    title: 'El Worker usa otro backend',
    hint: 'Recargue la página. Si no ayuda, use <chatkit-edge>, que sigue el ajuste BACKEND, o la dirección de arriba.',
  },
  model_not_found: {
    title: 'El modelo no se conoce',
    hint: 'Revise model en AGENT: cómo está escrito y que el proyecto de la clave de API pueda usarlo.',
  },
  answer_interrupted: {
    title: 'La respuesta se interrumpió',
    hint: 'El texto hasta ahí está guardado. Vuelva a intentarlo o envíe el mensaje siguiente.',
  },
  answer_filtered: {
    title: 'Un filtro de contenido detuvo la respuesta',
    hint: 'Pregunte con otras palabras. El texto hasta ahí está guardado.',
  },
  context_too_long: {
    title: 'El chat es demasiado largo para el modelo',
    hint: 'Empiece un chat nuevo. El responsable puede bajar history en AGENT o definir truncation.',
  },
  thread_busy: {
    title: 'El chat aún está respondiendo',
    hint: 'Espere la respuesta o deténgala.',
  },
  openai_rejected: {
    title: 'OpenAI rechazó la solicitud',
    hint:
      'Revise los ajustes que se envían a OpenAI, como AGENT o SESSION_TTL_SECONDS. El registro del Worker tiene el ' +
      'mensaje de error de OpenAI.',
  },
  openai_rate_limited: {
    title: 'Se alcanzó el límite de OpenAI',
    hint: 'Espere y vuelva a intentarlo. Si ocurre a menudo, revise los límites y el saldo del proyecto de OpenAI.',
  },
  openai_unavailable: {
    title: 'No se puede llegar a OpenAI',
    hint: 'Vuelva a intentarlo dentro de un minuto. Si continúa, mire status.openai.com y revise OPENAI_BASE_URL si la definió.',
  },
  openai_bad_response: {
    title: 'La respuesta de OpenAI no es válida',
    hint:
      'Vuelva a intentarlo dentro de un minuto. Si definió OPENAI_BASE_URL, compruebe que es la dirección de la API de ' +
      'OpenAI.',
  },
  openai_timeout: {
    title: 'OpenAI no respondió a tiempo',
    hint: 'Vuelva a intentarlo dentro de un minuto. OPENAI_TIMEOUT_SECONDS fija cuánto espera el Worker.',
  },
  rate_limited: {
    title: 'Demasiadas solicitudes',
    hint: 'Espere un momento y vuelva a intentarlo.',
  },
  daily_limit_reached: {
    title: 'Se alcanzó el límite de hoy',
    hint: 'Vuelva mañana. El responsable puede subir el ajuste que nombra el registro, como DAILY_SESSION_LIMIT.',
  },
  identity_required: {
    title: 'El Worker no sabe quién es usted',
    hint: 'Vuelva a cargar la página. Con AUTH=jwt o AUTH=access, inicie antes sesión en el sitio: hace falta un token válido.',
  },
  keys_unavailable: {
    title: 'Ahora no se puede comprobar la sesión',
    hint: 'Vuelva a intentarlo en un momento. El responsable puede revisar AUTH_JWKS_URL; el registro del Worker tiene el motivo.',
  },
  origin_not_allowed: {
    title: 'Este sitio no puede usar el Worker',
    hint: 'Añada el origen del sitio a ALLOWED_ORIGINS.',
  },
  workflow_not_allowed: {
    title: 'Este workflow no está permitido',
    hint: 'Añádalo a OPENAI_CHATKIT_WORKFLOW_ID, que enumera los workflows permitidos.',
  },
  internal: {
    title: 'El Worker falló',
    hint: 'Vuelva a intentarlo. El registro del Worker indica la causa para el ID de abajo.',
  },
};
