// The counter of common snippets: it reads the number from KV, adds one and writes it back.
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
