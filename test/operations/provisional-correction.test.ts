import { expect, test } from 'vitest';

import { grantPaidInvoice } from '../../src/operations/grant-paid-invoice.ts';
import { guardDraft } from '../../src/operations/guard-drafts.ts';
import { mirrorInvoice } from '../../src/operations/mirror-invoice.ts';
import { settleDrafts } from '../../src/operations/settle-draft.ts';
import { listPackVersions } from '../../src/storage/plans.ts';
import { cloneDatabase } from '../support/database.ts';
import { openProjection, type Projected } from '../support/projection.ts';
import { packInvoice, use } from '../support/requests.ts';
import { expectSoundBooks } from '../support/sound-books.ts';

const { database } = await cloneDatabase();
const stage = await openProjection(database);
const { deps, simulator } = stage;

/** 10 300 used, and B11's pack half a minute before midnight: its grant reaches Stripe only afterwards. */
async function latePack(): Promise<{ customer: Projected; invoiceId: string }> {
  const customer = await stage.subscribe();
  await use(stage, customer, 10_300);
  await stage.drain();
  await stage.advance(customer, '2026-04-30T23:59:30Z');
  const [pack] = await listPackVersions(database);
  const line = {
    lineId: 'il_1',
    kind: 'pack',
    priceId: pack?.stripePriceId ?? null,
    quantity: 1n,
    paidMinor: 8000n,
  } as const;
  await grantPaidInvoice(deps, packInvoice(customer, '2026-04-30T23:59:30Z', { lines: [line] }));
  await stage.advance(customer, '2026-05-01T00:00:10Z');
  await stage.touch(customer);
  const [draft] = (await deps.stripe.invoices.list({ customer: customer.stripeCustomerId, status: 'draft' })).data;
  return { customer, invoiceId: draft?.id ?? '' };
}

async function items(invoiceId: string): Promise<readonly number[]> {
  const { lines } = await deps.stripe.invoices.retrieve(invoiceId);
  return lines.data.filter(({ metadata }) => metadata['creditpool'] === 'correction').map(({ amount }) => amount);
}

async function settleIn(customer: Projected, invoiceId: string): Promise<void> {
  await stage.advance(customer, '2026-05-01T00:46:00Z');
  await stage.touch(customer);
  await stage.drain();
  await settleDrafts(deps, { limit: 100 });
  await mirrorInvoice(deps, invoiceId);
  await settleDrafts(deps, { limit: 100 });
  await stage.drain();
  await expectSoundBooks(database);
}

test('what a draft would take too much comes off before its event is acknowledged, once', async () => {
  const { customer, invoiceId } = await latePack();
  expect(await guardDraft(deps, invoiceId)).toBe('guarded');
  expect(await items(invoiceId)).toEqual([-300]);
  expect(await guardDraft(deps, invoiceId)).toBe('guarded');
  expect(await items(invoiceId)).toEqual([-300]);
  await settleIn(customer, invoiceId);
  expect(await items(invoiceId)).toEqual([-300]);
  expect(await deps.stripe.invoices.retrieve(invoiceId)).toMatchObject({ total: 9_900 });
});

test('late usage changes what is owed: the settlement adds what is missing', async () => {
  const { customer, invoiceId } = await latePack();
  await guardDraft(deps, invoiceId);
  await use(stage, customer, 200, { occurredAt: new Date('2026-04-30T23:00:00Z') });
  await settleIn(customer, invoiceId);
  expect((await items(invoiceId)).toSorted((a, b) => b - a)).toEqual([-200, -300]);
  expect(await deps.stripe.invoices.retrieve(invoiceId)).toMatchObject({ total: 9_900 });
});

test('while the item cannot be set, the event is not acknowledged', async () => {
  const { customer, invoiceId } = await latePack();
  simulator.faults.add({ match: { method: 'POST', path: 'invoiceitems', times: 1 }, kind: '500_before' });
  await expect(guardDraft(deps, invoiceId)).rejects.toThrow('provisional correction');
  expect(await items(invoiceId)).toEqual([]);
  await stage.drain();
  expect(await guardDraft(deps, invoiceId)).toBe('guarded');
  expect(await items(invoiceId)).toEqual([-300]);
  await settleIn(customer, invoiceId);
});

test('a draft that asks what is owed gets no item', async () => {
  const customer = await stage.subscribe();
  await use(stage, customer, 12_500);
  await stage.drain();
  await stage.advance(customer, '2026-05-01T00:00:10Z');
  const [draft] = (await deps.stripe.invoices.list({ customer: customer.stripeCustomerId, status: 'draft' })).data;
  expect(await guardDraft(deps, draft?.id ?? '')).toBe('guarded');
  expect(await items(draft?.id ?? '')).toEqual([]);
  await settleIn(customer, draft?.id ?? '');
});
