// The whole line in one go: a real server in a temporary directory, a customer on a test clock, real requests, the
// invoice, a credit note, the proof. Told as a story, or as one JSON document.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SingleBar } from 'cli-progress';

import { createClient, type Creditpool } from '../client/client.ts';
import { type Config, readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { SAMPLE_CATALOGUE } from '../sandbox/push-catalogue-file.ts';
import { signUp } from '../sandbox/sign-up.ts';
import { type RunningServer, startServer } from '../server.ts';
import { listPlanVersions, type PlanVersion } from '../storage/plans.ts';
import {
  type Figures,
  invoiceFigures,
  issueCreditNote,
  ledgerFigures,
  reconciliationFigures,
  stripeFigures,
  usageFigures,
} from './figures.ts';
import { sampleUsage } from './sample-usage.ts';
import { closingTable, loose } from './story.ts';
import { trackRows } from './track-rows.ts';
import { readUsageFile, type UsageFile } from './usage-file.ts';

export interface DemoOptions {
  readonly usage: string | null;
  readonly json: boolean;
  readonly out: (data: string) => void;
  readonly say: (text: string) => void;
}

const PLAN = 'hybrid';
const REJECTIONS_SHOWN_MAX = 20;
const AFTER_PERIOD_END_MS = 3 * 3_600_000;
/** A month of the clock is one answer. */
const ANSWER_MS_MAX = 600_000;
const WRONG_USAGE = 2;
const UNTIED = 3;

/** Returns the exit code: 0 only when every number ties. Leaves nothing behind. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const file = options.usage === null ? { rows: sampleUsage(), bad: [] } : await readUsageFile(options.usage);
  if ('unusable' in file) {
    options.say(file.unusable);
    return WRONG_USAGE;
  }
  const started = performance.now();
  const directory = await mkdtemp(join(tmpdir(), 'creditpool-demo-'));
  let service: RunningServer | null = null;
  const interrupted = (): void => {
    void cleanUp(service, directory).finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    service = await startDemoServer(directory, file, options);
    const figures = await tell(service, file, options, started);
    const untied = loose({ figures, rows: file.rows.length + file.bad.length });
    options.out(options.json ? JSON.stringify(figures) : closingTable(figures));
    for (const sentence of untied) options.say(`✘ ${sentence}`);
    return untied.length === 0 ? 0 : UNTIED;
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await cleanUp(service, directory);
  }
}

async function startDemoServer(directory: string, { rows }: UsageFile, { say }: DemoOptions): Promise<RunningServer> {
  const [first] = rows;
  if (first === undefined) throw new Error('there is no usage');
  // Any free port for both, whatever the environment says: the demo stands beside everything else.
  const config: Config = {
    ...readConfig({}),
    port: 0,
    simulatorPort: 0,
    directory,
    cataloguePath: SAMPLE_CATALOGUE,
  };
  return startServer({
    config,
    log: createLog({ level: 'error', to: 'stderr' }),
    say,
    startAt: justBefore(first.at),
  });
}

/** The whole minute that has passed before the first event: billing anchors stand at whole minutes. */
function justBefore(first: Date): Date {
  return new Date(Math.ceil(first.getTime() / 60_000) * 60_000 - 60_000);
}

async function tell(service: RunningServer, file: UsageFile, options: DemoOptions, started: number): Promise<Figures> {
  const { say } = options;
  const { origin: baseUrl, apiKey } = service;
  if (apiKey === null) throw new Error('the demo runs in a sandbox, which has a key');
  const credits = createClient({ baseUrl, apiKey, timeoutMs: ANSWER_MS_MAX });
  const { customer, plan, from } = await subscribe(service, say);
  const refused = await trackAll(credits, customer, file, say);
  const until = await passPeriodEnd(credits, customer);
  say('✔ clock      moved past the end of the billing period; the invoice was settled, finalized and paid');
  const { data } = await credits.listInvoices({ customer, limit: 100 });
  const cycles = data.filter(({ billing_reason: reason }) => reason === 'subscription_cycle');
  const [cycle] = cycles;
  if (cycle === undefined) throw new Error('Stripe made no invoice for the cycle');
  const invoice = await credits.getInvoice(cycle.id);
  const { note, reason } = await issueCreditNote(credits, invoice);
  await service.clock?.settle();
  const notes =
    cycles.length > 1 ? [`The usage spans ${cycles.length} billing periods; the invoice is the first cycle's.`] : [];
  for (const sentence of notes) say(sentence);
  const rejections = [...file.bad, ...refused].toSorted((a, b) => a.line - b.line);
  return {
    usage: await usageFigures(service, customer, rejections.length),
    stripe: await stripeFigures(service, { customer, plan, from, until }),
    invoice: invoiceFigures(invoice),
    credit_note: note,
    ...(reason !== undefined && { credit_note_reason: reason }),
    ledger: await ledgerFigures(service),
    reconciliation: await reconciliationFigures(credits),
    seconds: Math.round((performance.now() - started) / 100) / 10,
    ...(notes.length > 0 && { notes }),
    ...(rejections.length > 0 && { rejections: rejections.slice(0, REJECTIONS_SHOWN_MAX) }),
  };
}

async function subscribe(
  { billing, clock }: RunningServer,
  say: (text: string) => void,
): Promise<{ customer: string; plan: PlanVersion; from: Date }> {
  const { deps } = billing;
  const plan = (await listPlanVersions(deps.db)).find((version) => version.plan === PLAN);
  if (plan === undefined || clock === null) throw new Error(`the sandbox has no plan ${PLAN}`);
  const from = await clock.now();
  const { id: testClock } = await deps.stripe.testHelpers.testClocks.create({ frozen_time: from.getTime() / 1000 });
  const { customer } = await signUp(deps.stripe, { name: 'Demo Inc', externalId: 'demo', plan, testClock });
  await clock.settle();
  say(`✔ sign-up    ${customer} on plan ${plan.plan} at ${from.toISOString()}, first invoice paid by card`);
  return { customer, plan, from };
}

async function trackAll(
  credits: Creditpool,
  customer: string,
  { rows, bad }: UsageFile,
  say: (text: string) => void,
): Promise<Awaited<ReturnType<typeof trackRows>>> {
  for (const { line, reason } of bad.slice(0, REJECTIONS_SHOWN_MAX)) say(`✘ line ${line}: ${reason}`);
  const bar = new SingleBar({ format: '  tracking {bar} {value}/{total} events, {eta} s left', noTTYOutput: false });
  if (process.stderr.isTTY) bar.start(rows.length, 0);
  const refused = await trackRows(credits, { customer, rows, onProgress: (done) => bar.update(done) });
  bar.stop();
  for (const { line, reason } of refused.slice(0, REJECTIONS_SHOWN_MAX)) say(`✘ line ${line}: ${reason}`);
  say(`✔ usage      ${rows.length - refused.length} requests tracked over HTTP`);
  return refused;
}

async function passPeriodEnd(credits: Creditpool, customer: string): Promise<Date> {
  const { period } = await credits.getBalance(customer);
  if (period === null) throw new Error('the customer has no running billing period');
  const until = new Date(new Date(period.ends_at).getTime() + AFTER_PERIOD_END_MS);
  await credits.moveSandboxClock({ advance_to: until.toISOString() });
  return until;
}

async function cleanUp(service: RunningServer | null, directory: string): Promise<void> {
  await service?.stop();
  await rm(directory, { recursive: true, force: true });
}
