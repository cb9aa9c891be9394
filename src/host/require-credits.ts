// A middleware that pays for a route: credits are held before the handler, captured when it has succeeded, released when it fails or its
// reader leaves. The end of the response waits for the books, so whoever has the whole answer was charged for it.
import type { Request, RequestHandler, Response } from 'express';

import type { HttpContext } from '../http/context.ts';
import { problemOf, sendProblem } from '../http/errors.ts';
import type { Problem } from '../http/problems.ts';
import { type Charge, chargeOnSuccess, holdAndCapture } from './charges.ts';
import { CLOSING, type Gate } from './gate.ts';
import type { Operations } from './operations.ts';
import type { Spool } from './spool.ts';
import { within } from './within.ts';

export type Counts = Readonly<Record<string, number | bigint>>;

/** Who pays for a request. */
export interface Payer {
  /** `ext:…`, `cus_…` or `customer_…` */
  readonly customer: string;
  readonly member?: string;
}

export interface RequireCredits {
  /** `hold` (default) reserves before and captures after; `charge_on_success` asks before and tracks after. */
  readonly mode?: 'hold' | 'charge_on_success';
  /** What it uses, or the most it can use; the handler says the rest by `req.credits.setQuantity`. Default: nothing to count. */
  readonly quantity?: Counts | ((request: Request) => Counts);
  readonly dimensions?: (request: Request) => Readonly<Record<string, string>>;
  readonly onUnavailable?: 'allow' | 'block';
}

/** What the handler is given as `req.credits`. */
export interface RequestCredits {
  readonly customer: string;
  /** What was really used; counts until the response ends. */
  readonly setQuantity: (quantity: Counts) => void;
}

declare global {
  namespace Express {
    interface Request {
      credits?: RequestCredits;
    }
  }
}

export interface Paying {
  readonly context: HttpContext;
  readonly operations: Operations;
  readonly identify: (request: Request) => Payer | null | Promise<Payer | null>;
  readonly gate: Gate;
  readonly onUnavailable: 'allow' | 'block';
  /** Longer than that, and the database counts as away. */
  readonly decideWithinMs: number;
  /** Null: nothing can be kept, so nothing is allowed while the database is away. */
  readonly spool: Spool | null;
  readonly newId: () => string;
}

export function requireCredits(paying: Paying, action: string, options: RequireCredits = {}): RequestHandler {
  const { context, identify, spool } = paying;
  const begin = options.mode === 'charge_on_success' ? chargeOnSuccess : holdAndCapture;
  const mayGoOn = (options.onUnavailable ?? paying.onUnavailable) === 'allow' && spool !== null;
  return async (request, response, next) => {
    response.locals['requestId'] ??= paying.newId();
    if (!paying.gate.enter(response)) {
      sendProblem(context, response, CLOSING);
      return;
    }
    const payer = await identify(request);
    if (payer === null) {
      sendProblem(context, response, {
        code: 'unauthenticated',
        message: 'nobody is signed in who could pay for this: identify(req) answered null',
      });
      return;
    }
    const { quantity = {} } = options;
    const use = {
      eventId: paying.newId(),
      customer: payer.customer,
      member: payer.member ?? null,
      action,
      quantities: toQuantities(typeof quantity === 'function' ? quantity(request) : quantity),
      dimensions: options.dimensions?.(request) ?? {},
    };
    const charge = await begun(paying, begin, use, mayGoOn);
    if ('rejected' in charge) {
      sendProblem(context, response, charge.rejected);
      return;
    }
    request.credits = {
      customer: payer.customer,
      setQuantity: (counted) => {
        charge.use.quantities = toQuantities(counted);
      },
    };
    settleAtTheEnd(paying, response, charge);
    next();
  };
}

function toQuantities(counts: Counts): Record<string, bigint> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, BigInt(count)]));
}

async function begun(
  paying: Paying,
  begin: typeof holdAndCapture,
  use: Charge['use'],
  mayGoOn: boolean,
): Promise<Charge | { readonly rejected: Problem }> {
  const { log } = paying.context.deps;
  try {
    return await within(paying.decideWithinMs, begin(paying.operations, use), {
      // Nobody waits for it any more: what it held is given back.
      done: async (charge) => ('rejected' in charge ? undefined : charge.release?.()),
      failed: (err) => log.warn({ err, eventId: use.eventId }, 'a decision that came too late failed'),
    });
  } catch (error) {
    const problem = problemOf(paying.context, use.eventId, error);
    if (problem.code !== 'database_unavailable' || !mayGoOn) return { rejected: problem };
    // Nobody could be asked: it runs, and what it used is kept and told later.
    return { use, cost: null, remaining: null, holdId: null, capture: null, release: null };
  }
}

/** Settles once: when the handler ends the response, or when its reader is gone. */
function settleAtTheEnd(paying: Paying, response: Response, charge: Charge): void {
  const { context } = paying;
  let settled: Promise<void> | null = null;
  const settle = async (isPaid: boolean): Promise<void> => {
    settled ??= (isPaid ? paid(paying, response, charge) : givenBack(charge)).catch((error: unknown) => {
      context.deps.log.error({ err: error, eventId: charge.use.eventId }, 'a request could not be settled');
    });
    return settled;
  };
  showCost(response, charge);
  const end = response.end.bind(response) as (...given: readonly unknown[]) => Response;
  response.end = ((...given: readonly unknown[]) => {
    const isGood = response.statusCode >= 200 && response.statusCode < 300;
    void settle(isGood).then(() => end(...given));
    return response;
  }) as Response['end'];
  response.once('close', () => void settle(false));
}

async function givenBack({ release }: Charge): Promise<void> {
  await release?.();
}

async function paid({ context, spool, decideWithinMs }: Paying, response: Response, charge: Charge): Promise<void> {
  const { use, holdId } = charge;
  try {
    if (charge.capture === null) throw new NotAsked();
    // What comes too late was done all the same: the spool tells it under the same key, so it counts once.
    const taken = await within(decideWithinMs, charge.capture(), {
      done: async () => undefined,
      failed: (err) => context.deps.log.warn({ err, eventId: use.eventId }, 'a capture that came too late failed'),
    });
    if ('rejected' in taken) {
      context.deps.log.error({ ...taken.rejected, eventId: use.eventId }, 'a request was answered and not charged');
      return;
    }
    showCost(response, taken);
  } catch (error) {
    const isAway = error instanceof NotAsked || problemOf(context, use.eventId, error).code === 'database_unavailable';
    if (!isAway || spool === null) throw error;
    const quantities = Object.fromEntries(Object.entries(use.quantities).map(([name, count]) => [name, String(count)]));
    spool.keep({ ...use, quantities, occurredAt: new Date().toISOString(), holdId });
    if (!response.headersSent) response.setHeader('x-credits-deferred', '1');
  }
}

/** Nothing was asked of the database, since it was away when the request came. */
class NotAsked extends Error {}

function showCost(response: Response, { cost, remaining }: Pick<Charge, 'cost' | 'remaining'>): void {
  if (response.headersSent) return;
  if (cost !== null) response.setHeader('x-credits-cost', cost);
  if (remaining !== null) response.setHeader('x-credits-remaining', remaining);
}
