// A second, small opinion of what one pool must do: plain numbers of whole credits, lists and loops. It shares no code
// with the product, so that a mistake would have to be made twice.

const MINUTE = 60_000;
const CUT_OFF = 45 * MINUTE;

export interface ModelRules {
  readonly included: number;
  readonly overageCap: number | null;
  readonly debtLimit: number;
  readonly excess: 'allow' | 'clip' | 'refuse';
  readonly paydown: boolean;
  readonly packDays: number;
  /** Share of the allowance that rolls over for one period; 0: none. */
  readonly rollsPercent: number;
}

interface Lot {
  readonly born: number;
  readonly source: 'included' | 'purchased' | 'restored' | 'carried' | 'rollover';
  readonly from: number;
  readonly until: number;
  readonly onlyHold: number | null;
  readonly granted: number;
  drawn: number;
  held: number;
  ended: number;
}

interface Period {
  readonly from: number;
  readonly until: number;
  cutOff: boolean;
  metered: number;
  overage: number;
  reserved: number;
  undoneByMoney: number;
}

interface Hold {
  readonly period: Period;
  readonly placed: number;
  readonly until: number;
  pins: { lot: Lot; left: number }[];
  reserved: number;
  state: 'open' | 'captured' | 'released' | 'lapsed';
}

interface Usage {
  period: Period;
  readonly credits: number;
  readonly debt: number;
  draws: readonly { lot: Lot; amount: number }[];
  state: 'applied' | 'unfunded' | 'reversed';
}

export interface Model {
  readonly rules: ModelRules;
  now: number;
  readonly periods: Period[];
  readonly lots: Lot[];
  readonly holds: Hold[];
  readonly usage: Usage[];
  debt: number;
}

export type Outcome = 'done' | 'unfunded' | 'refused';

export function newModel(rules: ModelRules, now: number): Model {
  const model: Model = { rules, now, periods: [], lots: [], holds: [], usage: [], debt: 0 };
  openPeriod(model, Date.UTC(2026, 3, 1), Date.UTC(2026, 4, 1));
  touch(model);
  return model;
}

const left = (lot: Lot): number => lot.granted - lot.drawn - lot.held - lot.ended;
const lives = (lot: Lot, at: number): boolean => lot.from <= at && at < lot.until;
const stood = (lot: Lot, end: number): boolean => lot.from < end && lot.until >= end;
const running = ({ periods, now }: Model): Period | null =>
  periods.find((period) => period.from <= now && now < period.until) ?? null;
const waits = (period: Period, now: number): boolean => !period.cutOff && period.until <= now;
const onTime = (period: Period, now: number): boolean => !period.cutOff && now < period.until + CUT_OFF;

/** Everything that time alone does. */
export function touch(model: Model): void {
  for (let last = model.periods.at(-1); last !== undefined && last.until <= model.now; last = model.periods.at(-1)) {
    const end = new Date(last.until);
    openPeriod(model, last.until, Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 1));
  }
  for (const hold of model.holds) if (hold.state === 'open' && hold.until <= model.now) settle(model, hold, 'lapsed');
  for (const period of model.periods) {
    if (!waits(period, model.now) || model.now < period.until + CUT_OFF) continue;
    period.cutOff = true;
    for (const hold of model.holds) if (hold.state === 'open' && hold.period === period) carry(model, hold);
    rollOver(model, period);
  }
  for (const lot of model.lots) {
    const claimed = model.periods.some((period) => waits(period, model.now) && stood(lot, period.until));
    if (lot.until <= model.now && !claimed) lot.ended += left(lot);
  }
}

function openPeriod(model: Model, from: number, until: number): void {
  model.periods.push({ from, until, cutOff: false, metered: 0, overage: 0, reserved: 0, undoneByMoney: 0 });
  openLot(model, { source: 'included', from, until, granted: model.rules.included });
  fund(model);
}

function openLot(model: Model, lot: Pick<Lot, 'source' | 'from' | 'until' | 'granted'>): void {
  const opened = { ...lot, born: model.lots.length, onlyHold: null, drawn: 0, held: 0, ended: 0 };
  model.lots.push(opened);
  payOwed(model, opened);
}

/** New or freed credits pay debt, then usage that waits, then overage that late usage of its period could have drawn. */
function payOwed(model: Model, lot: Lot): void {
  if (lot.onlyHold !== null) return;
  const period = running(model);
  if (period !== null && lives(lot, model.now)) {
    const paid = Math.min(model.debt, left(lot));
    lot.drawn += paid;
    model.debt -= paid;
    period.metered += paid;
  }
  fund(model);
  if (!model.rules.paydown) return;
  for (const owing of model.periods) {
    const isRunning = owing.from <= model.now && model.now < owing.until;
    if (!onTime(owing, model.now) || !(isRunning ? lives(lot, model.now) : stood(lot, owing.until))) continue;
    const paid = Math.min(owing.overage, left(lot));
    lot.drawn += paid;
    owing.overage -= paid;
  }
}

/** Usage past every limit is paid whole or not at all, in its order. */
function fund(model: Model): void {
  const period = running(model);
  if (period === null) return;
  for (const usage of model.usage) {
    if (usage.state !== 'unfunded') continue;
    const split = splitOf(model, period, usage.credits, false);
    if (split === null) return;
    take(model, period, split);
    usage.period = period;
    usage.draws = split.draws;
    usage.state = 'applied';
  }
}

interface Split {
  readonly draws: readonly { lot: Lot; amount: number }[];
  readonly overage: number;
  readonly debt: number;
}

/** Lots, then overage inside its cap, then (of what was used) debt inside its limit; null when that is not enough. */
function splitOf(model: Model, period: Period, amount: number, used: boolean, beyond = false): Split | null {
  const isRunning = period.from <= model.now && model.now < period.until;
  const may = model.lots.filter(
    (lot) => lot.onlyHold === null && (isRunning ? lives(lot, model.now) : stood(lot, period.until)),
  );
  const draws = [];
  let owed = amount;
  for (const lot of may.toSorted(inOrder)) {
    const taken = Math.min(left(lot), owed);
    if (taken > 0) draws.push({ lot, amount: taken });
    owed -= Math.max(taken, 0);
  }
  const reserved = model.periods.filter(({ from }) => from <= period.from).reduce((sum, one) => sum + one.reserved, 0);
  const cap = model.rules.overageCap;
  const overage = cap === null ? 0 : Math.min(owed, Math.max(0, cap - period.overage - reserved));
  const debt = owed - overage;
  if (debt > 0 && !beyond && (!used || debt > model.rules.debtLimit - model.debt)) return null;
  return { draws, overage, debt };
}

function inOrder(a: Lot, b: Lot): number {
  const paid = (lot: Lot): number => Number(lot.source !== 'restored');
  if (a.until !== b.until) return a.until < b.until ? -1 : 1;
  return paid(a) - paid(b) || a.from - b.from || a.born - b.born;
}

function take(model: Model, period: Period, { draws, overage, debt }: Split): void {
  for (const { lot, amount } of draws) {
    lot.drawn += amount;
    period.metered += amount;
  }
  period.overage += overage;
  period.metered += overage;
  model.debt += debt;
}

/** Usage that happened at an instant: in its own period until the cut-off, afterwards in the running one. */
export function use(model: Model, credits: number, at: number): Outcome {
  touch(model);
  const own = model.periods.find(
    (period) => period.from <= at && at < period.until && waits(period, model.now) && onTime(period, model.now),
  );
  const period = own ?? running(model);
  if (period === null) return 'refused';
  const split = splitOf(model, period, credits, true);
  if (split === null) {
    model.usage.push({ period, credits, debt: 0, draws: [], state: 'unfunded' });
    return 'unfunded';
  }
  take(model, period, split);
  model.usage.push({ period, credits, debt: split.debt, draws: split.draws, state: 'applied' });
  return 'done';
}

export function place(model: Model, credits: number, ttlMinutes: number): Outcome {
  touch(model);
  const period = running(model);
  if (period === null || model.usage.some(({ state }) => state === 'unfunded')) return 'refused';
  const split = splitOf(model, period, credits, false);
  if (split === null) return 'refused';
  for (const { lot, amount } of split.draws) lot.held += amount;
  period.reserved += split.overage;
  const pins = split.draws.map(({ lot, amount }) => ({ lot, left: amount }));
  const until = model.now + ttlMinutes * MINUTE;
  model.holds.push({ period, placed: model.now, until, pins, reserved: split.overage, state: 'open' });
  return 'done';
}

export function capture(model: Model, index: number, credits: number, final: boolean): Outcome {
  touch(model);
  const hold = model.holds[index];
  if (hold?.state !== 'open') return 'refused';
  const held = heldBy(hold);
  if (credits > held && model.rules.excess === 'refuse') return 'refused';
  const period = onTime(hold.period, model.now) ? hold.period : running(model);
  if (period === null) return 'refused';
  let owed = Math.min(credits, held);
  period.metered += owed;
  for (const pin of hold.pins) {
    const taken = Math.min(pin.left, owed);
    pin.left -= taken;
    pin.lot.held -= taken;
    pin.lot.drawn += taken;
    owed -= taken;
  }
  hold.reserved -= owed;
  hold.period.reserved -= owed;
  period.overage += owed;
  if (credits > held && model.rules.excess === 'allow') {
    const split = splitOf(model, period, credits - held, true, true);
    if (split !== null) take(model, period, split);
  }
  if (final) giveBack(model, hold);
  if (final || heldBy(hold) === 0) hold.state = 'captured';
  return 'done';
}

export function release(model: Model, index: number): Outcome {
  touch(model);
  const hold = model.holds[index];
  if (hold?.state !== 'open') return 'refused';
  settle(model, hold, 'released');
  return 'done';
}

const heldBy = (hold: Hold): number => hold.pins.reduce((sum, pin) => sum + pin.left, hold.reserved);

function settle(model: Model, hold: Hold, state: 'released' | 'lapsed'): void {
  giveBack(model, hold);
  hold.state = state;
}

function giveBack(model: Model, hold: Hold): void {
  const freed = hold.pins.filter((pin) => pin.left > 0);
  for (const pin of freed) {
    pin.lot.held -= pin.left;
    pin.left = 0;
  }
  hold.period.reserved -= hold.reserved;
  hold.reserved = 0;
  for (const { lot } of freed) payOwed(model, lot);
}

/** What is left of a period's allowance, up to its share, lives on in a lot of the next period. */
function rollOver(model: Model, period: Period): void {
  const next = model.periods[model.periods.indexOf(period) + 1];
  const lot = model.lots.find(({ source, from }) => source === 'included' && from === period.from);
  if (next === undefined || lot === undefined) return;
  const granted = Math.min(left(lot), Math.floor((lot.granted * model.rules.rollsPercent) / 100));
  if (granted === 0) return;
  lot.ended += granted;
  openLot(model, { source: 'rollover', from: lot.from, until: next.until, granted });
}

/** What a hold pins of lots that ended with its period goes on in a lot of its own. */
function carry(model: Model, hold: Hold): void {
  for (const pin of hold.pins.filter((one) => one.left > 0 && one.lot.until <= model.now)) {
    const lot: Lot = {
      source: 'carried',
      from: hold.period.until,
      born: model.lots.length,
      onlyHold: model.holds.indexOf(hold),
      until: hold.until > hold.period.until ? hold.until : Number.POSITIVE_INFINITY,
      granted: pin.left,
      drawn: 0,
      held: pin.left,
      ended: 0,
    };
    model.lots.push(lot);
    pin.lot.held -= pin.left;
    pin.lot.ended += pin.left;
    hold.pins.push({ lot, left: pin.left });
    pin.left = 0;
  }
}

export function buyPack(model: Model, credits: number): Outcome {
  touch(model);
  const until = model.now + model.rules.packDays * 24 * 60 * MINUTE;
  openLot(model, { source: 'purchased', from: model.now, until, granted: credits });
  return 'done';
}

/** Before the cut-off the usage never happened; after it the meter stands, and money undoes what money will bill. */
export function reverse(model: Model, index: number): Outcome {
  const usage = model.usage[index];
  if (usage?.state === 'unfunded') {
    usage.state = 'reversed';
    touch(model);
    fund(model);
    return 'done';
  }
  touch(model);
  if (usage === undefined || usage.state !== 'applied') return 'refused';
  usage.state = 'reversed';
  const { period } = usage;
  const forgiven = Math.min(usage.debt, model.debt);
  model.debt -= forgiven;
  const rest = usage.credits - forgiven;
  if (!onTime(period, model.now)) {
    const byMoney = Math.min(rest, period.overage - period.undoneByMoney);
    period.undoneByMoney += byMoney;
    restore(model, usage.draws.toReversed(), rest - byMoney);
    return 'done';
  }
  const overage = Math.min(rest, period.overage);
  period.overage -= overage;
  period.metered -= rest;
  let owed = rest - overage;
  const gone = [];
  for (const draw of usage.draws.toReversed()) {
    const { lot, amount } = draw;
    const takesBack = lives(lot, model.now) || (period.until <= model.now && stood(lot, period.until));
    if (!takesBack) gone.push(draw);
    const back = takesBack ? Math.min(amount, owed) : 0;
    lot.drawn -= back;
    owed -= back;
  }
  restore(model, gone, owed);
  return 'done';
}

/** A lot for what each lot that is gone had paid; the rest had been overage that other lots paid down since. */
function restore(model: Model, gone: Usage['draws'], amount: number): void {
  let owed = amount;
  for (const drawn of [...gone.map((draw) => draw.amount), amount]) {
    const granted = Math.min(drawn, owed);
    owed -= granted;
    if (granted > 0) openLot(model, { source: 'restored', from: model.now, until: Number.POSITIVE_INFINITY, granted });
  }
}

/** What an onlooker may compare. */
export function shownModel(model: Model) {
  return {
    lots: model.lots.map(({ source, granted, drawn, held, ended }) => `${source} ${granted} ${drawn} ${held} ${ended}`),
    holds: model.holds.map((hold) => `${hold.state} ${heldBy(hold)}`),
    metered: model.periods.map(({ metered }) => metered),
    overage: model.periods.map(({ overage }) => overage),
    debt: model.debt,
    unfunded: model.usage.reduce((sum, { state, credits }) => sum + (state === 'unfunded' ? credits : 0), 0),
    available: model.lots
      .filter((lot) => lot.onlyHold === null && lives(lot, model.now))
      .reduce((sum, lot) => sum + left(lot), 0),
  };
}
