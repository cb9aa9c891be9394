import { createHash } from 'node:crypto';

import { formatCredits } from '../../domain/amount.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { BookMovement, CasePreview, MoneyPreview } from '../../domain/case-preview.ts';
import type { Case } from '../../domain/case-record.ts';
import { customerText } from '../../domain/case-text.ts';
import { type GiveMoney, type Outcome, refusedEvidence } from '../../domain/case.ts';
import type { JournalEntry } from '../../domain/journal.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import type { ReversedUsage } from '../../domain/usage-reversal.ts';
import type { Deps } from '../deps.ts';
import { refusedGrant } from '../grant-credits.ts';
import { type CreditNotePreview, previewCreditNote } from '../preview-credit-note.ts';
import { rehearseReversal } from '../reverse-usage.ts';
import { unspentGift } from '../take-back-credits.ts';

export interface PreviewedCase {
  readonly preview: CasePreview;
  /** Of evidence, outcome and preview: what is submitted, approved and executed is this, or nothing. */
  readonly payloadHash: string;
}

type Content = Omit<CasePreview, 'customerText'>;

/** What the case would do to money, credits and books if it were executed now. Nothing is changed. */
export async function previewCase(deps: Deps, one: Case): Promise<PreviewedCase | Refused> {
  const { kind, evidence, outcome } = one;
  const refusal = refusedEvidence(kind, outcome, evidence);
  if (refusal !== null) return refusal;
  if (outcome === null) throw new Error('a case without an outcome passed its check');
  const content = await contentOf(deps, one, outcome);
  if ('rejected' in content) return content;
  const settlement = outcome.type === 'credit_note' ? outcome.settlement : null;
  const preview = { ...content, customerText: customerText(kind, content, settlement) };
  return { preview, payloadHash: hashOf(one, preview) };
}

async function contentOf(deps: Deps, one: Case, outcome: Outcome): Promise<Content | Refused> {
  switch (outcome.type) {
    case 'restore_credits':
      return restoring(deps, one);
    case 'credit_note':
      return givingMoney(deps, one, outcome);
    case 'adjust_future_usage': {
      const refusal = await refusedGrant(deps, one, outcome);
      if (refusal !== null) return refusal;
      const granted = formatCredits(outcome.amount);
      const movement = { entry: 'grant', from: 'issued.goodwill', to: 'available', amount: granted, unit: 'credits' };
      return { money: null, credits: { ...NOTHING, given: granted, granted }, books: [movement] };
    }
    case 'take_back_credits': {
      const left = await unspentGift(deps, { customer: one, lotId: one.evidence.lotId ?? '' });
      if (typeof left !== 'bigint') return left;
      const takenBack = formatCredits(left);
      const movement = { entry: 'lot.clawed_back', from: 'available', to: 'clawed_back', amount: takenBack };
      const credits = { ...NOTHING, given: takenBack, takenBack };
      return { money: null, credits, books: [{ ...movement, unit: 'credits' }] };
    }
  }
}

const NOTHING = {
  given: '0',
  restored: '0',
  overage: '0',
  debt: '0',
  unfunded: '0',
  byMoney: '0',
  granted: '0',
  clawedBack: '0',
  takenBack: '0',
};

async function restoring(deps: Deps, one: Case): Promise<Content | Refused> {
  const undone = await rehearse(deps, one);
  if ('rejected' in undone) return undone;
  const credits = creditsOf(undone.reversed);
  if (credits.byMoney !== '0') {
    const sentence = `${credits.byMoney} credits of this usage were billed as overage: they come back as money, by a credit note on that invoice`;
    return refuse('needs_credit_note', sentence, { param: 'outcome', details: { by_money: credits.byMoney } });
  }
  return { money: null, credits, books: movementsOf(undone.entries) };
}

async function givingMoney(deps: Deps, one: Case, outcome: GiveMoney): Promise<Content | Refused> {
  const { invoiceId } = one.evidence;
  if (invoiceId === null) throw new Error('a credit note without an invoice passed its check');
  const note = await previewCreditNote(deps, { ...outcome, invoiceId });
  if ('rejected' in note) return note;
  if (note.customer.customerId !== one.customerId) {
    return refuse('unknown_invoice', `${invoiceId} is no invoice of this customer`, { param: 'invoice' });
  }
  const undone = outcome.reverseUsage ? await rehearse(deps, one) : { reversed: [], entries: [] };
  if ('rejected' in undone) return undone;
  return {
    money: moneyOf(note),
    credits: { ...creditsOf(undone.reversed), clawedBack: formatCredits(note.credits.clawedBackMicro) },
    books: [
      ...note.books.map(({ from, to, amountMinor }) => ({
        entry: 'credit_note.issued',
        from,
        to,
        amount: amountMinor.toString(),
        unit: note.currency,
      })),
      ...movementsOf(undone.entries),
    ],
  };
}

async function rehearse(deps: Deps, one: Case): ReturnType<typeof rehearseReversal> {
  const { usageEventIds, ticket } = one.evidence;
  return rehearseReversal(deps, {
    customer: one,
    usageEventIds,
    reason: one.kind,
    ticket: ticket ?? '',
    actor: one.openedBy,
  });
}

/** What undoing usage gives back, in the figures of a preview. */
export function creditsOf(reversed: readonly ReversedUsage[]): Content['credits'] {
  const total = (part: 'restored' | 'overage' | 'debt' | 'unfunded' | 'byMoney'): bigint =>
    reversed.reduce((sum, one) => sum + one[part], 0n);
  const [restored, overage, debt, unfunded] = [total('restored'), total('overage'), total('debt'), total('unfunded')];
  return {
    ...NOTHING,
    given: formatCredits(restored + overage + debt + unfunded),
    restored: formatCredits(restored),
    overage: formatCredits(overage),
    debt: formatCredits(debt),
    unfunded: formatCredits(unfunded),
    byMoney: formatCredits(total('byMoney')),
  };
}

/** Movements of one kind added up: a case may name a thousand events. */
function movementsOf(entries: readonly JournalEntry[]): readonly BookMovement[] {
  const sums = new Map<string, { entry: string; from: string; to: string; amount: bigint }>();
  for (const { kind, postings } of entries) {
    for (const { from, to, amount } of postings) {
      const key = `${kind}/${from.kind}/${to.kind}`;
      const sum = sums.get(key) ?? { entry: kind, from: from.kind, to: to.kind, amount: 0n };
      sum.amount += amount;
      sums.set(key, sum);
    }
  }
  return [...sums.values()].map((sum) => ({ ...sum, amount: formatCredits(sum.amount), unit: 'credits' }));
}

function moneyOf({ invoiceId, currency, money, previewHash }: CreditNotePreview): MoneyPreview {
  return {
    invoice: invoiceId,
    currency,
    totalMinor: money.totalMinor.toString(),
    taxMinor: money.taxMinor.toString(),
    reducesDueMinor: money.openMinor.toString(),
    givenBackMinor: money.paidMinor.toString(),
    settlement: money.settlement,
    lines: money.lines.map(({ invoiceLineId: line, description, amountMinor, creditableMinor }) => ({
      line,
      description,
      amountMinor: amountMinor.toString(),
      creditableMinor: creditableMinor.toString(),
    })),
    previewHash,
  };
}

function hashOf({ caseId, customerId, kind, evidence, outcome }: Case, preview: CasePreview): string {
  const payload = { caseId, customerId, kind, evidence, outcome, preview };
  const plain: unknown = JSON.parse(
    JSON.stringify(payload, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)),
  );
  return createHash('sha256').update(canonicalJson(plain)).digest('hex');
}
