// Doing what lives say, as the host, its people, its customers and their banks do it: over HTTP here, with the SDK at Stripe.
import { changeSeats, useCard } from './at-stripe.ts';
import { atTheBank, type Firm } from './firm.ts';
import { doByHand } from './hands.ts';
import { answered, DONE, type Known, NOTHING, type Outcome } from './known.ts';
import type { Act, Deed, Tokens } from './lives.ts';
import { buyPack, creditNote, dispute, noteOnFee, payByWire, settleDeclinedPack } from './money-deeds.ts';

/** Does one act for a customer who is signed up; usage that is only told is done in batches by `tellUsage`. */
export async function perform(
  firm: Firm,
  known: Known,
  { at, customer, deed }: Act,
  cycleEnd: number,
): Promise<Outcome> {
  const key = `year-${at}-${customer}-${deed.what}`;
  const { stripe } = firm;
  switch (deed.what) {
    case 'hold':
      return work(firm, known, deed, key);
    case 'reverse':
      return reverse(firm, known, { key, cycleEnd });
    case 'gift':
      return give(firm, known, { at, key, ...deed });
    case 'pack':
      return buyPack(firm, known, deed.pack, null);
    case 'declined_pack':
      return buyPack(firm, known, deed.pack, deed.later);
    case 'settle_declined_pack':
      return settleDeclinedPack(firm, known);
    case 'seats':
      return changeSeats(firm, known, deed.by, deed.by > 0 ? 'create_prorations' : 'none');
    case 'change_plan':
      known.uses = [];
      return answered(
        await firm.asHost('POST', `/v1/subscriptions/${known.subscription}/change_plan`, {
          body: { plan: deed.plan, starts: deed.starts, reason: 'the customer asked' },
        }),
      );
    case 'cancel':
      return answered(
        await firm.asHost('POST', `/v1/subscriptions/${known.subscription}/cancel`, {
          body: { reason: 'the customer asked' },
        }),
      );
    case 'cancel_at_period_end':
      await stripe.subscriptions.update(known.subscription, { cancel_at_period_end: true });
      return DONE;
    case 'note_on_fee':
      return noteOnFee(firm, known, deed, key);
    case 'refund_of_pack':
      return creditNote(firm, { invoice: known.packs.at(-1), minor: deed.minor, settleAs: 'refund', key });
    case 'dispute':
      return dispute(firm, known);
    case 'decide_dispute':
      if (known.dispute === null) return NOTHING;
      await atTheBank(firm, `/disputes/${known.dispute}/close`, { status: deed.outcome });
      known.dispute = null;
      return DONE;
    case 'card':
      await useCard(firm, known, deed.works);
      return DONE;
    case 'wire':
      return payByWire(firm, known);
    case 'hand':
      return doByHand(firm, known, deed);
    case 'sign_up':
    case 'use':
    case 'report':
      throw new Error(`${deed.what} is not done one by one`);
  }
}

async function give(
  { asHost }: Firm,
  { stripeCustomer: customer }: Known,
  {
    at,
    key,
    credits,
    days,
  }: { readonly at: number; readonly key: string; readonly credits: number; readonly days: number },
): Promise<Outcome> {
  const expires_at = new Date(at + days * 86_400_000).toISOString();
  const body = { customer, source: 'promotional', credits: `${credits}`, reason: 'a campaign', expires_at };
  return answered(await asHost('POST', '/v1/grants', { key, body }));
}

/** Told after the fact, all of one moment in one request; answers in the order of the acts. */
export async function tellUsage(
  firm: Firm,
  told: readonly { readonly known: Known; readonly act: Act; readonly cycleEnd: number }[],
): Promise<readonly Outcome[]> {
  if (told.length === 0) return [];
  const events = told.map(({ known, act: { at, customer, deed }, cycleEnd }, index) => ({
    id: `year-${at}-${customer}-${index}`,
    customer: known.stripeCustomer,
    ...(deed.what === 'use'
      ? { action: 'llm.complete', quantities: quantitiesOf(deed.tokens) }
      : { action: 'report.generate', quantities: {} }),
    ...(isLate(told[index]?.act) && { occurred_at: new Date(cycleEnd - 600_000).toISOString() }),
  }));
  const { results } = await firm.asHost('POST', '/v1/track', { body: { events } });
  return (results as readonly Record<string, string>[]).map((result, index) => {
    if (result['status'] !== 'applied') return { outcome: 'refused', why: JSON.stringify(result).slice(0, 300) };
    const { usage_event: id = '' } = result;
    const use = told[index];
    if (use !== undefined && !isLate(use.act)) use.known.uses.push({ id, cycleEnd: use.cycleEnd });
    return { ...DONE, of: id };
  });
}

function isLate(act: Act | undefined): boolean {
  return act?.deed.what === 'use' && act.deed.late === true;
}

function quantitiesOf({ input_tokens, output_tokens }: Tokens) {
  return { input_tokens, output_tokens };
}

/** Reserves before the work and captures what it took. */
async function work(
  firm: Firm,
  { stripeCustomer: customer }: Known,
  deed: Extract<Deed, { what: 'hold' }>,
  key: string,
): Promise<Outcome> {
  const action = 'llm.complete';
  const held = await firm.asHost('POST', '/v1/holds', {
    key,
    body: { customer, action, quantities: quantitiesOf(deed.tokens) },
  });
  if (held['error'] !== undefined) return answered(held);
  return answered(
    await firm.asHost('POST', `/v1/holds/${String(held['id'])}/capture`, {
      key: `${key}-capture`,
      body: { quantities: quantitiesOf(deed.used) },
    }),
  );
}

/** Undoes the newest use, if it is of the running cycle. */
async function reverse(
  firm: Firm,
  known: Known,
  { key, cycleEnd }: { readonly key: string; readonly cycleEnd: number },
): Promise<Outcome> {
  const use = known.uses.pop();
  if (use === undefined || use.cycleEnd !== cycleEnd) return NOTHING;
  const done = answered(
    await firm.asHost('POST', `/v1/usage_events/${use.id}/reverse`, {
      key,
      body: { customer: known.stripeCustomer, reason: 'it failed', ticket: 'SUP-1' },
    }),
  );
  return { ...done, of: use.id };
}
