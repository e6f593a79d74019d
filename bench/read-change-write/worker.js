// The counter of the usual snippets: read the number from KV, add one, write it back.
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === '/health') return new Response('ok');
    const count = Number((await env.COUNTERS.get('messages')) ?? 0);
    if (pathname === '/count') return new Response(String(count));
    await env.COUNTERS.put('messages', String(count + 1));
    return Response.json({ status: 'tracked' });
  },
};
