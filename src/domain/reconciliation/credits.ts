// Credits: grants as we gave them against grants as Stripe has them, what invoices took from them, and what they must be
// worth together. Draws happen at other times there than here, so lots are compared with grants as one sum.
import { type CreditPrice, worthUp } from '../credit-price.ts';
import {
  amountDiffers,
  type Comparison,
  type Difference,
  factDiffers,
  MESSAGE_LAG_MS,
  paired,
} from '../reconciliation.ts';
import type { CreditMovementThere, GrantThere } from '../statement.ts';

export interface GrantHere {
  readonly creditGrantId: string;
  readonly poolId: string;
  readonly stripeGrantId: string | null;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly category: string;
  readonly priority: number;
  readonly meteredPriceId: string;
  readonly state: 'wanted' | 'granted' | 'ending' | 'ended' | 'void';
  readonly backstopAt: Date | null;
  /** Since its last message to Stripe was written. */
  readonly ageMs: number;
}

export interface MovementHere {
  readonly transactionId: string;
  readonly type: string;
  readonly amountMinor: bigint;
}

/** What the lots of one pool want at Stripe. */
export interface PoolNeed {
  readonly poolId: string;
  readonly price: CreditPrice;
  readonly meteredPriceId: string;
  /** Left of all lots, held and frozen parts included. */
  readonly leftMicro: bigint;
  /** What lots paid in periods whose invoice is not final. */
  readonly paidMicro: bigint;
  /** Invoices of those periods: what they took does not count yet. */
  readonly notFinalInvoiceIds: ReadonlySet<string>;
  /** A message that changes grants is on its way, or waits for a period's invoice. */
  readonly isMoving: boolean;
}

export interface CreditsHere {
  readonly now: Date;
  readonly grants: readonly GrantHere[];
  readonly movements: readonly MovementHere[];
  readonly pools: readonly PoolNeed[];
  /** Our meters' prices: a foreign grant that reaches none of them is the host's own. */
  readonly meteredPriceIds: ReadonlySet<string>;
}

export function compareCredits(
  here: CreditsHere,
  grants: readonly GrantThere[],
  movements: readonly CreditMovementThere[],
): Comparison {
  const differences = [
    ...grantsDiffer(here, grants),
    ...movementsDiffer(here, movements),
    ...here.pools.flatMap((pool) => totalDiffers(here, pool, grants, movements)),
  ];
  return { compared: grants.length + movements.length + here.pools.length, differences };
}

function grantsDiffer(here: CreditsHere, grants: readonly GrantThere[]): readonly Difference[] {
  const wanted = here.grants.filter(({ state, stripeGrantId }) => stripeGrantId !== null || state === 'wanted');
  const { both, onlyOurs, onlyTheirs } = paired(
    wanted,
    grants,
    (ours) => ours.stripeGrantId,
    (theirs) => theirs.stripeGrantId,
  );
  const unrecorded = (key: string): boolean => grants.some((grant) => grant.key === key && isOpen(grant, here.now));
  return [
    ...both.flatMap(([ours, theirs]) => grantDiffers(ours, theirs, here.now)),
    ...onlyOurs.flatMap((ours) => missingThere(ours, unrecorded(keyOf(ours)))),
    ...onlyTheirs.flatMap((theirs) => unknownHere(here, theirs)),
  ];
}

function keyOf({ creditGrantId }: GrantHere): string {
  return `credit_grant/${creditGrantId}`;
}

function grantDiffers(ours: GrantHere, theirs: GrantThere, now: Date): readonly Difference[] {
  const object = theirs.stripeGrantId;
  const differences: Difference[] = [];
  if (ours.currency !== theirs.currency) {
    differences.push(factDiffers('grant_currency', object, { ours: ours.currency, theirs: theirs.currency }));
  } else if (ours.amountMinor !== theirs.amountMinor) {
    differences.push(
      amountDiffers('grant_amount', object, {
        ours: ours.amountMinor,
        theirs: theirs.amountMinor,
        unit: ours.currency,
      }),
    );
  }
  const terms = {
    ours: `${ours.category} ${ours.priority} ${ours.meteredPriceId}`,
    theirs: `${theirs.category} ${theirs.priority} ${theirs.priceIds?.join(' ') ?? 'every metered price'}`,
  };
  if (terms.ours !== terms.theirs) differences.push(factDiffers('grant_terms', object, terms));
  const open = isOpen(theirs, now);
  const lapsed = ours.backstopAt !== null && ours.backstopAt <= now;
  if (!open && ours.state === 'granted' && !lapsed) {
    differences.push(factDiffers('grant_ended_there', object, { ours: 'open', theirs: endOf(theirs) }));
  }
  if (open && (ours.state === 'ended' || ours.state === 'void')) {
    differences.push(factDiffers('grant_not_ended', object, { ours: ours.state, theirs: 'open' }));
  }
  if (open && ours.state === 'ending') differences.push(movingOrStuck(ours, object, 'grant_not_ended', 'open'));
  return differences;
}

function endOf({ voidedAt, expiresAt }: GrantThere): string {
  return voidedAt === null ? `expires ${String(expiresAt?.toISOString())}` : `voided ${voidedAt.toISOString()}`;
}

function isOpen({ voidedAt, expiresAt }: GrantThere, now: Date): boolean {
  return voidedAt === null && (expiresAt === null || expiresAt > now);
}

function missingThere(ours: GrantHere, isUnrecorded: boolean): readonly Difference[] {
  const object = ours.stripeGrantId ?? keyOf(ours);
  if (ours.stripeGrantId === null) {
    return [movingOrStuck(ours, object, 'grant_never_made', isUnrecorded ? 'given, its answer was lost' : null)];
  }
  if (ours.state === 'ended' || ours.state === 'void') return [];
  return [factDiffers('grant_missing_there', object, { ours: ours.state, theirs: null })];
}

/** A message that waits for a while is timing; one that waits for longer is not. */
function movingOrStuck(
  ours: GrantHere,
  object: string,
  stuck: 'grant_never_made' | 'grant_not_ended',
  theirs: string | null,
): Difference {
  if (ours.ageMs > MESSAGE_LAG_MS) return factDiffers(stuck, object, { ours: ours.state, theirs });
  const explanation = 'Its message was written less than an hour ago.';
  return factDiffers('grant_in_flight', object, { ours: ours.state, theirs }, explanation);
}

function unknownHere(here: CreditsHere, theirs: GrantThere): readonly Difference[] {
  if (!isOpen(theirs, here.now)) return [];
  const facts = { ours: null, theirs: `${theirs.amountMinor} ${theirs.currency}` };
  const ours = here.grants.find((grant) => keyOf(grant) === theirs.key);
  if (ours !== undefined && ours.stripeGrantId !== null) {
    return [factDiffers('grant_twice', theirs.stripeGrantId, { ours: ours.stripeGrantId, theirs: facts.theirs })];
  }
  if (ours !== undefined) return [];
  const reachesUs = theirs.priceIds === null || theirs.priceIds.some((price) => here.meteredPriceIds.has(price));
  return reachesUs ? [factDiffers('grant_foreign', theirs.stripeGrantId, facts)] : [];
}

/** Only what moves the worth of a grant against an invoice: that a grant took effect or ended is Stripe's own note. */
function movementsDiffer(here: CreditsHere, movements: readonly CreditMovementThere[]): readonly Difference[] {
  const { both, onlyOurs, onlyTheirs } = paired(
    here.movements,
    movements,
    ({ transactionId }) => transactionId,
    ({ transactionId }) => transactionId,
  );
  const moving = here.pools.some(({ isMoving }) => isMoving);
  const waits = here.pools.flatMap(({ notFinalInvoiceIds }) => [...notFinalInvoiceIds]);
  const counts = ({ invoiceId }: CreditMovementThere): boolean =>
    invoiceId !== null && !moving && !waits.includes(invoiceId);
  return [
    ...both.flatMap(([ours, theirs]) =>
      ours.amountMinor === theirs.amountMinor
        ? []
        : [
            amountDiffers('credit_movement_amount', ours.transactionId, {
              ours: ours.amountMinor,
              theirs: theirs.amountMinor,
              unit: theirs.currency,
            }),
          ],
    ),
    ...onlyOurs.map(({ transactionId, type }) =>
      factDiffers('credit_movement_missing_there', transactionId, { ours: type, theirs: null }),
    ),
    ...onlyTheirs.filter(counts).map(({ transactionId, type, amountMinor, currency }) =>
      factDiffers('credit_movement_missing_here', transactionId, {
        ours: null,
        theirs: `${type} ${amountMinor} ${currency}`,
      }),
    ),
  ];
}

/** Open-cycle use is the expected difference between lots and grants: computed, so that what remains is real. */
function totalDiffers(
  here: CreditsHere,
  pool: PoolNeed,
  grants: readonly GrantThere[],
  movements: readonly CreditMovementThere[],
): readonly Difference[] {
  const mine = new Set(
    here.grants.filter(({ poolId, stripeGrantId }) => poolId === pool.poolId && stripeGrantId !== null).map(stripeId),
  );
  const open = grants.filter(
    (grant) =>
      mine.has(grant.stripeGrantId) &&
      isOpen(grant, here.now) &&
      grant.currency === pool.price.currency &&
      grant.priceIds?.includes(pool.meteredPriceId) === true,
  );
  const ids = new Set(open.map(({ stripeGrantId }) => stripeGrantId));
  const worth = open.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
  const taken = movements
    .filter(({ stripeGrantId, invoiceId }) => ids.has(stripeGrantId) && invoiceId !== null)
    .filter(({ invoiceId }) => invoiceId === null || !pool.notFinalInvoiceIds.has(invoiceId))
    .reduce((sum, { type, amountMinor }) => sum + (type === 'credits_applied' ? amountMinor : -amountMinor), 0n);
  const ours = worthUp(pool.price, pool.leftMicro + pool.paidMicro);
  const theirs = worth - taken;
  if (ours === theirs) return [];
  const amounts = { ours, theirs, unit: pool.price.currency };
  if (!pool.isMoving) return [amountDiffers('grants_total', pool.poolId, amounts)];
  const explanation = 'A true-up or a grant is on its way, or waits for the cycle invoice to be final.';
  return [amountDiffers('grant_in_flight', pool.poolId, amounts, explanation)];
}

function stripeId({ stripeGrantId }: GrantHere): string | null {
  return stripeGrantId;
}
