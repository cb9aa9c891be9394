// A proxy in front of a model: credits are held before it is asked, taken by the tokens that it streamed, and given back when the reader
// leaves. Every token is one event of the stream here; count as your model reports them.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

import { type Creditpool, CreditpoolError, meterStream } from 'creditpool/client';

export function llmProxy(credits: Creditpool, modelUrl: string): Server {
  return createServer((request, response) => {
    const customer = `ext:${request.headers['x-organisation']?.toString() ?? ''}`;
    const hold = { quantities: { output_tokens: 4_000 } };
    const count = (text: string) => ({ output_tokens: text.split('data:').length - 1 });
    const answer = meterStream({ credits, customer, action: 'llm.complete', hold, count }, async () => {
      const { body } = await fetch(modelUrl, { method: 'POST' });
      if (body === null) throw new Error('the model said nothing');
      return body.pipeThrough(new TextDecoderStream());
    });
    // Whoever leaves ends the stream, and with it the hold.
    response.once('close', () => void answer.return());
    const stream = async (): Promise<void> => {
      for await (const text of answer) if (!response.write(text)) await once(response, 'drain');
      response.end();
    };
    stream().catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(error instanceof CreditpoolError ? error.status : 502).end(String(error));
    });
  });
}
