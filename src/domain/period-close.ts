// When a month may close: a list of proofs, each a sentence with its figures. Nothing on it is taken on trust, except what
// happened in another system, and that carries a name.
import { formatMinor } from './amount.ts';
import { minorPlaces } from './currency.ts';

/** `YYYY-MM`, in UTC. */
export type BooksMonth = string;

export type PeriodState = 'open' | 'pending' | 'closed';

/** What the database knows of a month, as of one snapshot. */
export interface CloseFacts {
  readonly now: Date;
  readonly month: BooksMonth;
  /** The first instant of the next month. */
  readonly ends: Date;
  /** The latest cut-off of a billing period that ends in the month; its end when there is none. */
  readonly cutOff: Date;
  /** Events of Stripe from before the end that are not applied. */
  readonly eventsWaiting: number;
  readonly eventsParked: number;
  /** Up to when Stripe's own list of events was compared with what arrived; null: never. */
  readonly eventsListedUntil: Date | null;
  readonly quarantined: number;
  /** Billing periods that end in the month: not cut off, and without a final invoice. */
  readonly periodsOpen: number;
  readonly periodsNotFinal: number;
  readonly messagesWaiting: number;
  readonly messagesParked: number;
  /** When the last complete run over everybody began; null: none finished. */
  readonly reconciledAt: Date | null;
  /** When the newest entry of the month was recorded, recognition of revenue left out; null: the month is empty. */
  readonly lastEntryAt: Date | null;
  readonly variancesOpen: number;
  readonly variancesExplained: number;
  readonly casesUndecided: number;
  /** Lots that ended in the month and still hold credits. */
  readonly lotsDue: number;
  /** When revenue was last recognised through the end of the month; null: not yet. */
  readonly recognisedAt: Date | null;
  readonly breakage: readonly MoneyFigure[];
  /** Deferred credits: by the accounts, and by the lots. */
  readonly deferred: readonly {
    readonly currency: string;
    readonly accountsMinor: bigint;
    readonly lotsMinor: bigint;
  }[];
  /** Clearing accounts that are not at zero, and how many of them have been so for too long. */
  readonly clearing: readonly (MoneyFigure & { readonly account: string })[];
  readonly clearingStuck: number;
  /** Days on which nothing was recorded need no seal. */
  readonly sealedThrough: string;
  readonly earlierOpen: BooksMonth | null;
  readonly exports: number;
  readonly confirmations: Readonly<Record<string, Confirmation>>;
}

export interface MoneyFigure {
  readonly currency: string;
  readonly amountMinor: bigint;
}

export interface Confirmation {
  readonly by: string;
  readonly at: string;
  readonly note: string;
}

export interface CloseItem {
  readonly key: string;
  readonly group: 'before' | 'review' | 'lock';
  readonly title: string;
  readonly done: boolean;
  /** What was found, with figures; when it is not done, what to do. */
  readonly proof: string;
}

/** What a person confirms, because it happens in another system. */
export const CONFIRMED_BY_HAND = { journal_imported: 'the journal was imported into the general ledger' } as const;
export type ConfirmedByHand = keyof typeof CONFIRMED_BY_HAND;

/** The checklist in the order in which it is worked through. The second signature is not on it: it is what closes. */
export function closeChecklist(facts: CloseFacts): readonly CloseItem[] {
  return [...beforeItems(facts), ...reviewItems(facts), ...lockItems(facts)];
}

function beforeItems(facts: CloseFacts): readonly CloseItem[] {
  const { now, ends, cutOff, reconciledAt, lastEntryAt, eventsListedUntil } = facts;
  const over = now >= cutOff;
  const listed = eventsListedUntil !== null && eventsListedUntil >= ends;
  const eventsDone = facts.eventsWaiting === 0 && facts.eventsParked === 0 && listed;
  const reconciled =
    reconciledAt !== null && reconciledAt >= ends && (lastEntryAt === null || reconciledAt >= lastEntryAt);
  return [
    item('before', 'earlier_months', 'Every earlier month is closed', facts.earlierOpen === null, {
      yes: 'no earlier month with entries is open',
      no: `${facts.earlierOpen ?? ''} is still open; close it first`,
    }),
    item('before', 'cut_off', 'The month and its cut-off are over', over && facts.periodsOpen === 0, {
      yes: `the last cut-off was ${shown(cutOff)}`,
      no: over
        ? `${facts.periodsOpen} billing periods are not cut off yet; the pools’ loop does so within seconds`
        : `late usage still belongs to the month until ${shown(cutOff)}`,
    }),
    item('before', 'events_applied', 'Webhooks are caught up, none is parked', eventsDone, {
      yes: `Stripe’s own list was compared up to ${shown(eventsListedUntil)}, and everything is applied`,
      no: listed
        ? `${facts.eventsWaiting} events wait and ${facts.eventsParked} are parked: creditpool events list`
        : `Stripe’s own list was last compared up to: ${shown(eventsListedUntil)}; the gap filler runs every ten minutes`,
    }),
    item(
      'before',
      'messages_sent',
      'Nothing waits to be sent to Stripe',
      facts.messagesWaiting + facts.messagesParked === 0,
      {
        yes: 'the outbox holds nothing from the month',
        no: `${facts.messagesWaiting} messages wait and ${facts.messagesParked} are parked: creditpool outbox list`,
      },
    ),
    item('before', 'quarantine_empty', 'No usage is in quarantine', facts.quarantined === 0, {
      yes: 'none waits',
      no: `${facts.quarantined} events wait to be fixed and released, or discarded: creditpool quarantine list`,
    }),
    item('before', 'invoices_final', 'Every invoice of the month’s periods is final', facts.periodsNotFinal === 0, {
      yes: 'all periods that end in the month are settled',
      no: `${facts.periodsNotFinal} billing periods have no final invoice: creditpool drafts list`,
    }),
    item('before', 'reconciled', 'Everybody was reconciled after the last entry', reconciled, {
      yes: `the run of ${shown(reconciledAt)} came after everything in the month`,
      no: `the last full run began ${shown(reconciledAt)}; run creditpool reconcile --full`,
    }),
    item('before', 'variances', 'No variance is unexplained', facts.variancesOpen === 0, {
      yes: `${facts.variancesExplained} are explained, none is open`,
      no: `${facts.variancesOpen} variances are open; explain, correct or repair each`,
    }),
  ];
}

function reviewItems(facts: CloseFacts): readonly CloseItem[] {
  const untied = facts.deferred.filter(({ accountsMinor, lotsMinor }) => accountsMinor !== lotsMinor);
  const recognised =
    facts.recognisedAt !== null && (facts.lastEntryAt === null || facts.recognisedAt >= facts.lastEntryAt);
  const uncleared = facts.clearing.map(({ account, ...figure }) => `${account} ${money(figure)}`).join(', ');
  return [
    item('review', 'cases_decided', 'No approval is pending', facts.casesUndecided === 0, {
      yes: 'every case of the month is decided',
      no: `${facts.casesUndecided} cases wait or are half done: creditpool cases list`,
    }),
    item('review', 'lots_ended', 'Expiry ran, and breakage is known', facts.lotsDue === 0, {
      yes: `breakage of the month: ${facts.breakage.map(money).join(', ') || 'none'}`,
      no: `${facts.lotsDue} lots ended in the month and still hold credits; the pools’ loop ends them`,
    }),
    item('review', 'revenue_recognised', 'Revenue is recognised through the last day', recognised, {
      yes: `recognised ${shown(facts.recognisedAt)}, after the last other entry of the month`,
      no: `last recognised: ${shown(facts.recognisedAt)}, and something was recorded since; run creditpool close prepare ${facts.month}`,
    }),
    item(
      'review',
      'deferred_ties',
      'Deferred credits tie to what the lots have paid and not used',
      untied.length === 0,
      {
        yes:
          facts.deferred.map(({ currency, lotsMinor }) => money({ currency, amountMinor: lotsMinor })).join(', ') ||
          'nothing is deferred',
        no: untied
          .map(
            ({ currency, accountsMinor, lotsMinor }) =>
              `the accounts say ${money({ currency, amountMinor: accountsMinor })}, the lots ${money({ currency, amountMinor: lotsMinor })}`,
          )
          .join('; '),
      },
    ),
    item('review', 'clearing_zero', 'Refunds and disputes are matched', facts.clearingStuck === 0, {
      yes: uncleared === '' ? 'every clearing account is at zero' : `under way, and young enough: ${uncleared}`,
      no: `${facts.clearingStuck} clearing accounts have not come to zero for too long: ${uncleared}`,
    }),
    item('review', 'currencies', 'Exchange rates are fixed', true, {
      yes: 'each currency is its own set of books; nothing is converted here',
      no: '',
    }),
  ];
}

function lockItems(facts: CloseFacts): readonly CloseItem[] {
  const lastDay = new Date(facts.ends.getTime() - 1).toISOString().slice(0, 10);
  const sealed = facts.sealedThrough >= lastDay;
  const imported = facts.confirmations['journal_imported'];
  return [
    item('lock', 'sealed', 'The month’s days are sealed', sealed, {
      yes: `sealed through ${facts.sealedThrough}; keep its root outside: creditpool ledger roots`,
      no: `sealed through ${facts.sealedThrough}; run creditpool close prepare ${facts.month}`,
    }),
    item('lock', 'journal_exported', 'The journal is exported', facts.exports > 0, {
      yes: `${facts.exports} exports of the month`,
      no: `run creditpool export journal ${facts.month} --target …`,
    }),
    item('lock', 'journal_imported', 'Its import is confirmed', imported !== undefined, {
      yes: `confirmed by ${imported?.by ?? ''}: ${imported?.note ?? ''}`,
      no: `confirm that ${CONFIRMED_BY_HAND.journal_imported}: creditpool close confirm ${facts.month} journal_imported --note …`,
    }),
  ];
}

/** What two people sign: which proofs held, and what the month holds. Anything dated into it afterwards makes another. */
export function signedFacts(facts: CloseFacts): object {
  const { month, lastEntryAt, breakage, confirmations } = facts;
  return {
    month,
    proofs: closeChecklist(facts).map(({ key, done }) => [key, done]),
    lastEntryAt: lastEntryAt?.toISOString() ?? null,
    breakage: breakage.map(({ currency, amountMinor }) => [currency, amountMinor.toString()]),
    confirmations,
  };
}

/** The first instant of the next month. */
export function monthEnd(month: BooksMonth): Date {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 1));
}

function item(
  group: CloseItem['group'],
  key: string,
  title: string,
  done: boolean,
  proof: { readonly yes: string; readonly no: string },
): CloseItem {
  return { group, key, title, done, proof: done ? proof.yes : proof.no };
}

function money({ currency, amountMinor }: MoneyFigure): string {
  return `${formatMinor(amountMinor, minorPlaces(currency) ?? 2)} ${currency.toUpperCase()}`;
}

function shown(instant: Date | null): string {
  return instant === null ? 'never' : `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
