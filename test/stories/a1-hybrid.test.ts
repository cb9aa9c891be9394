import { describe, expect, test } from 'vitest';

import { EVERYTHING_OTHERWISE } from '../support/positions.ts';
import { expectBooks, tellEach } from '../support/story.ts';
import { templateCatalogue } from '../support/templates.ts';

const stories = await tellEach(
  {
    'everything about Stripe is as is likeliest': {},
    'everything that is uncertain is otherwise': EVERYTHING_OTHERWISE,
  },
  { catalogue: await templateCatalogue('hybrid') },
);

describe.for(stories)('where %s', ([, story]) => {
  test(
    'A1 Hybrid: $99 with 10 000 calls, 2 500 more are $25.00, and next month starts afresh',
    { timeout: 120_000 },
    async () => {
      const customer = await story.subscriber();
      expect(await customer.balance()).toMatchObject({ available: '10000', plan: 'hybrid' });

      await story.until('2026-04-20T12:00:00Z');
      expect(await customer.use(12_500)).toMatchObject({ status: 'applied', credits: '12500', balance: '0' });
      expect(await customer.balance()).toMatchObject({ available: '0', overage: '2500', debt: '0' });

      await story.until('2026-05-02T00:00:00Z');
      const may = await customer.cycleInvoice();
      expect(may['status']).toBe('paid');
      const lines = (may['lines'] as unknown as readonly { kind: string; amount_minor: number }[]).map(
        ({ kind, amount_minor: amount }) => `${kind} ${amount}`,
      );
      expect(lines.toSorted()).toEqual(['base 9900', 'usage 12500']);
      await expectBooks(story, customer, {
        invoice: '124',
        credits_applied: '100',
        lots: '10000',
        // One of May's 31 days is earned: 99.00 − 3.19.
        deferred: '95.81',
        receivable: '0',
        cash: '223',
        open_grants: '100',
        variances: 0,
      });

      await story.until('2026-05-20T12:00:00Z');
      expect(await customer.use(9_000)).toMatchObject({ status: 'applied', balance: '1000' });
      await story.until('2026-06-02T00:00:00Z');
      await expectBooks(story, customer, {
        invoice: '99',
        credits_applied: '90',
        lots: '10000',
        deferred: '95.7',
        receivable: '0',
        cash: '322',
        open_grants: '100',
        variances: 0,
      });
    },
  );
});
