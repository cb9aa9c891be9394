import { recordBalance } from './balance-transactions.ts';
import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import { page } from './pagination.ts';
import { boolean, changedMetadata, ignored, metadata, paging, range, word } from './parameters.ts';
import { route } from './routes.ts';
import type { Dispute } from './wire.ts';
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

/** A cardholder disputes a charge: the money and a fee are withdrawn at once. */
export function openDispute(world: World, chargeId: string, reason: string, amount?: number): Dispute {
  const charge = need(world, 'charges', chargeId, 'charge', 'charge');
  const { currency, customer } = charge;
  const disputed = amount ?? charge.amount - charge.amount_refunded;
  const id = freshId('dp');
  const description = `Chargeback withdrawal for ${charge.id}`;
  const fee = world.switches.disputeFee;
  const withdrawal = recordBalance(world, {
    amount: -disputed,
    currency,
    customer,
    description,
    fee,
    source: id,
    type: 'adjustment',
  });
  const created = paymentStamp(world, customer);
  const dispute: Dispute = {
    id,
    object: 'dispute',
    amount: disputed,
    balance_transactions: [withdrawal],
    charge: charge.id,
    created,
    currency,
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
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason,
    status: 'needs_response',
  };
  world.store.put('disputes', dispute);
  world.store.patch('charges', charge.id, { disputed: true });
  emit(world, 'charge.dispute.created', dispute);
  emit(world, 'charge.dispute.funds_withdrawn', dispute);
  return dispute;
}

/** The bank decides: won brings the money back (not the fee), lost keeps it away. */
export function closeDispute(world: World, id: string, outcome: 'won' | 'lost'): Dispute {
  const before = need(world, 'disputes', id, 'dispute');
  if (before.status === 'won' || before.status === 'lost') throw invalidRequest('This dispute is already closed.');
  const customer = world.store.find('charges', before.charge)?.customer ?? null;
  const { amount, currency } = before;
  const description = `Chargeback reversal for ${before.charge}`;
  const entry = { amount, currency, customer, description, fee: 0, source: id, type: 'adjustment' } as const;
  const back = outcome === 'won' ? [recordBalance(world, entry)] : [];
  const after = world.store.patch('disputes', id, {
    status: outcome,
    balance_transactions: [...before.balance_transactions, ...back],
  });
  emit(world, 'charge.dispute.closed', after);
  if (outcome === 'won') emit(world, 'charge.dispute.funds_reinstated', after);
  return after;
}

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
    { evidence: ignored(), metadata: metadata(), submit: boolean() },
    ({ world, id, values }) => {
      const before = need(world, 'disputes', id, 'dispute');
      const changes = {
        metadata: changedMetadata(before.metadata, values.metadata),
        ...(values.submit === false ? {} : { status: 'under_review' }),
      };
      return change(world, 'disputes', id, changes, 'charge.dispute.updated');
    },
  ),
  route('POST', '/v1/disputes/{id}/close', {}, ({ world, id }) => closeDispute(world, id, 'lost')),
];
