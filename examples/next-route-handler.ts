// A Next.js route handler: `export const { POST } = answersRoute(…)` in `app/api/answers/route.ts`. It is a function from a web-standard
// request to a web-standard response, so it needs nothing of Next.js and runs wherever there are these. Credits are held before the model is
// asked, taken by the tokens that it streamed, and given back when the reader leaves.
import { type Creditpool, CreditpoolError, meterStream } from 'creditpool/client';

export interface AnswersRoute {
  readonly credits: Creditpool;
  /** Who pays, of your session; null: nobody is signed in. */
  readonly customerOf: (request: Request) => string | null;
  /** Your model: one piece for each token. */
  readonly ask: (prompt: string, signal: AbortSignal) => AsyncIterable<string>;
}

export function answersRoute({ credits, customerOf, ask }: AnswersRoute): {
  readonly POST: (request: Request) => Promise<Response>;
} {
  return {
    POST: async (request) => {
      const customer = customerOf(request);
      if (customer === null) return new Response(null, { status: 401 });
      const prompt = await request.text();
      const left = new AbortController();
      const hold = { quantities: { output_tokens: 4_000 } };
      const count = (): { output_tokens: number } => ({ output_tokens: 1 });
      const tokens = meterStream({ credits, customer, action: 'llm.complete', hold, count }, () =>
        ask(prompt, left.signal),
      );
      try {
        // Before the first token the credits are held, so a refusal still has a status of its own: 402 when there are too few.
        return new Response(streamOf(tokens, await tokens.next(), left));
      } catch (error) {
        if (!(error instanceof CreditpoolError)) throw error;
        const { code, message, status } = error;
        return Response.json({ error: { code, message } }, { status });
      }
    },
  };
}

/** The pieces as bytes, one for each time that the reader wants more; the end of the stream waits for the books. */
function streamOf(
  tokens: AsyncGenerator<string, void>,
  first: IteratorResult<string, void>,
  left: AbortController,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next: IteratorResult<string, void> | null = first;
  return new ReadableStream<Uint8Array>({
    pull: async (reader) => {
      const { done, value } = next ?? (await tokens.next());
      next = null;
      if (done === true) reader.close();
      else reader.enqueue(encoder.encode(value));
    },
    cancel: async () => {
      left.abort();
      await tokens.return();
    },
  });
}
