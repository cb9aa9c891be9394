// Of docs/client.md; written by `npm run docs:reference`, read by `npm run typecheck`.
declare const prompt: string;
declare const credits: import('creditpool/client').Creditpool;
declare const request: RequestInit & { signal: AbortSignal };
declare const yourModel: Parameters<typeof import('ai').wrapLanguageModel>[0]['model'];
import { streamText, wrapLanguageModel } from 'ai';
import { meterModel } from 'creditpool/client';

const model = wrapLanguageModel({
  model: yourModel,
  middleware: meterModel({
    credits,
    customer: 'ext:acme',
    action: 'llm.complete',
    hold: ({ maxOutputTokens = 4000 }) => ({ quantities: { output_tokens: maxOutputTokens } }),
  }),
});
const result = streamText({ model, prompt, abortSignal: request.signal });
void [prompt, credits, request, yourModel, model, result];
export {};
