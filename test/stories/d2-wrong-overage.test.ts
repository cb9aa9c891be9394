import { describe, expect, test } from 'vitest';

import { textOf } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, idOf, type Story, tellStory } from '../support/story.ts';

/** How Stripe splits the amount of a note's line between money and billing credits is not settled, nor what notes may come to. */
const SHARES = ['pro_rata', 'gross'] as const;
const CEILINGS = { pro_rata: 'after_credits', gross: 'before_credits' } as const;
const stories = new Map<string, Story>();
for (const creditNoteShare of SHARES) {
  const { database } = await cloneDatabase();
  const creditNoteCeiling = CEILINGS[creditNoteShare];
  stories.set(creditNoteShare, await tellStory(database, { switches: { creditNoteShare, creditNoteCeiling } }));
}

/** As in Stripe's dashboard: a note on a line that credits paid for, which comes to nothing. */
async function noteNothing({ stripe, clock }: Story, invoice: string, line: string): Promise<string> {
  const lines = [{ type: 'invoice_line_item' as const, invoice_line_item: line, amount: 100 }];
  const noted = await stripe.creditNotes.create({ invoice, lines, email_type: 'none' }).then(
    ({ total }) => `${total}`,
    () => 'refused',
  );
  await clock.settle();
  return noted;
}

describe.for(SHARES)('with a share of credits that is %s', (share) => {
  test(
    'D2 Wrong overage on a paid invoice: $10.00 go to the customer balance and the usage back',
    { timeout: 120_000 },
    async () => {
      const story = stories.get(share);
      if (story === undefined) throw new Error('there is no story');
      const customer = await story.subscriber();
      await story.until('2026-04-20T12:00:00Z');
      await customer.use(11_500);
      const wrong = await customer.use(1_000);
      await story.until('2026-05-02T00:00:00Z');
      const invoice = await customer.cycleInvoice();
      const lines = invoice['lines'] as unknown as readonly { id: string; kind: string; creditable_minor: number }[];
      const usage = lines.find(({ kind }) => kind === 'usage');
      expect(usage?.creditable_minor).toBe(2_500);

      const asked = {
        invoice: invoice['id'],
        lines: [{ line: usage?.id, amount_minor: 1_000 }],
        settle_as: 'customer_balance',
        reason: 'duplicate_usage',
        ticket: 'SUP-7',
        usage_events: [wrong['usage_event']],
      };
      // Not what its credits paid, though Stripe might let it be credited.
      const tooMuch = { ...asked, lines: [{ line: usage?.id, amount_minor: 2_501 }] };
      expect((await story.call('POST', '/v1/credit_notes/preview', tooMuch)).body).toMatchObject({
        error: { code: 'not_creditable' },
      });
      const { body: preview } = await story.call('POST', '/v1/credit_notes/preview', asked);
      expect(preview).toMatchObject({ money: { amount_minor: 1_000, given_back_minor: 1_000 } });
      const body = { ...asked, preview_hash: preview['preview_hash'] };
      const { body: issued } = await story.call('POST', '/v1/credit_notes', body, 'note-1');
      expect(issued).toMatchObject({ state: 'issued', amount_minor: 1_000, settled_as: 'customer_balance' });
      // It is a case, with its evidence and what became of it.
      const { body: one } = await story.call('GET', `/v1/cases/${textOf(issued['case'])}`);
      expect(one).toMatchObject({
        kind: 'duplicate_usage',
        state: 'done',
        ticket: 'SUP-7',
        usage_events: [wrong['usage_event']],
        approval: 'within_limits',
        preview: {
          money: { amount_minor: 1_000 },
          credits: { by_money: '1000', restored: '0' },
          customer_text: 'Some of your usage was counted twice. USD 10.00 is taken off your next invoice.',
        },
        result: { credit_note: issued['stripe']?.['credit_note'] },
      });
      const atStripe = await story.stripe.customers.retrieve(customer.stripeCustomer);
      expect(atStripe).toMatchObject({ balance: -1_000 });

      const may = {
        credits_applied: '100',
        // Billed usage comes back as money, not as credits.
        lots: '10000',
        receivable: '0',
        open_grants: '100',
        variances: 0,
      };
      // One of May's 31 days is earned: 99.00 − 3.19.
      await expectBooks(story, customer, { ...may, invoice: '124', deferred: '95.81', cash: '223' });
      expect(await customer.cycleInvoice()).toMatchObject({ credit_notes: [{ total_minor: 1_000, status: 'issued' }] });

      await customer.use(100);
      await story.until('2026-06-02T00:00:00Z');
      const last = await customer.cycleInvoice();
      expect(last).toMatchObject({ total_minor: 9_900, amount_due_minor: 8_900 });
      // One of June's 30 days is earned: 99.00 − 3.30.
      const june = { ...may, invoice: '99', credits_applied: '1', deferred: '95.7', cash: '312' };
      await expectBooks(story, customer, june);

      if (share === 'gross') return;
      const paid = (last['lines'] as unknown as typeof lines).find(({ kind }) => kind === 'usage')?.id ?? '';
      story.simulator.switches.creditNoteOfNothing = 'refused';
      expect(await noteNothing(story, idOf(last), paid)).toBe('refused');
      story.simulator.switches.creditNoteOfNothing = 'issued';
      expect(await noteNothing(story, idOf(last), paid)).toBe('0');
      await expectBooks(story, customer, june);
    },
  );
});
