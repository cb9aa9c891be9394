// A burn table with every kind of rate, and the plans of the stories A4, A5 and A7.
import type { BurnRate, Catalogue } from '../../src/domain/catalogue.ts';
import { planWith } from './books.ts';

const FROM = '2020-01-01T00:00:00.000Z';
const row = (action: string, feature: string, rate: BurnRate, effectiveFrom = FROM) => ({
  action,
  feature,
  effectiveFrom,
  rate,
});

export const ratedActions: Catalogue['burnTable'] = [
  row('api.call', 'api', { per: [{ quantity: 'calls', credits: '1', each: 1 }] }),
  row('api.call', 'api', { per: [{ quantity: 'calls', credits: '2', each: 1 }] }, '2026-07-01T00:00:00.000Z'),
  row('llm.complete', 'ai', {
    per: [
      { quantity: 'input_tokens', credits: '1', each: 1000 },
      { quantity: 'output_tokens', credits: '4', each: 1000 },
    ],
    rules: [
      { when: { model: 'large', region: 'eu' }, rate: { flat: '7' } },
      { when: { model: ['large', 'huge'] }, rate: { per: [{ quantity: 'input_tokens', credits: '10', each: 1000 }] } },
    ],
    otherwise: 'rate',
  }),
  row('gpu.run', 'ai', { per: [{ quantity: 'minutes', credits: '1', each: 1 }] }),
  row('text.embed', 'ai', { per: [{ quantity: 'tokens', credits: '0.1', each: 1000 }] }),
  row('page.render', 'api', {
    tiers: [
      {
        quantity: 'pages',
        each: 10,
        steps: [
          { upTo: 100, credits: '1' },
          { upTo: 1000, credits: '0.8' },
          { upTo: null, credits: '0.5' },
        ],
      },
    ],
  }),
  row('ticket.resolve', 'support', {
    rules: [{ when: { outcome: 'resolved' }, rate: { flat: '20' } }],
    otherwise: 'free',
  }),
  row('image.make', 'ai', { rules: [{ when: { size: ['s', 'm'] }, rate: { flat: '3' } }], otherwise: 'refuse' }),
  row('site.deploy', 'deploys', { flat: '15' }),
];

const features = ['ai', 'api', 'support', 'deploys'];

export const ratedPlans = [
  planWith('wrapper', { zeroBalance: 'overage' }, { includedCredits: '2000', pricePerCredit: '0.02', features }),
  planWith('tickets', { zeroBalance: 'overage' }, { includedCredits: '0', pricePerCredit: '0.02', features }),
  planWith('deploys', { zeroBalance: 'block' }, { includedCredits: '300', features }),
  planWith('careful', { eventCreditsMax: '100' }, { includedCredits: '2000', features }),
  planWith('prompt', { zeroBalance: 'overage', lateUsage: 'refuse' }, { includedCredits: '1000', features }),
  planWith('chat', { zeroBalance: 'block' }, { includedCredits: '100', features: ['ai'] }),
];
