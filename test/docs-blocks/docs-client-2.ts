// Of docs/client.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const modelUrl: string;
declare const credits: import('creditpool/client').Creditpool;
declare const tokensIn: (text: string) => Record<string, number>;
declare const request: RequestInit & { signal: AbortSignal };
declare const response: import('node:http').ServerResponse;
import { meterStream } from 'creditpool/client';

const answer = meterStream(
  {
    credits,
    customer: 'ext:acme',
    action: 'llm.complete',
    hold: { quantities: { output_tokens: 4000 } },
    count: tokensIn,
  },
  async () => (await fetch(modelUrl, request)).body!.pipeThrough(new TextDecoderStream()),
);
for await (const text of answer) response.write(text);
void [modelUrl, credits, tokensIn, request, response, answer];
export {};
