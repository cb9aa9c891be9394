// Section 12: where the figures come from, and what the words mean.
import { TRIGGER_LIMITS } from '../../domain/health-pack/triggers.ts';
import type { Block } from '../document.ts';

const { cohortMin, customersMin, invoicesMin } = TRIGGER_LIMITS;

export const METHOD: readonly Block[] = [
  {
    kind: 'list',
    items: [
      'Data: the ledger and the mirror of Stripe of this deployment, as recorded when the pack was made. Months are calendar months in UTC; use counts in the month in which it happened.',
      'Use that was undone is left out; its cost stays, since the provider was paid. Use that nobody has paid for yet counts as use and has no billed value.',
      'Billed value of a use: its overage at the plan’s price, and its drawn credits at what was paid for them. Cost: what the provider charged, or the dated price list.',
      'Available: what can be spent. Held: reserved for work that runs. Included: of the plan’s allowance. Bought: of packs. Goodwill: given by support. Expired: ended unused. Overage: past the credits, and billed.',
      'A bill: a cycle invoice without tax. It moved when it changed by more than a quarter against the month before.',
      `Not enough data: below ${cohortMin} customers of a plan, ${customersMin} customers with use, or ${invoicesMin} invoices a trigger says nothing; other sections state what they need.`,
      'Verdict: migrate when a plan is ready to leave credits (its use is stable and one metric explains it); adjust when anything else was found; keep otherwise. Findings weigh in this order: a ready plan, a feature under water, unregistered use, blocked use, strain, complaints, moving bills, rising goodwill (half more than the mean of up to five months before), margins, balances, reviews.',
    ],
  },
];
