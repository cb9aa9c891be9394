import { recordBalance } from './balance-transactions.ts';
import type { TaskHandlers } from './engine.ts';
import { invalidParameter, invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { page } from './pagination.ts';
import { boolean, changedMetadata, map, metadata, paging, range, text, word } from './parameters.ts';
import { disputeOf } from './payment-methods.ts';
import { route } from './routes.ts';
import type { BalanceTransaction, Charge, Dispute } from './wire.ts';
import { change, emit, need, paymentStamp, type World } from './world.ts';

const RESPONSE_SECONDS = 14 * 86_400;

const NO_EVIDENCE: Dispute['evidence'] = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};

interface DisputeFacts {
  readonly reason?: string | undefined;
  /** Minor units; the whole charge when absent. */
  readonly amount?: number | undefined;
  /** A bank's question, before any money moves. */
  readonly inquiry?: boolean | undefined;
}

/** Takes the disputed money away, or gives it back; Stripe's fee goes with it. */
function moveDisputed(world: World, dispute: Dispute, sign: -1 | 1, fee: number): BalanceTransaction {
  const { charge, currency, id } = dispute;
  const customer = world.store.find('charges', charge)?.customer ?? null;
  const description = `Chargeback ${sign < 0 ? 'withdrawal' : 'reversal'} for ${charge}`;
  const amount = sign * dispute.amount;
  return recordBalance(world, { amount, currency, customer, description, fee, source: id, type: 'adjustment' });
}

function withdraw(world: World, dispute: Dispute): Dispute {
  const withdrawal = moveDisputed(world, dispute, -1, world.switches.disputeFee);
  return world.store.patch('disputes', dispute.id, {
    balance_transactions: [...dispute.balance_transactions, withdrawal],
    is_charge_refundable: false,
    status: 'needs_response',
  });
}

function newDispute(world: World, charge: Charge, { reason = 'fraudulent', amount }: DisputeFacts): Dispute {
  const created = paymentStamp(world, charge.customer);
  return world.store.put('disputes', {
    id: freshId('dp'),
    object: 'dispute',
    amount: amount ?? charge.amount - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      due_by: created + RESPONSE_SECONDS,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'manual',
    },
    intended_submission_method: null,
    is_charge_refundable: true,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason,
    status: 'warning_needs_response',
  });
}

/** A cardholder disputes a charge: the money and a fee are withdrawn at once, unless the bank only asks. */
export function openDispute(world: World, chargeId: string, facts: DisputeFacts = {}): Dispute {
  const charge = need(world, 'charges', chargeId, 'charge', 'charge');
  if (!charge.paid) throw invalidRequest(`Charge ${charge.id} was never paid.`);
  if (charge.disputed) throw invalidRequest(`Charge ${charge.id} is disputed already.`);
  const asked = newDispute(world, charge, facts);
  const dispute = facts.inquiry === true ? asked : withdraw(world, asked);
  world.store.patch('charges', charge.id, { disputed: true });
  emit(world, 'charge.dispute.created', dispute);
  if (facts.inquiry !== true) emit(world, 'charge.dispute.funds_withdrawn', dispute);
  return dispute;
}

function needOpen(world: World, id: string): Dispute {
  const dispute = need(world, 'disputes', id, 'dispute');
  const closed = ['won', 'lost', 'warning_closed'].includes(dispute.status);
  if (closed) throw invalidRequest('This dispute is already closed.');
  return dispute;
}

/** A bank that only asked takes the money after all. */
export function escalateDispute(world: World, id: string): Dispute {
  const before = needOpen(world, id);
  if (!before.status.startsWith('warning_')) throw invalidRequest('This dispute is no inquiry.');
  const after = withdraw(world, before);
  emit(world, 'charge.dispute.updated', after, { status: before.status });
  emit(world, 'charge.dispute.funds_withdrawn', after);
  return after;
}

/** The bank decides: won brings the money back, lost keeps it away; an inquiry just ends. */
export function closeDispute(world: World, id: string, outcome: 'won' | 'lost'): Dispute {
  const before = needOpen(world, id);
  if (before.status.startsWith('warning_')) {
    const ended = world.store.patch('disputes', id, { status: 'warning_closed' });
    emit(world, 'charge.dispute.closed', ended);
    return ended;
  }
  const fee = world.switches.disputeFeeWhenWon === 'returned' ? -world.switches.disputeFee : 0;
  const back = outcome === 'won' ? [moveDisputed(world, before, 1, fee)] : [];
  const after = world.store.patch('disputes', id, {
    status: outcome,
    is_charge_refundable: outcome === 'won',
    balance_transactions: [...before.balance_transactions, ...back],
  });
  emit(world, 'charge.dispute.closed', after);
  if (outcome === 'won') emit(world, 'charge.dispute.funds_reinstated', after);
  return after;
}

/** May money of this charge be given back, as far as its disputes go? */
export function isRefundable(world: World, charge: string): boolean {
  return world.store.by('disputes', 'charge', charge).every(({ is_charge_refundable: refundable }) => refundable);
}

/** Evidence as given; the two magic words decide a dispute, as they do in Stripe's test mode. */
function verdictOf({ uncategorized_text: words }: Dispute['evidence']): 'won' | 'lost' | undefined {
  if (words === 'winning_evidence') return 'won';
  return words === 'losing_evidence' ? 'lost' : undefined;
}

function mergedEvidence(before: Dispute, given: Readonly<Record<string, string | null>>): Dispute['evidence'] {
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(NO_EVIDENCE, key) && key !== 'enhanced_evidence') continue;
    const name = `evidence[${key}]`;
    throw invalidParameter(`Received unknown parameter: ${name}`, 'parameter_unknown', name);
  }
  return { ...before.evidence, ...given };
}

/** A card that disputes whatever it paid does so a minute later. */
export const disputeTasks: TaskHandlers = {
  card_dispute: (world, id) => {
    const charge = need(world, 'charges', id, 'charge');
    const method = world.store.find('payment_methods', charge.payment_method ?? '');
    const facts = method === undefined ? null : disputeOf(method);
    if (facts !== null && !charge.disputed) openDispute(world, id, facts);
  },
};

export const disputeRoutes = [
  route(
    'GET',
    '/v1/disputes',
    { ...paging, charge: word(), created: range(), payment_intent: word() },
    ({ world, values, path }) => {
      const found = world.store
        .all('disputes')
        .filter(
          (dispute) =>
            (values.charge === undefined || dispute.charge === values.charge) &&
            (values.payment_intent === undefined || dispute.payment_intent === values.payment_intent) &&
            (values.created?.(dispute.created) ?? true),
        );
      return page(found.toReversed(), values, path);
    },
  ),
  route('GET', '/v1/disputes/{id}', {}, ({ world, id }) => need(world, 'disputes', id, 'dispute')),
  route(
    'POST',
    '/v1/disputes/{id}',
    { evidence: map(text(20_000)), metadata: metadata(), submit: boolean() },
    ({ world, id, values }) => {
      const before = need(world, 'disputes', id, 'dispute');
      const evidence = mergedEvidence(before, values.evidence ?? {});
      const submits = values.evidence !== undefined && values.submit !== false;
      const answered = before.status.startsWith('warning_') ? 'warning_under_review' : 'under_review';
      const details = before.evidence_details;
      const changes = {
        evidence,
        evidence_details: {
          ...details,
          has_evidence: details.has_evidence || values.evidence !== undefined,
          submission_count: details.submission_count + (submits ? 1 : 0),
        },
        metadata: changedMetadata(before.metadata, values.metadata),
        ...(submits ? { status: answered } : {}),
      };
      const after = change(world, 'disputes', id, changes, 'charge.dispute.updated');
      const verdict = submits ? verdictOf(evidence) : undefined;
      return verdict === undefined ? after : closeDispute(world, id, verdict);
    },
  ),
  route('POST', '/v1/disputes/{id}/close', {}, ({ world, id }) => closeDispute(world, id, 'lost')),
];
