// Whatever a customer wrote in a ticket: the search finds what it names, and says where to look at it.
import { laneOfId } from '../../domain/lane-id.ts';
import { resolveCustomers } from '../../storage/customers.ts';
import { explainedEntry } from '../../storage/entry-explanations.ts';
import { customerOfInvoice } from '../../storage/invoices.ts';
import {
  actsOfTicket,
  customerOfLot,
  customerOfSubscription,
  customersByIds,
  customersLike,
  documentsNamed,
  type FoundCustomer,
  type FoundDocument,
  type FoundTicket,
  type FoundUsage,
  invoiceOfPayment,
  objectOfStripeEvent,
  usageNamed,
  usageWithId,
} from '../../storage/search.ts';
import { shownHold } from '../../storage/statements.ts';
import type { Deps } from '../deps.ts';

/** An id of ours that was read from what was typed; the shell knows how ids are written. */
export interface TypedId {
  readonly kind: 'customer' | 'entry' | 'usage' | 'hold' | 'grant' | 'case';
  readonly uuid: string;
}

export interface Found {
  readonly customers: readonly FoundCustomer[];
  readonly documents: readonly FoundDocument[];
  readonly usage: readonly FoundUsage[];
  readonly tickets: readonly FoundTicket[];
  readonly entryId: string | null;
  readonly caseId: string | null;
}

export type { FoundCustomer, FoundDocument, FoundTicket, FoundUsage } from '../../storage/search.ts';

const NOTHING: Found = { customers: [], documents: [], usage: [], tickets: [], entryId: null, caseId: null };
const FOUND_MAX = 20;

/** Everything that a text may name: an e-mail address, a name, an id of ours, Stripe's or the host's, a number, a ticket. */
export async function findAnything(
  deps: Pick<Deps, 'db'>,
  { text, id }: { readonly text: string; readonly id: TypedId | null },
): Promise<Found> {
  if (id !== null) return findOurs(deps, id);
  const stripe = await findStripes(deps, text);
  if (stripe !== null) return stripe;
  const named = await resolveCustomers(deps.db, [text, `ext:${text}`]);
  const ids = [...new Set([...named.values()].map(({ customerId }) => customerId))];
  const [byName, like, documents, usage, tickets] = await Promise.all([
    customersByIds(deps.db, ids),
    customersLike(deps.db, text, FOUND_MAX),
    documentsNamed(deps.db, text, FOUND_MAX),
    usageNamed(deps.db, text, FOUND_MAX),
    actsOfTicket(deps.db, text, FOUND_MAX),
  ]);
  const customers = [...byName, ...like.filter(({ customerId }) => !ids.includes(customerId))];
  return { ...NOTHING, customers, documents, usage, tickets };
}

async function findOurs({ db }: Pick<Deps, 'db'>, { kind, uuid }: TypedId): Promise<Found> {
  switch (kind) {
    case 'customer':
      return { ...NOTHING, customers: await customersByIds(db, [uuid]) };
    case 'entry':
      return { ...NOTHING, entryId: (await explainedEntry(db, uuid, null))?.entryId ?? null };
    case 'usage': {
      const lane = laneOfId(uuid);
      const usage = lane === null ? null : await usageWithId(db, lane, uuid);
      return { ...NOTHING, usage: usage === null ? [] : [usage] };
    }
    case 'hold':
      return ofCustomer(db, (await shownHold(db, uuid))?.customerId ?? null);
    case 'grant':
      return ofCustomer(db, await customerOfLot(db, uuid));
    case 'case':
      return { ...NOTHING, caseId: uuid };
  }
}

/** By an id of Stripe's; null when it looks like none. */
async function findStripes({ db }: Pick<Deps, 'db'>, text: string): Promise<Found | null> {
  const prefix = /^(cus|in|cn|sub|evt|pi|ch|py)_\w+$/.exec(text)?.[1];
  switch (prefix) {
    case undefined:
      return null;
    case 'cus':
      return ofCustomer(db, (await resolveCustomers(db, [text])).get(text)?.customerId ?? null);
    case 'sub':
      return ofCustomer(db, await customerOfSubscription(db, text));
    case 'evt': {
      const object = await objectOfStripeEvent(db, text);
      return object === null || object.startsWith('evt_') ? NOTHING : findStripes({ db }, object);
    }
    case 'pi':
    case 'ch':
    case 'py': {
      const invoiceId = await invoiceOfPayment(db, text);
      const customer = invoiceId === null ? null : await customerOfInvoice(db, invoiceId);
      if (invoiceId === null || customer === null) return NOTHING;
      return { ...NOTHING, documents: [{ ...customer, id: text, invoiceId, number: null }] };
    }
    default:
      return { ...NOTHING, documents: await documentsNamed(db, text, FOUND_MAX) };
  }
}

async function ofCustomer(db: Deps['db'], customerId: string | null): Promise<Found> {
  return customerId === null ? NOTHING : { ...NOTHING, customers: await customersByIds(db, [customerId]) };
}
