// The host's list of what models cost: looked at, and added to. Nothing that is stored with a use follows it.
import { canonicalJson } from '../../domain/canonical-json.ts';
import { lintPriceList } from '../../domain/model-price-lint.ts';
import { type ModelPrice, modelPriceAt, type ModelPriceList, type ModelPriceRow } from '../../domain/model-prices.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { now } from '../../storage/clock.ts';
import { transaction } from '../../storage/database.ts';
import {
  currentPriceList,
  forgetModelPrices,
  listModelPrices,
  lockModelPrices,
  storePriceList,
} from '../../storage/model-prices.ts';
import type { Deps } from '../deps.ts';
import { type Acting, audit, permitted } from '../operators/acting.ts';

export interface PushedPrices {
  /** Rows that the list adds; nothing is ever taken away. */
  readonly added: readonly ModelPrice[];
  /** Of those, the ones that say otherwise about a model and an instant than a row that stays. */
  readonly corrected: number;
  readonly pushed: boolean;
}

/** Adds what a list says anew; a list that says nothing new changes nothing. With `dryRun` it only says what it would add. */
export async function pushModelPrices(
  deps: Deps,
  acting: Acting,
  { list, dryRun }: { readonly list: ModelPriceList; readonly dryRun: boolean },
): Promise<PushedPrices | Refused> {
  const findings = lintPriceList(list);
  if (findings.length > 0) {
    const count = findings.length === 1 ? 'one finding' : `${findings.length} findings`;
    return refuse('lint_failed', `The price list has ${count}; nothing was pushed.`, { details: findings });
  }
  const result = await transaction(deps.db, async (trx) => {
    const actor = await permitted(trx, acting, 'prices.change');
    if ('rejected' in actor) return actor;
    await lockModelPrices(trx);
    const [known, current, at] = await Promise.all([listModelPrices(trx), currentPriceList(trx), now(trx)]);
    const added = list.models
      .map((row) => toPrice(row, list.currency, { modelPriceId: deps.newId(), pushedAt: at }))
      .filter((price) => !inForce(known, price));
    const corrected = added.filter((price) => known.some((other) => isSamePlace(other, price))).length;
    const changed = added.length > 0 || canonicalJson(current) !== canonicalJson(list);
    if (dryRun || !changed) return { added, corrected, pushed: false };
    const priceListId = deps.newId();
    await storePriceList(trx, { priceListId, content: list, by: actor.subject, at, added });
    const after = { added: added.length, corrected };
    await audit(deps, trx, actor, {
      action: 'model_prices.pushed',
      objectType: 'model_price_list',
      objectId: priceListId,
      after,
    });
    return { added, corrected, pushed: true };
  });
  forgetModelPrices(deps.db);
  return result;
}

export interface KnownPrices {
  /** Every price there ever was. */
  readonly all: readonly ModelPrice[];
  /** Those that a use of now would be costed by. */
  readonly inForce: readonly ModelPrice[];
}

/** The prices, for whoever may see margins. */
export async function readModelPrices(deps: Deps, acting: Acting): Promise<KnownPrices | Refused> {
  const actor = await permitted(deps.db, acting, 'margin.read');
  if ('rejected' in actor) return actor;
  const [all, at] = await Promise.all([listModelPrices(deps.db), now(deps.db)]);
  return { all, inForce: all.filter((price) => modelPriceAt(all, price.model, at) === price) };
}

function toPrice(
  { model, provider, effectiveFrom, currency, prices, perUse }: ModelPriceRow,
  listCurrency: string,
  made: Pick<ModelPrice, 'modelPriceId' | 'pushedAt'>,
): ModelPrice {
  return {
    ...made,
    model,
    provider: provider ?? null,
    effectiveFrom: new Date(effectiveFrom),
    currency: currency ?? listCurrency,
    prices: prices ?? [],
    perUse: perUse ?? null,
  };
}

function isSamePlace(a: ModelPrice, b: ModelPrice): boolean {
  return a.model === b.model && a.effectiveFrom.getTime() === b.effectiveFrom.getTime();
}

/** Whether the row that was pushed last for this model and instant says the same. */
function inForce(known: readonly ModelPrice[], price: ModelPrice): boolean {
  const last = known.findLast((other) => isSamePlace(other, price));
  return last !== undefined && said(last) === said(price);
}

function said({ provider, currency, prices, perUse }: ModelPrice): string {
  return canonicalJson({ provider, currency, prices, perUse });
}
