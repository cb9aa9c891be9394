// Of docs/catalogue.md; written by `npm run docs:reference`, read by `npm run typecheck`.
import type { BurnRow } from 'creditpool';

declare const credits: import('creditpool/client').Creditpool;
const part: Partial<BurnRow> = {
rate: {
  per: [{ quantity: 'input_tokens', credits: '1', each: 1000 }],
  rules: [
    { when: { model: 'large', region: 'eu' }, rate: { flat: '7' } },
    { when: { model: ['large', 'huge'] }, rate: { per: [{ quantity: 'input_tokens', credits: '10', each: 1000 }] } },
  ],
  otherwise: 'rate',
},
};
void [credits, part];
export {};
