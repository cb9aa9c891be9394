import nock from 'nock';
import pg from 'pg';
import { afterEach, describe, expect, test, vi } from 'vitest';

import type { Case } from '../../src/domain/case-record.ts';
import type { Role } from '../../src/domain/operator.ts';
import { approveCase } from '../../src/operations/cases/approve-case.ts';
import { executeCase } from '../../src/operations/cases/execute-case.ts';
import { openCase } from '../../src/operations/cases/open-case.ts';
import { previewCase } from '../../src/operations/cases/preview-case.ts';
import { submitCase } from '../../src/operations/cases/submit-case.ts';
import { tendCases } from '../../src/operations/cases/tend-cases.ts';
import { type Acting, NO_TRACE } from '../../src/operations/operators/acting.ts';
import { execute, query } from '../../src/storage/query.ts';
import { type Billed, billed } from '../support/billed.ts';
import { cloneDatabase } from '../support/database.ts';
import { openInbox } from '../support/inbox.ts';
import { employ } from '../support/operators.ts';
import { startProcess } from '../support/processes.ts';
import { expectSoundBooks } from '../support/sound-books.ts';

const { database, connectionString, ownerConnectionString } = await cloneDatabase();
const stage = await openInbox(database);
const { deps, simulator } = stage;
let people = 0;

afterEach(() => {
  nock.cleanAll();
  simulator.faults.clear();
});

async function person(...roles: readonly Role[]): Promise<Acting> {
  people += 1;
  return { subject: await employ(deps, `person-${people}`, roles), roles: null, trace: NO_TRACE };
}

/** $60.00 of A1's May invoice to the customer balance, with the wrong usage: more than one person may give. */
async function asked(may: Billed, agent: Acting, amountMinor = 6_000n): Promise<Case> {
  const opened = await openCase(deps, agent, {
    customer: may.customer.stripeCustomerId,
    kind: 'billing_error',
    evidence: { ticket: 'SUP-7', invoiceId: may.invoiceId, usageEventIds: [may.lastUse] },
    outcome: {
      type: 'credit_note',
      amountMinor,
      settlement: 'customer_balance',
      reverseUsage: true,
      memo: null,
      emailCustomer: false,
    },
    idempotencyKey: deps.newId(),
  });
  return settled(opened);
}

function settled(answer: Case | { rejected: { message: string } }): Case {
  if ('rejected' in answer) throw new Error(answer.rejected.message);
  return answer;
}

const approving = (one: Case): { caseId: string; payloadHash: string; comment: null } => ({
  caseId: one.caseId,
  payloadHash: one.payloadHash ?? '',
  comment: null,
});

async function stored({ lane, caseId }: Case): Promise<Pick<Case, 'state' | 'failure'>> {
  const [row] = await query<Pick<Case, 'state' | 'failure'>>(
    database,
    `select state, failure from cases where lane = $1 and case_id = $2`,
    [lane, caseId],
  );
  if (row === undefined) throw new Error('the case has vanished');
  return row;
}

async function notes({ invoiceId }: Billed): Promise<readonly number[]> {
  return (await deps.stripe.creditNotes.list({ invoice: invoiceId })).data.map(({ total }) => total);
}

describe('the invoice may have changed', () => {
  test('between preview and submit: what was looked at is not submitted', async () => {
    const may = await billed(stage);
    const agent = await person('support');
    const one = await asked(may, agent);
    const looked = await previewCase(deps, one);
    if ('rejected' in looked) throw new Error(looked.rejected.message);
    await deps.stripe.creditNotes.create({
      invoice: may.invoiceId,
      lines: [{ type: 'invoice_line_item', invoice_line_item: await may.line('base'), amount: 100 }],
      credit_amount: 100,
    });
    const { payloadHash } = looked;
    expect(await submitCase(deps, agent, { caseId: one.caseId, payloadHash })).toMatchObject({
      rejected: { code: 'preview_stale', details: { payload_hash: expect.any(String) as string } },
    });
    expect(await stored(one)).toMatchObject({ state: 'open' });
    expect(await notes(may)).toEqual([100]);
  });

  test('between submit and approval: the request is void and goes back with the reason', async () => {
    const may = await billed(stage);
    const [agent, lead] = [await person('support'), await person('approver')];
    const one = await asked(may, agent);
    const waiting = settled(await submitCase(deps, agent, { caseId: one.caseId }));
    expect(waiting).toMatchObject({ state: 'waiting', limits: [{ name: 'money_item' }] });
    await deps.stripe.creditNotes.create({
      invoice: may.invoiceId,
      lines: [{ type: 'invoice_line_item', invoice_line_item: await may.line('base'), amount: 100 }],
      credit_amount: 100,
    });
    expect(await approveCase(deps, lead, approving(waiting))).toMatchObject({ rejected: { code: 'preview_stale' } });
    expect(await stored(one)).toMatchObject({
      state: 'open',
      failure: expect.stringContaining('has changed since') as string,
    });
    const anew = settled(await submitCase(deps, agent, { caseId: one.caseId }));
    expect(settled(await approveCase(deps, lead, approving(anew)))).toMatchObject({ state: 'done' });
    expect(new Set(await notes(may))).toEqual(new Set([100, 6_000]));
    await expectSoundBooks(database);
  });

  test('voided in the dashboard: refused with a sentence at each step, and nothing changed', async () => {
    const may = await billed(stage, 'send_invoice');
    const [agent, lead] = [await person('support'), await person('approver')];
    const [early, late] = [await asked(may, agent), await asked(may, agent)];
    const waiting = settled(await submitCase(deps, agent, { caseId: late.caseId }));
    expect(await previewCase(deps, early)).toMatchObject({ preview: { money: { reducesDueMinor: '6000' } } });
    await deps.stripe.invoices.voidInvoice(may.invoiceId);
    const refusal = { code: 'not_creditable', message: expect.stringContaining('is void') as string };
    expect(await submitCase(deps, agent, { caseId: early.caseId })).toMatchObject({ rejected: refusal });
    expect(await approveCase(deps, lead, approving(waiting))).toMatchObject({ rejected: refusal });
    expect(await stored(late)).toMatchObject({ state: 'open', failure: refusal.message });
    expect(await notes(may)).toEqual([]);
    await stage.apply();
  });
});

describe('Stripe', () => {
  test('says no: its sentence is the answer, the case is open again and counts against no limit', async () => {
    const may = await billed(stage);
    const agent = await person('finance');
    const one = await asked(may, agent, 1_000n);
    nock(simulator.url, { allowUnmocked: true })
      .post('/v1/credit_notes')
      .reply(400, { error: { type: 'invalid_request_error', message: 'Not today.' } });
    const answer = await submitCase(deps, agent, { caseId: one.caseId });
    expect(answer).toMatchObject({
      rejected: { code: 'stripe_refused', message: expect.stringContaining('Not today.') as string },
    });
    expect(await stored(one)).toMatchObject({
      state: 'open',
      failure: expect.stringContaining('Not today.') as string,
    });
    const uses = await query(database, `select from authority_uses where case_id = $1 and undone_at is null`, [
      one.caseId,
    ]);
    expect(uses).toEqual([]);
    expect(await query(database, `select from usage_reversals where usage_event_id = $1`, [may.lastUse])).toEqual([]);
    expect(settled(await submitCase(deps, agent, { caseId: one.caseId }))).toMatchObject({ state: 'done' });
    expect(await notes(may)).toEqual([1_000]);
  });

  test('is out of reach: the case goes on by itself when it is back, with one note', async () => {
    const may = await billed(stage);
    const agent = await person('finance');
    const one = await asked(may, agent, 1_000n);
    nock(simulator.url, { allowUnmocked: true }).post('/v1/credit_notes').reply(503, {});
    expect(settled(await submitCase(deps, agent, { caseId: one.caseId }))).toMatchObject({ state: 'executing' });
    nock.cleanAll();
    await stage.drain();
    expect(await tendCases(deps, { limit: 10 })).toEqual({ lapsed: 0, executed: 1 });
    expect(await stored(one)).toEqual({ state: 'done', failure: null });
    expect(await notes(may)).toEqual([1_000]);
    expect(await query(database, `select from usage_reversals where usage_event_id = $1`, [may.lastUse])).toHaveLength(
      1,
    );
    await expectSoundBooks(database);
  });

  test('hears once of what two approvers agree to at the same time', async () => {
    const may = await billed(stage);
    const agent = await person('support');
    const leads = [await person('approver'), await person('approver')];
    const one = await asked(may, agent);
    const waiting = settled(await submitCase(deps, agent, { caseId: one.caseId }));
    const answers = await Promise.all(leads.map(async (lead) => approveCase(deps, lead, approving(waiting))));
    const codes = answers.map((answer) => ('rejected' in answer ? answer.rejected.code : answer.state));
    expect(codes.filter((code) => code === 'done')).toHaveLength(1);
    expect(await stored(one)).toMatchObject({ state: 'done' });
    expect(await notes(may)).toEqual([6_000]);
  });
});

describe('a process that is killed', () => {
  interface Step {
    readonly title: string;
    /** Makes the process stop there, and tells when it has; answers what lets it go on. */
    readonly stop: () => Promise<{ reached: () => Promise<void>; release: () => Promise<void> }>;
  }

  const slow = async (method: string, path: string): ReturnType<Step['stop']> => {
    simulator.faults.add({ match: { method, path, times: 1 }, kind: 'slow', delayMs: 5_000 });
    const taken = vi.spyOn(simulator.faults, 'take');
    const isThere = (): boolean =>
      taken.mock.results.some(({ value }) => (value as { kind?: string } | undefined)?.kind === 'slow');
    return {
      reached: async () => vi.waitFor(() => expect(isThere()).toBe(true), { timeout: 60_000, interval: 20 }),
      release: async () => taken.mockRestore(),
    };
  };

  /** Another session holds the table that the process needs next. */
  const locked = async (table: string): ReturnType<Step['stop']> => {
    const holder = new pg.Client({ connectionString: ownerConnectionString });
    await holder.connect();
    await holder.query('begin');
    await holder.query(`lock table ${table} in share mode`);
    return {
      reached: async () =>
        vi.waitFor(
          async () => {
            const { rowCount } = await holder.query(`select from pg_locks l join pg_stat_activity a using (pid)
              where not l.granted and a.datname = current_database()`);
            expect(rowCount).toBe(1);
          },
          { timeout: 60_000, interval: 50 },
        ),
      release: async () => holder.end(),
    };
  };

  const STEPS: readonly Step[] = [
    { title: 'while Stripe makes the note', stop: async () => slow('POST', '/v1/credit_notes$') },
    { title: 'while it reads the note back', stop: async () => slow('GET', '/v1/credit_notes/cn_') },
    { title: 'before its entries are in the books', stop: async () => locked('postings') },
    { title: 'before the usage goes back', stop: async () => locked('usage_reversals') },
    { title: 'before it is told that it is done', stop: async () => locked('audit_log') },
  ];

  test(
    'at each step is followed by another one that goes on there: one note, one reversal',
    { timeout: 240_000 },
    async () => {
      const may = await billed(stage);
      const key = await stage.keyOf(may.customer);
      const [agent, lead] = [await person('support'), await person('approver')];
      const one = await asked(may, agent);
      const waiting = settled(await submitCase(deps, agent, { caseId: one.caseId }));
      // Agreed to and begun, as by a process that died right after: the others find it so.
      nock(simulator.url, { allowUnmocked: true }).post('/v1/credit_notes').reply(503, {});
      expect(settled(await approveCase(deps, lead, approving(waiting)))).toMatchObject({ state: 'executing' });
      nock.cleanAll();
      const { host, port, secretKey } = simulator;
      for (const { stop } of STEPS) {
        await execute(
          database,
          `update outbox set lease_until = clock_timestamp(), next_at = clock_timestamp()
         where lane = $1 and customer_id = $2 and finished_at is null`,
          [key.lane, key.customerId],
        );
        const { reached, release } = await stop();
        const { child, ended } = startProcess(
          'case-process.ts',
          connectionString,
          host,
          String(port),
          secretKey,
          one.caseId,
        );
        await reached();
        child.kill('SIGKILL');
        expect(await ended).toBeNull();
        await release();
        expect(await stored(one)).toMatchObject({ state: 'executing' });
      }
      await simulator.settled();
      const {
        child: last,
        ended,
        lines,
      } = startProcess('case-process.ts', connectionString, host, String(port), secretKey, one.caseId);
      expect(last.pid).toBeGreaterThan(0);
      expect(await ended).toBe(0);
      expect(lines()).toEqual(['done']);
      expect(settled(await executeCase(deps, one.caseId))).toMatchObject({ state: 'done' });
      expect(await notes(may)).toEqual([6_000]);
      expect(
        await query(database, `select from usage_reversals where usage_event_id = $1`, [may.lastUse]),
      ).toHaveLength(1);
      const done = await query(database, `select from audit_log where action = 'case.done' and object_id = $1`, [
        one.caseId,
      ]);
      expect(done).toHaveLength(1);
      await stage.apply();
      expect(await stage.money(key)).toMatchObject({ customer_balance: -6_000n });
      await expectSoundBooks(database);
    },
  );
});
