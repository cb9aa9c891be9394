/** The uncertain facts about Stripe that change behaviour, each with a position; the product must hold under all. */
export interface Switches {
  /** How long a meter event stays uncounted after it was accepted (wall time). Real lag has no documented bound. */
  meterLagMs: number;
  /** Values of meter events may have decimals (2026 docs), or must be whole numbers (older pages). */
  meterDecimals: boolean;
  /** An event for a deactivated meter: refused in the answer, or accepted and reported later. */
  archivedMeter: 'refused' | 'reported';
  /** An event with a name that no meter has: refused in the answer, or accepted and reported later. */
  unknownMeter: 'refused' | 'reported';
  /** A payload without its customer or value, or with a value that is no number: refused, or reported later. */
  malformedMeterEvents: 'refused' | 'reported';
  /** An event for an unknown customer: accepted and reported later, or refused in the answer. */
  unknownMeterCustomer: 'reported' | 'refused';
  /** A meter event whose time is out of bounds: refused in the answer, or accepted and reported later. */
  meterTimestamps: 'refused' | 'reported';
  /** The clock by which the time of a meter event is out of bounds, for customers of a test clock. */
  meterTimestampClock: 'test_clock' | 'real';
  /** Two calls in flight for one customer and meter: let through, or refused with 429. */
  concurrentMeterEvents: 'allowed' | 'refused';
  /** Does deactivating a meter free its event name? */
  deactivatedMeterFreesName: boolean;
  /** Is the end of an event summary exclusive (field texts) or inclusive (one text)? */
  summaryEnd: 'exclusive' | 'inclusive';
  /** Order of grouped summaries. The docs' sample lists the newest bucket first. */
  summaryOrder: 'newest_first' | 'oldest_first';
  /** Windows without usage are absent from grouped summaries, or say zero. */
  summaryOfNothing: 'absent' | 'zero';
  /** Open grants a customer may have; the next is refused. */
  creditGrantsMax: number;
  /** A grant that ends between period end and finalization: gone by then, or its end waits for the draft. */
  grantEndingInDraftWindow: 'lapses' | 'pays';
  /** Do drafts and previews show the credits that they would take? */
  draftsShowCredits: boolean;
  /** A credit note line named by amount: its share of billing credits is taken off, or the amount is money as it is. */
  creditNoteShare: 'pro_rata' | 'gross';
  /** What notes on an invoice may come to: its total after billing credits, or what it was before them. */
  creditNoteCeiling: 'after_credits' | 'before_credits';
  /** A note on a line that billing credits paid wholly comes to nothing: refused, or issued. */
  creditNoteOfNothing: 'refused' | 'issued';
  /** Rounding of a negative half: away from zero, or up. */
  negativeHalf: 'away' | 'up';
  /** A graduated price makes a line for each tier that is reached, or one line for all. */
  graduatedLines: 'per_tier' | 'one';
  /** One line of a graduated price is rounded once, or for each tier. */
  tierRounding: 'line' | 'tier';
  /** A metered price that replaces one of the same meter within a period bills usage since then, or all of the period. */
  swappedMeteredPrice: 'since_change' | 'whole_period';
  /** Is usage metered during a trial billed at its end? */
  trialUsage: 'free' | 'billed';
  /** Customers on one test clock, and items of one subscription. */
  testClockCustomersMax: number;
  subscriptionItemsMax: number;
  /** A scheduled finalization also waits for the webhooks of invoice.created. */
  scheduledFinalizationWaits: boolean;
  /** How long after its webhooks a cycle draft is finalized, and after how long regardless of them. */
  draftWindowSeconds: number;
  draftWindowSecondsMax: number;
  /** May customers of a test clock, and what is theirs, be written while it advances? */
  writesWhileAdvancing: 'allowed' | 'refused';
  /** Stamps of payment intents, charges and refunds of test clock customers: the real time, or the clock's. */
  paymentStamps: 'real' | 'test_clock';
  /** Stamps of events about test clock objects: the real time, or the clock's. */
  eventStamps: 'real' | 'test_clock';
  /** Is voiding a credit note refused that has made its invoice paid? */
  voidingPaidByCreditNote: 'refused' | 'reopens';
  /** Listing credit balance transactions without a customer: refused, or everything. */
  creditTransactionsWithoutCustomer: 'refused' | 'listed';
  /** Does the amount under the minimum charge move to the customer balance? */
  tooSmallMovesToBalance: boolean;
  /** Days before the period end at which invoice.upcoming is sent; 0 = never. */
  upcomingDays: number;
  /** Days before an invoice's due date at which invoice.will_be_due is sent, as an automation of the account says; 0 = never. */
  willBeDueDays: number;
  /** Stripe's own fee for a charge and for a dispute, in hundredths of a percent plus a fixed part, and fixed. */
  chargeFeeBasisPoints: number;
  chargeFeeFixed: number;
  disputeFee: number;
  /** Does a won dispute bring its fee back? It does in some countries. */
  disputeFeeWhenWon: 'kept' | 'returned';
  /** Wall time of webhook deliveries: the first retry, its growth limit, tries, and how long an endpoint may take. */
  webhookRetryMs: number;
  webhookRetryMsMax: number;
  webhookTriesMax: number;
  webhookTimeoutMs: number;
}

/** The likeliest positions. */
export function defaultSwitches(changes: Partial<Switches> = {}): Switches {
  const switches: Switches = {
    meterLagMs: 0,
    meterDecimals: true,
    archivedMeter: 'refused',
    unknownMeter: 'refused',
    malformedMeterEvents: 'refused',
    unknownMeterCustomer: 'reported',
    meterTimestamps: 'refused',
    meterTimestampClock: 'test_clock',
    concurrentMeterEvents: 'allowed',
    deactivatedMeterFreesName: false,
    summaryEnd: 'exclusive',
    summaryOrder: 'newest_first',
    summaryOfNothing: 'absent',
    creditGrantsMax: 100,
    grantEndingInDraftWindow: 'lapses',
    draftsShowCredits: true,
    creditNoteShare: 'pro_rata',
    creditNoteCeiling: 'after_credits',
    creditNoteOfNothing: 'refused',
    negativeHalf: 'away',
    graduatedLines: 'per_tier',
    tierRounding: 'line',
    swappedMeteredPrice: 'since_change',
    trialUsage: 'free',
    testClockCustomersMax: 3,
    subscriptionItemsMax: 20,
    scheduledFinalizationWaits: false,
    draftWindowSeconds: 3600,
    draftWindowSecondsMax: 72 * 3600,
    writesWhileAdvancing: 'allowed',
    paymentStamps: 'real',
    eventStamps: 'real',
    voidingPaidByCreditNote: 'refused',
    creditTransactionsWithoutCustomer: 'refused',
    tooSmallMovesToBalance: true,
    upcomingDays: 0,
    willBeDueDays: 0,
    chargeFeeBasisPoints: 0,
    chargeFeeFixed: 0,
    disputeFee: 1500,
    disputeFeeWhenWon: 'kept',
    webhookRetryMs: 200,
    webhookRetryMsMax: 5000,
    webhookTriesMax: 60,
    webhookTimeoutMs: 10_000,
  };
  setSwitches(switches, changes);
  return switches;
}

/** Moves switches; throws for a name that no switch has, and for a position of another type. */
export function setSwitches(switches: Switches, changes: Partial<Switches>): void {
  for (const [name, position] of Object.entries(changes)) {
    const present: unknown = Object.entries(switches).find(([known]) => known === name)?.[1];
    if (present === undefined) throw new Error(`no switch ${name}`);
    if (typeof present !== typeof position) throw new Error(`${name} is a ${typeof present}`);
  }
  Object.assign(switches, changes);
}

/** The other positions of each fact; times and fees are settings of the simulator, not facts in doubt. */
export const OTHER_POSITIONS = {
  meterLagMs: [150],
  meterDecimals: [false],
  archivedMeter: ['reported'],
  unknownMeter: ['reported'],
  malformedMeterEvents: ['reported'],
  unknownMeterCustomer: ['refused'],
  meterTimestamps: ['reported'],
  meterTimestampClock: ['real'],
  concurrentMeterEvents: ['refused'],
  deactivatedMeterFreesName: [true],
  summaryEnd: ['inclusive'],
  summaryOrder: ['oldest_first'],
  summaryOfNothing: ['zero'],
  creditGrantsMax: [40],
  grantEndingInDraftWindow: ['pays'],
  draftsShowCredits: [false],
  creditNoteShare: ['gross'],
  creditNoteCeiling: ['before_credits'],
  creditNoteOfNothing: ['issued'],
  negativeHalf: ['up'],
  graduatedLines: ['one'],
  tierRounding: ['tier'],
  swappedMeteredPrice: ['whole_period'],
  trialUsage: ['billed'],
  testClockCustomersMax: [1],
  subscriptionItemsMax: [40],
  scheduledFinalizationWaits: [true],
  writesWhileAdvancing: ['refused'],
  paymentStamps: ['test_clock'],
  eventStamps: ['test_clock'],
  voidingPaidByCreditNote: ['reopens'],
  creditTransactionsWithoutCustomer: ['listed'],
  tooSmallMovesToBalance: [false],
  upcomingDays: [7],
  disputeFeeWhenWon: ['returned'],
} as const satisfies { readonly [K in keyof Switches]?: readonly Switches[K][] };
