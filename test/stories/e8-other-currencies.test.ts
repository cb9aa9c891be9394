import { expect, test } from 'vitest';

import { hybrid, sampleCatalogue } from '../support/catalogue.ts';
import { cloneDatabase } from '../support/database.ts';
import { expectBooks, tellEach, tellStory } from '../support/story.ts';

const { database } = await cloneDatabase();
const yen = { ...hybrid, plan: 'yen', currency: 'jpy', baseAmountMinor: 15_000, pricePerCredit: '1.5' };
const story = await tellStory(database, {
  catalogue: { ...sampleCatalogue, unit: { ...sampleCatalogue.unit }, plans: [yen], packs: [] },
});

test(
  'E8 Other currencies: yen have no cents, and half a yen of usage is rounded up',
  { timeout: 120_000 },
  async () => {
    const customer = await story.subscriber('yen');
    await story.until('2026-04-20T12:00:00Z');
    await customer.use(12_501);
    await story.until('2026-05-02T00:00:00Z');
    await expectBooks(
      story,
      customer,
      {
        // 15 000 and 18 751.5 rounded up, less 15 000 of credits.
        invoice: '18752',
        credits_applied: '15000',
        lots: '10000',
        // One of May's 31 days is earned, rounded down: 15 000 − 483.
        deferred: '14517',
        receivable: '0',
        cash: '33752',
        open_grants: '15000',
        variances: 0,
      },
      'jpy',
    );
  },
);

const line = ({ kind, amount_minor: amount }: { kind: string; amount_minor: number }) => `${kind} ${amount}`;

const dinar = { ...hybrid, plan: 'dinar', currency: 'kwd', baseAmountMinor: 30_000, pricePerCredit: '0.0035' };
const dinars = await tellEach(
  { 'where drafts show credits': {}, 'where they do not': { draftsShowCredits: false } },
  { catalogue: { ...sampleCatalogue, plans: [dinar], packs: [] } },
);

test.for(dinars)(
  'E8 Dinars have three places and are charged in tens: the rest is rounded down (%s)',
  { timeout: 120_000 },
  async ([, told]) => {
    const customer = await told.subscriber('dinar');
    const taxed = await told.subscriber('dinar');
    const { id: vat } = await told.stripe.taxRates.create({ display_name: 'VAT', percentage: 20, inclusive: false });
    await told.stripe.subscriptions.update(taxed.subscription, { default_tax_rates: [vat] });
    await told.until('2026-04-20T12:00:00Z');
    await customer.use(12_501);
    await taxed.use(12_501);
    await told.until('2026-05-02T00:00:00Z');
    const lines = (await customer.cycleInvoice())['lines'] as unknown as readonly {
      kind: string;
      amount_minor: number;
    }[];
    expect(lines.map(line).toSorted()).toEqual(['base 30000', 'rounding -4', 'usage 43754']);
    await expectBooks(
      told,
      customer,
      {
        invoice: '38.75',
        credits_applied: '35',
        lots: '10000',
        // One of May's 31 days is earned: 30.000 − 0.967.
        deferred: '29.033',
        receivable: '0',
        cash: '68.75',
        open_grants: '35',
        variances: 0,
      },
      'kwd',
    );
    // 30.000 and 8.754 with 20 % each are 46.505: an item of 0.004 with its own tax of 0.001 makes it round.
    const invoice = await taxed.cycleInvoice();
    expect(invoice).toMatchObject({ total_minor: 46_500, tax_minor: 7_750 });
    expect((invoice['lines'] as unknown as typeof lines).map(line).toSorted()).toEqual([
      'base 30000',
      'rounding -4',
      'usage 43754',
    ]);
  },
);
