/** The uncertain facts about Stripe that change behaviour, each with a position; the product must hold under all. */
export interface Switches {
  /** How long a meter event stays uncounted after it was accepted (wall time). Real lag has no documented bound. */
  meterLagMs: number;
  /** Values of meter events may have decimals (2026 docs), or must be whole numbers (older pages). */
  meterDecimals: boolean;
  /** An event for a deactivated meter: refused in the answer, or accepted and reported later. */
  archivedMeter: 'refused' | 'reported';
  /** An event for an unknown customer: accepted and reported later, or refused in the answer. */
  unknownMeterCustomer: 'reported' | 'refused';
  /** A meter event whose time is out of bounds: refused in the answer, or accepted and reported later. */
  meterTimestamps: 'refused' | 'reported';
  /** Two calls in flight for one customer and meter: let through, or refused with 429. */
  concurrentMeterEvents: 'allowed' | 'refused';
  /** Does deactivating a meter free its event name? */
  deactivatedMeterFreesName: boolean;
  /** Is the end of an event summary exclusive (field texts) or inclusive (one text)? */
  summaryEnd: 'exclusive' | 'inclusive';
  /** Order of grouped summaries. The docs' sample lists the newest bucket first. */
  summaryOrder: 'newest_first' | 'oldest_first';
  /** Open grants a customer may have; the next is refused. */
  creditGrantsMax: number;
  /** A grant that ends between period end and finalization: gone by then, or its end waits for the draft. */
  grantEndingInDraftWindow: 'lapses' | 'pays';
  /** Do drafts and previews show the credits that they would take? */
  draftsShowCredits: boolean;
  /** A credit note line named by amount: its share of billing credits is taken off, or the amount is money as it is. */
  creditNoteShare: 'pro_rata' | 'gross';
  /** Rounding of a negative half: away from zero, or up. */
  negativeHalf: 'away' | 'up';
  /** A scheduled finalization also waits for the webhooks of invoice.created. */
  scheduledFinalizationWaits: boolean;
  /** How long after its webhooks a cycle draft is finalized, and after how long regardless of them. */
  draftWindowSeconds: number;
  draftWindowSecondsMax: number;
  /** May objects of a test clock be written while it advances? */
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
  return {
    meterLagMs: 0,
    meterDecimals: true,
    archivedMeter: 'refused',
    unknownMeterCustomer: 'reported',
    meterTimestamps: 'refused',
    concurrentMeterEvents: 'allowed',
    deactivatedMeterFreesName: false,
    summaryEnd: 'exclusive',
    summaryOrder: 'newest_first',
    creditGrantsMax: 100,
    grantEndingInDraftWindow: 'lapses',
    draftsShowCredits: true,
    creditNoteShare: 'pro_rata',
    negativeHalf: 'away',
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
    chargeFeeBasisPoints: 0,
    chargeFeeFixed: 0,
    disputeFee: 1500,
    disputeFeeWhenWon: 'kept',
    webhookRetryMs: 200,
    webhookRetryMsMax: 5000,
    webhookTriesMax: 60,
    webhookTimeoutMs: 10_000,
    ...changes,
  };
}
