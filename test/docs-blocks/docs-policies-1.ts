// Of docs/policies.md; written by `npm run docs:reference`, read by `npm run typecheck`.
import type { Catalogue } from 'creditpool';

declare const credits: import('creditpool/client').Creditpool;
const part: Partial<Catalogue> = {
words: {
  'report.generate': 'a report',        // "A report costs 20 credits"
  'llm.complete': 'a completion',
  input_tokens: 'input tokens',         // "1,000 input tokens of a completion" for one credit
},
};
void [credits, part];
export {};
