// Creates a session as the Next.js routes in guides do: it does not check the caller.
import { NextResponse } from 'next/server';

export async function POST(request) {
  try {
    const { userId, workflowId } = await request.json();
    const answer = await fetch(`${process.env.OPENAI_BASE_URL}/chatkit/sessions`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'OpenAI-Beta': 'chatkit_beta=v1',
        Authorization: `Bearer ${process.env.OPENAI_API_KEY}`,
      },
      body: JSON.stringify({ workflow: { id: workflowId }, user: userId || 'anonymous' }),
    });
    if (!answer.ok) return NextResponse.json({ error: await answer.text() }, { status: answer.status });
    const { client_secret } = await answer.json();
    return NextResponse.json({ client_secret });
  } catch (error) {
    return NextResponse.json({ error: error?.message || 'unknown error' }, { status: 500 });
  }
}
