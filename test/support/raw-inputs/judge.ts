// Every finalized invoice of a simulator, worked out from what was sent to it: meter events, quantities over time, prices,
// coupons, grants, tax rates and balance transactions. What the invoice says of itself is only compared.
import { wrongMoves } from './deductions.ts';
import {
  changed,
  noInputs,
  takeIn,
  type Commit,
  type Inputs,
  type Invoice,
  type Rate,
  type Subscription,
} from './inputs.ts';
import { wrongEvents, wrongItems, wrongProrations, wrongQuantities } from './items.ts';
import { subscriptionLines, type Planned, type Turn } from './planned-lines.ts';
import { wrongInvoice, type Draft } from './whole-invoice.ts';

/** Why an invoice was not worked out. There is no other reason. */
export const UNKNOWABLE = {
  earlier: 'its draft is older than the simulator of this process',
  lag: 'a meter event began to count in the very moment of its finalization',
} as const;
type Unknowable = (typeof UNKNOWABLE)[keyof typeof UNKNOWABLE];

/** Judges the commits of one simulator in their order. */
export interface Judge {
  /** What is wrong with what the commits brought. */
  readonly look: (commits: readonly Commit[]) => readonly string[];
  /** Finalized invoices by id: null, or why one was not worked out. */
  readonly judged: ReadonlyMap<string, Unknowable | null>;
}

export function openJudge(): Judge {
  const inputs = noInputs();
  const drafts = new Map<string, Draft>();
  const judged = new Map<string, Unknowable | null>();
  let isFirst = true;
  const look = (commit: Commit): string[] => {
    const before = new Map(changed(commit, 'subscriptions').map(({ id }) => [id, inputs.kept.subscriptions.get(id)]));
    const known = new Map(changed(commit, 'invoice_items').map(({ id }) => [id, inputs.kept.invoice_items.get(id)]));
    const wasFinal = new Set(
      changed(commit, 'invoices').flatMap(({ id }) => (isFinal(inputs.kept.invoices.get(id)) ? [id] : [])),
    );
    const isOld = (id: string): boolean => inputs.kept.invoices.has(id) && !drafts.has(id);
    const old = new Set(changed(commit, 'invoices').flatMap(({ id }) => (isOld(id) ? [id] : [])));
    takeIn(inputs, commit);
    if (isFirst) {
      isFirst = false;
      return [];
    }
    const fresh = changed(commit, 'invoice_items').filter(({ id, amount }) => known.get(id)?.amount !== amount);
    const turnOf = (after: Subscription): Turn => {
      const now = commit.times[after.id] ?? 0;
      const at = fresh.map(({ date }) => date).find((date) => isOf(date, now, commit)) ?? now;
      return { before: before.get(after.id), after, at, commit };
    };
    const problems = [
      ...wrongMoves(inputs, commit),
      ...wrongEvents(commit),
      ...wrongItems(inputs, fresh, commit),
      ...changed(commit, 'subscriptions').flatMap((after) => [
        ...wrongQuantities(turnOf(after)),
        ...wrongProrations(inputs, turnOf(after), fresh),
      ]),
    ];
    for (const invoice of changed(commit, 'invoices')) {
      if (!drafts.has(invoice.id) && !old.has(invoice.id))
        problems.push(...begin(inputs, drafts, { invoice, before, commit }));
      const draft = drafts.get(invoice.id);
      if (draft !== undefined && !isFinal(invoice)) followItems(inputs, invoice, draft);
      if (!isFinal(invoice) || wasFinal.has(invoice.id)) continue;
      const reason = unknowable(inputs, commit, draft);
      judged.set(invoice.id, reason);
      if (draft === undefined || reason !== null) continue;
      followItems(inputs, invoice, draft);
      const found = wrongInvoice(inputs, invoice, { ...draft, commit });
      problems.push(...found.map((problem) => `invoice ${invoice.id}, from what was sent: ${problem}`));
    }
    return problems;
  };
  return { look: (commits) => commits.flatMap(look), judged };
}

/** Is it the instant of the commit? A clock that follows the wall may have gone on by a second since. */
const isOf = (stamp: number, now: number, { wall }: Commit): boolean =>
  stamp === now || (stamp === now - 1 && now === Math.floor(wall / 1000));

const isFinal = (invoice: Invoice | undefined): boolean => invoice !== undefined && invoice.status !== 'draft';

/** Lines of a new draft: what waits, newest first, then what the subscription calls for. */
function begin(
  inputs: Inputs,
  drafts: Map<string, Draft>,
  {
    invoice,
    before,
    commit,
  }: { invoice: Invoice; before: ReadonlyMap<string, Subscription | undefined>; commit: Commit },
): string[] {
  const id = invoice.parent?.subscription_details?.subscription;
  const after = inputs.kept.subscriptions.get(id ?? '');
  const now = commit.times[invoice.id] ?? 0;
  const instant = isOf(invoice.created, now, commit) ? invoice.created : now;
  const was = before.get(id ?? '');
  const ends = (was?.items.data ?? []).map(({ current_period_end: end }) => end);
  const isCycle = invoice.billing_reason === 'subscription_cycle';
  const at = isCycle ? Math.min(...ends, was?.cancel_at ?? Infinity) : instant;
  const pending = Array.from(inputs.kept.invoice_items.values()).filter((item) => item.invoice === invoice.id);
  const takesPart = after !== undefined && invoice.billing_reason !== 'manual' && before.has(after.id);
  const own = takesPart ? subscriptionLines(invoice.billing_reason, { before: was, after, at, commit }) : [];
  drafts.set(invoice.id, {
    plan: [...pending.toReversed().map(({ id: item }) => plannedItem(item, invoice)), ...own],
    periodEnd: at,
  });
  return [
    ...(invoice.created === at && invoice.period_end === at ? [] : [`invoice ${invoice.id} is not of ${at}`]),
    ...wrongStart(inputs, invoice, was),
  ];
}

const plannedItem = (id: string, { default_tax_rates: rates }: Invoice): Planned => ({ kind: 'item', id, rates });

/** What a cycle must take along: every item that waits for it, and the discounts that still run. */
function wrongStart({ kept }: Inputs, invoice: Invoice, was: Subscription | undefined): string[] {
  const strangers = invoice.discounts.filter((id) => kept.discounts.get(id)?.customer !== invoice.customer);
  const problems = strangers.map((id) => `invoice ${invoice.id} has the discount ${id} of somebody else`);
  if (was === undefined || invoice.billing_reason !== 'subscription_cycle') return problems;
  const left = Array.from(kept.invoice_items.values()).filter(({ invoice: on, customer, currency, parent }) => {
    const owner = parent?.subscription_details?.subscription ?? was.id;
    return on === null && customer === invoice.customer && currency === invoice.currency && owner === was.id;
  });
  const named = (rates: readonly Rate[] | null | undefined): string => String((rates ?? []).map(({ id }) => id));
  if (named(was.default_tax_rates) !== named(invoice.default_tax_rates))
    problems.push(`invoice ${invoice.id} has not the tax rates of its subscription`);
  const running = was.discounts.filter((id) => (kept.discounts.get(id)?.end ?? Infinity) > invoice.created);
  if (String(running) !== String(invoice.discounts))
    problems.push(`invoice ${invoice.id} has not the discounts ${running.join()}`);
  return [...problems, ...left.map(({ id }) => `invoice ${invoice.id} leaves the item ${id} behind`)];
}

/** Items that came onto a draft later stand at its end. */
function followItems({ kept }: Inputs, invoice: Invoice, { plan }: Draft): void {
  for (const item of kept.invoice_items.values()) {
    if (item.invoice !== invoice.id) continue;
    if (!plan.some((line) => line.kind === 'item' && line.id === item.id)) plan.push(plannedItem(item.id, invoice));
  }
}

/** Why nobody can know what a draft came to. */
function unknowable({ events }: Inputs, { wall, positions }: Commit, draft: Draft | undefined): Unknowable | null {
  if (draft === undefined) return UNKNOWABLE.earlier;
  if (positions.meterLagMs === 0 || !draft.plan.some(({ kind }) => kind === 'usage')) return null;
  const near = [...events.values()].some((own) =>
    [...own.values()].some((one) => Math.abs(one.visible_at - wall) < 50),
  );
  return near ? UNKNOWABLE.lag : null;
}
