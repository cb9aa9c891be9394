// What a person may type to find something: by index, across all lanes, a few rows each.
import { customerKey, type CustomerKey } from '../domain/customer.ts';
import type { Database } from './database.ts';
import { query } from './query.ts';
import { eventHash } from './usage-events.ts';

export interface FoundCustomer {
  readonly customerId: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly externalId: string | null;
  readonly stripeCustomerId: string | null;
}

const CUSTOMER = `select customer_id as "customerId", name, email, external_id as "externalId",
  stripe_customer_id as "stripeCustomerId" from customers`;

/** By e-mail address or name, whole or the beginning; an exact match comes first. */
export async function customersLike(db: Database, text: string, limit: number): Promise<readonly FoundCustomer[]> {
  const wanted = text.toLowerCase();
  const beginning = `${wanted.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  return query<FoundCustomer>(
    db,
    `${CUSTOMER} where lane between 0 and 63 and (lower(email) like $2 or lower(name) like $2)
     order by lower(email) = $1 or lower(name) = $1 desc, lower(name), customer_id limit $3`,
    [wanted, beginning, limit],
  );
}

export async function customersByIds(db: Database, ids: readonly string[]): Promise<readonly FoundCustomer[]> {
  const keys = ids.map(customerKey);
  return query<FoundCustomer>(
    db,
    `${CUSTOMER} where lane = any ($1::smallint[]) and customer_id = any ($2::uuid[]) order by lower(name), customer_id`,
    [keys.map(({ lane }) => lane), ids],
  );
}

/** Ids are made in order of time, so the newest are the last. */
export async function newestCustomers(db: Database, limit: number): Promise<readonly FoundCustomer[]> {
  return query<FoundCustomer>(db, `${CUSTOMER} where lane between 0 and 63 order by customer_id desc limit $1`, [
    limit,
  ]);
}

export interface FoundDocument extends CustomerKey {
  readonly id: string;
  readonly invoiceId: string;
  readonly number: string | null;
}

/** Invoices and credit notes by Stripe's id or the number that is printed on them. */
export async function documentsNamed(db: Database, text: string, limit: number): Promise<readonly FoundDocument[]> {
  return query<FoundDocument>(
    db,
    `select lane, customer_id as "customerId", invoice_id as id, invoice_id as "invoiceId", number from invoices
     where lane between 0 and 63 and (invoice_id = $1 or upper(number) = upper($1))
     union all
     select lane, customer_id, credit_note_id, invoice_id, number from credit_notes
     where lane between 0 and 63 and (credit_note_id = $1 or upper(number) = upper($1)) limit $2`,
    [text, limit],
  );
}

/** Whose subscription this is. */
export async function customerOfSubscription(db: Database, subscriptionId: string): Promise<string | null> {
  const [row] = await query<{ customerId: string }>(
    db,
    `select customer_id as "customerId" from subscriptions where lane between 0 and 63 and subscription_id = $1`,
    [subscriptionId],
  );
  return row?.customerId ?? null;
}

/** The object that a Stripe event told of. */
export async function objectOfStripeEvent(db: Database, eventId: string): Promise<string | null> {
  const [row] = await query<{ objectId: string | null }>(
    db,
    `select object_id as "objectId" from stripe_events where event_id = $1`,
    [eventId],
  );
  return row?.objectId ?? null;
}

/** The invoice that a payment or a charge paid, by Stripe's id of either. */
export async function invoiceOfPayment(db: Database, paymentId: string): Promise<string | null> {
  const [row] = await query<{ invoiceId: string }>(
    db,
    `select invoice_id as "invoiceId" from invoice_payments
     where lane between 0 and 63 and (object -> 'payment' ->> 'payment_intent' = $1 or object -> 'payment' ->> 'charge' = $1)
     limit 1`,
    [paymentId],
  );
  return row?.invoiceId ?? null;
}

export interface FoundUsage extends CustomerKey {
  readonly usageEventId: string;
  readonly eventId: string;
  readonly entryId: string | null;
  readonly action: string;
  readonly credits: bigint;
  readonly occurredAt: Date;
}

const USAGE = `select u.lane, u.customer_id as "customerId", u.usage_event_id as "usageEventId", u.event_id as "eventId",
  u.entry_id as "entryId", u.action, u.credits, u.occurred_at as "occurredAt" from usage_events u`;

/** Usage by the sender's own id: a look into the dedupe index for every customer, since the id alone names none. */
export async function usageNamed(db: Database, eventId: string, limit: number): Promise<readonly FoundUsage[]> {
  return query<FoundUsage>(
    db,
    `${USAGE} join (
       select k.lane, k.customer_id, k.usage_event_id from customers c cross join lateral (
         select * from usage_event_keys k where k.lane = c.lane and k.customer_id = c.customer_id
           and k.event_hash = $1 offset 0) k
       where c.lane between 0 and 63 limit $2) found using (lane, customer_id, usage_event_id)
     where u.lane between 0 and 63`,
    [eventHash(eventId), limit],
  );
}

/** One usage event by our id, which carries its lane. */
export async function usageWithId(db: Database, lane: number, usageEventId: string): Promise<FoundUsage | null> {
  const [row] = await query<FoundUsage>(db, `${USAGE} where u.lane = $1 and u.usage_event_id = $2`, [
    lane,
    usageEventId,
  ]);
  return row ?? null;
}

/** A customer's usage events by our ids. */
export async function usageWithIds(
  db: Database,
  { lane, customerId }: CustomerKey,
  usageEventIds: readonly string[],
): Promise<readonly FoundUsage[]> {
  return query<FoundUsage>(
    db,
    `${USAGE} where u.lane = $1 and u.customer_id = $2 and u.usage_event_id = any ($3::uuid[])
     order by u.occurred_at, u.usage_event_id`,
    [lane, customerId, usageEventIds],
  );
}

/** A customer's latest usage, by the time of its ids. */
export async function recentUsage(
  db: Database,
  { lane, customerId }: CustomerKey,
  limit: number,
): Promise<readonly FoundUsage[]> {
  return query<FoundUsage>(
    db,
    `${USAGE} where u.lane = $1 and u.customer_id = $2 and u.credits > 0 order by u.usage_event_id desc limit $3`,
    [lane, customerId, limit],
  );
}

/** Whose lot this is. */
export async function customerOfLot(db: Database, lotId: string): Promise<string | null> {
  const [row] = await query<{ customerId: string }>(
    db,
    `select customer_id as "customerId" from lots where lane between 0 and 63 and lot_id = $1`,
    [lotId],
  );
  return row?.customerId ?? null;
}

export interface FoundTicket {
  readonly customerId: string;
  /** Null: a credit note that was asked for through the API, without a case. */
  readonly caseId: string | null;
  readonly invoiceId: string | null;
  readonly ticket: string;
  readonly state: string;
  readonly at: Date;
}

/** What was done under a ticket of the help desk. */
export async function actsOfTicket(db: Database, ticket: string, limit: number): Promise<readonly FoundTicket[]> {
  return query<FoundTicket>(
    db,
    `select customer_id as "customerId", case_id as "caseId", invoice_id as "invoiceId", ticket, state, opened_at as at
     from cases where lane between 0 and 63 and lower(ticket) = lower($1)
     union all
     select customer_id, null, invoice_id, ticket, state, created_at from credit_note_requests
     where lane between 0 and 63 and lower(ticket) = lower($1)
       and not starts_with(ticket, 'case_') order by at desc limit $2`,
    [ticket, limit],
  );
}
