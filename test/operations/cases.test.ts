import { describe, expect, test } from 'vitest';

import type { Case } from '../../src/domain/case-record.ts';
import { type CaseKind, NO_EVIDENCE, type Outcome } from '../../src/domain/case.ts';
import type { Role } from '../../src/domain/operator.ts';
import { approveCase, closeCase, refuseCase } from '../../src/operations/cases/approve-case.ts';
import { changeCase } from '../../src/operations/cases/change-case.ts';
import { changeRules } from '../../src/operations/cases/change-rules.ts';
import { executeCase } from '../../src/operations/cases/execute-case.ts';
import { listCases } from '../../src/operations/cases/list-cases.ts';
import { openCase } from '../../src/operations/cases/open-case.ts';
import { previewCase } from '../../src/operations/cases/preview-case.ts';
import { requestCase } from '../../src/operations/cases/request-case.ts';
import { submitCase } from '../../src/operations/cases/submit-case.ts';
import { tendCases } from '../../src/operations/cases/tend-cases.ts';
import { undoGoodwill } from '../../src/operations/cases/undo-goodwill.ts';
import { type Acting, NO_TRACE } from '../../src/operations/operators/acting.ts';
import { listAuditLog } from '../../src/operations/operators/list-audit-log.ts';
import { changeRoles } from '../../src/operations/operators/manage-operators.ts';
import { execute, query } from '../../src/storage/query.ts';
import { balances, openBooks, type Subscriber } from '../support/books.ts';
import { cloneDatabase } from '../support/database.ts';
import { credits, newId } from '../support/deps.ts';
import { watchLanes } from '../support/lane-watch.ts';
import { employ } from '../support/operators.ts';
import { use } from '../support/requests.ts';

const { database } = await cloneDatabase();
const books = await openBooks(database);
const lanes = await watchLanes(database);
const said: { readonly level: string; readonly message: string }[] = [];
const note =
  (level: string) =>
  (_fields: object, message: string): void => {
    said.push({ level, message });
  };
const deps = { ...books.deps, log: { info: note('info'), warn: note('warn'), error: note('error') } };
let people = 0;

async function person(...roles: readonly Role[]): Promise<Acting> {
  people += 1;
  return { subject: await employ(deps, `person-${people}`, roles), roles: null, trace: NO_TRACE };
}

const owner: Acting = { subject: 'system:test', roles: ['owner'], trace: NO_TRACE };

function goodwill(customer: Subscriber, amount: string): Parameters<typeof requestCase>[2] {
  return {
    customer: customer.name,
    kind: 'goodwill',
    evidence: { ticket: 'SUP-1' },
    outcome: { type: 'adjust_future_usage', amount: credits(amount), expiresAt: null, features: null },
    idempotencyKey: newId(),
  };
}

function settled(answer: Case | { rejected: { message: string } }): Case {
  if ('rejected' in answer) throw new Error(answer.rejected.message);
  return answer;
}

async function usage(customer: Subscriber, count: number): Promise<string> {
  const answer = await use(books, customer, count);
  if ('rejected' in answer) throw new Error(answer.rejected.message);
  return answer.usageEventId;
}

async function available(customer: Subscriber): Promise<string> {
  return (await balances(database, customer))['available'] ?? '0';
}

function codeOf(answer: object): string {
  return 'rejected' in answer ? (answer as { rejected: { code: string } }).rejected.code : (answer as Case).state;
}

const approving = (one: Case): { caseId: string; payloadHash: string; comment: null } => ({
  caseId: one.caseId,
  payloadHash: one.payloadHash ?? '',
  comment: null,
});

describe('evidence', () => {
  const restore: Outcome = { type: 'restore_credits' };
  const oneCent: Outcome = {
    type: 'credit_note',
    amountMinor: 1n,
    settlement: 'refund',
    reverseUsage: false,
    memo: null,
    emailCustomer: false,
  };
  const gift: Outcome = { type: 'adjust_future_usage', amount: 1n, expiresAt: null, features: null };
  const table: readonly (readonly [CaseKind, Outcome | null, readonly string[]])[] = [
    ['duplicate_usage', restore, ['ticket', 'usage_events']],
    ['failed_output', gift, ['ticket', 'usage_events']],
    ['billing_error', oneCent, ['ticket', 'invoice']],
    ['order_change', oneCent, ['ticket', 'invoice']],
    ['goodwill', gift, ['ticket']],
    ['goodwill', oneCent, ['ticket', 'invoice']],
    ['dispute', oneCent, ['ticket', 'stripe_object', 'invoice']],
    ['refund', oneCent, ['ticket', 'stripe_object', 'invoice']],
    ['correction', { type: 'take_back_credits' }, ['ticket', 'explanation', 'lot']],
    ['billing_error', { ...oneCent, reverseUsage: true }, ['ticket', 'invoice', 'usage_events']],
    ['goodwill', null, ['outcome']],
  ];

  test.for(table)('%s is not submitted without all of it', async ([kind, outcome, missing]) => {
    const customer = await books.subscribe('hybrid');
    const agent = await person('support');
    const asked = { customer: customer.name, kind, evidence: {}, outcome, idempotencyKey: newId() };
    const one = settled(await openCase(deps, agent, asked));
    const answer = await submitCase(deps, agent, { caseId: one.caseId });
    expect(answer).toMatchObject({ rejected: { code: 'evidence_missing', details: { missing } } });
    // In one step nothing is even opened.
    expect(codeOf(await requestCase(deps, agent, { ...asked, idempotencyKey: newId() }))).toBe('evidence_missing');
    expect(await openCases(customer)).toBe(1);
    // Nor does the database let it be released, whatever our code says.
    const release = `update cases set state = 'approved', requester = 'a', submitted_at = now(), lapses_at = now(),
      payload_hash = 'x', approved_hash = 'x', approval = 'within_limits', approved_at = now(), preview = '{}',
      outcome = coalesce(outcome, '{"type": "restore_credits"}') where lane = $1 and case_id = $2`;
    await expect(execute(database, release, [one.lane, one.caseId])).rejects.toMatchObject({
      constraint: 'cases_evidence',
    });
  });

  async function openCases({ lane, customerId }: Subscriber): Promise<number> {
    const rows = await query(database, `select 1 from cases where lane = $1 and customer_id = $2`, [lane, customerId]);
    return rows.length;
  }

  test('is of this customer, or it is refused', async () => {
    const [customer, stranger] = [await books.subscribe('hybrid'), await books.subscribe('hybrid')];
    const agent = await person('support');
    const foreign = await usage(stranger, 5);
    const asked = { customer: customer.name, kind: 'duplicate_usage' as const, outcome: restore };
    const opened = await openCase(deps, agent, {
      ...asked,
      evidence: { ticket: 'SUP-1', usageEventIds: [foreign] },
      idempotencyKey: newId(),
    });
    expect(codeOf(opened)).toBe('unknown_usage_event');
    const one = settled(await openCase(deps, agent, { ...asked, evidence: {}, idempotencyKey: newId() }));
    const changed = await changeCase(deps, agent, { caseId: one.caseId, evidence: { usageEventIds: [foreign] } });
    expect(codeOf(changed)).toBe('unknown_usage_event');
  });

  test.for([
    ['a card number', '4242 4242 4242 4242', 'card_number'],
    ['a card number with hyphens in a sentence', 'paid with 5555-5555-5555-4444 today', 'card_number'],
    ['marks that turn text around', 'SUP-1 \u202Egnp.exe', 'invalid_request'],
    ['right-to-left marks', 'SUP-\u200F1', 'invalid_request'],
    ['an invisible space', 'SUP-\u200B1', 'invalid_request'],
    ['a line break', 'SUP-1\nSUP-2', 'invalid_request'],
    ['half a character', 'SUP-\uD800', 'invalid_request'],
    ['too much of it', 'x'.repeat(201), 'invalid_request'],
  ] as const)('with %s in the ticket is refused', async ([, ticket, code]) => {
    const customer = await books.subscribe('hybrid');
    const agent = await person('support');
    expect(codeOf(await requestCase(deps, agent, { ...goodwill(customer, '5'), evidence: { ticket } }))).toBe(code);
    const one = settled(await openCase(deps, agent, goodwill(customer, '5')));
    expect(codeOf(await changeCase(deps, agent, { caseId: one.caseId, evidence: { ticket } }))).toBe(code);
    expect(await available(customer)).toBe('10000');
  });

  test.for(['<script>alert(1)</script>', '#4242424242424243', 'عطل في الفاتورة', 'order 1234567890123'])(
    'with %s in the ticket is kept as it was written',
    async (ticket) => {
      const customer = await books.subscribe('hybrid');
      const agent = await person('support');
      const one = settled(await requestCase(deps, agent, { ...goodwill(customer, '5'), evidence: { ticket } }));
      expect(one).toMatchObject({ state: 'done', evidence: { ...NO_EVIDENCE, ticket } });
    },
  );
});

describe('limits', () => {
  test('many small ones within 24 hours count like a large one, and not a day later', async () => {
    const agent = await person('support');
    const customers = [await books.subscribe('hybrid'), await books.subscribe('hybrid')];
    const give = async (index: number): Promise<Case> =>
      settled(await requestCase(deps, agent, goodwill(customers[index % 2] ?? customers[0]!, '250')));
    for (let index = 0; index < 4; index += 1) expect(await give(index)).toMatchObject({ state: 'done' });
    expect(await give(4)).toMatchObject({ state: 'waiting', limits: [{ name: 'credits_day' }] });
    // Somebody else has limits of his own.
    const other = await person('finance');
    expect(settled(await requestCase(deps, other, goodwill(customers[0]!, '250')))).toMatchObject({ state: 'done' });
    await books.at('2026-04-11T09:00:01Z');
    expect(await give(5)).toMatchObject({ state: 'done' });
    await books.at('2026-04-10T09:00:00Z');
  });

  test('goodwill has a budget of a month, and what is undone is given back to it', async () => {
    const agent = await person('support');
    const customer = await books.subscribe('hybrid');
    const rules = { creditsDay: credits('100000'), goodwillMonth: credits('500') };
    await changeRules(deps, owner, { ...rules, reason: 'a test of the budget' });
    const give = async (): Promise<Case> => settled(await requestCase(deps, agent, goodwill(customer, '250')));
    expect(await give()).toMatchObject({ state: 'done' });
    const second = await give();
    expect(await give()).toMatchObject({ state: 'waiting', limits: [{ name: 'goodwill_month' }] });
    expect(settled(await undoGoodwill(deps, agent, second.caseId))).toMatchObject({ state: 'undone' });
    expect(await give()).toMatchObject({ state: 'done' });
    await books.at('2026-05-01T00:00:00Z');
    expect(await give()).toMatchObject({ state: 'done' });
    await books.at('2026-04-10T09:00:00Z');
    const back = { creditsDay: credits('1000'), goodwillMonth: credits('2000') };
    await changeRules(deps, owner, { ...back, reason: 'the test is over' });
  });

  test('hold for clicks that come together: the day is not exceeded by a race', async () => {
    const agent = await person('support');
    const customer = await books.subscribe('hybrid');
    const asked = await Promise.all(
      Array.from({ length: 8 }, async () => requestCase(deps, agent, goodwill(customer, '250'))),
    );
    expect(asked.map(codeOf).toSorted()).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((index) => (index < 4 ? 'done' : 'waiting')),
    );
    expect(await available(customer)).toBe('11000');
  });
});

describe('four eyes', () => {
  async function waiting(): Promise<{ readonly one: Case; readonly agent: Acting; readonly customer: Subscriber }> {
    const customer = await books.subscribe('hybrid');
    const agent = await person('support');
    return { one: settled(await requestCase(deps, agent, goodwill(customer, '5000'))), agent, customer };
  }

  test('are those of two people, also when roles change in between', async () => {
    const { one, agent, customer } = await waiting();
    await changeRoles(deps, owner, { subject: agent.subject, roles: ['approver'], reason: 'moved up' });
    expect(codeOf(await approveCase(deps, agent, approving(one)))).toBe('own_request');
    // Nor does a second requester free the one who opened it.
    const colleague = await person('support');
    const opened = settled(await openCase(deps, colleague, goodwill(customer, '5000')));
    const submitter = await person('support');
    const submitted = settled(await submitCase(deps, submitter, { caseId: opened.caseId }));
    await changeRoles(deps, owner, { subject: colleague.subject, roles: ['approver'], reason: 'moved up' });
    expect(codeOf(await approveCase(deps, colleague, approving(submitted)))).toBe('own_request');
    const forced = `update cases set state = 'approved', approval = 'approved', approver = requester, approved_at = now(),
      approved_hash = payload_hash where lane = $1 and case_id = $2`;
    await expect(execute(database, forced, [one.lane, one.caseId])).rejects.toMatchObject({
      constraint: 'cases_four_eyes',
    });
    expect(await available(customer)).toBe('10000');
  });

  test('see exactly what is executed: any change makes the agreement void', async () => {
    const { one, agent, customer } = await waiting();
    const lead = await person('approver');
    const outcome: Outcome = { type: 'adjust_future_usage', amount: credits('6000'), expiresAt: null, features: null };
    const changed = settled(await changeCase(deps, agent, { caseId: one.caseId, outcome }));
    expect(changed).toMatchObject({ state: 'open', payloadHash: null, requester: null });
    expect(codeOf(await approveCase(deps, lead, approving(one)))).toBe('case_state');
    const anew = settled(await submitCase(deps, agent, { caseId: one.caseId }));
    expect(codeOf(await approveCase(deps, lead, approving(one)))).toBe('case_changed');
    const unapproved = `update cases set state = 'approved', approval = 'approved', approver = 'somebody',
      approved_at = now(), approved_hash = 'of something else' where lane = $1 and case_id = $2`;
    await expect(execute(database, unapproved, [one.lane, one.caseId])).rejects.toMatchObject({
      constraint: 'cases_released',
    });
    expect(codeOf(await approveCase(deps, lead, approving(anew)))).toBe('done');
    expect(await available(customer)).toBe('16000');
    const page = await listAuditLog(deps, owner, { objectId: one.caseId, limit: 20 });
    if ('rejected' in page) throw new Error(page.rejected.message);
    expect(page.rows.map(({ action }) => action)).toEqual([
      'case.done',
      'case.begun',
      'case.approved',
      'case.submitted',
      'case.changed_and_approval_voided',
      'case.submitted',
      'case.opened',
    ]);
  });

  test('are gone with the role of the approver, before he agrees and before it is executed', async () => {
    const { one, customer } = await waiting();
    const lead = await person('approver');
    await changeRoles(deps, owner, { subject: lead.subject, roles: ['viewer'], reason: 'left the desk' });
    expect(codeOf(await approveCase(deps, lead, approving(one)))).toBe('not_permitted');
    // As after a crash between the agreement and its execution.
    const approved = `update cases set state = 'approved', approval = 'approved', approver = $3, approved_at = now(),
      approved_hash = payload_hash where lane = $1 and case_id = $2`;
    await execute(database, approved, [one.lane, one.caseId, lead.subject]);
    expect(await executeCase(deps, one.caseId)).toMatchObject({
      rejected: { code: 'not_permitted', message: expect.stringContaining('who approved this') as string },
    });
    expect(await available(customer)).toBe('10000');
    const [row] = await query<{ state: string; failure: string }>(
      database,
      `select state, failure from cases where lane = $1 and case_id = $2`,
      [one.lane, one.caseId],
    );
    expect(row).toMatchObject({ state: 'open', failure: expect.stringContaining('submit it again') as string });
  });

  test('of two approvers at once are counted once', async () => {
    const { one, customer } = await waiting();
    const leads = [await person('approver'), await person('approver'), await person('owner')];
    const answers = await Promise.all(leads.map(async (lead) => approveCase(deps, lead, approving(one))));
    expect(answers.map(codeOf).toSorted()).toEqual(['case_state', 'case_state', 'done']);
    expect(await available(customer)).toBe('15000');
  });

  test('close again after 72 hours', async () => {
    const { one, agent, customer } = await waiting();
    const lead = await person('approver');
    await books.at('2026-04-13T09:00:00Z');
    expect(codeOf(await approveCase(deps, lead, approving(one)))).toBe('approval_lapsed');
    expect(await tendCases(deps, { limit: 100 })).toMatchObject({ lapsed: expect.any(Number) as number });
    expect(codeOf(await approveCase(deps, lead, approving(one)))).toBe('case_state');
    const again = settled(await submitCase(deps, agent, { caseId: one.caseId }));
    expect(codeOf(await approveCase(deps, lead, approving(again)))).toBe('done');
    expect(await available(customer)).toBe('15000');
    await books.at('2026-04-10T09:00:00Z');
  });

  test('may say no, and the requester reads why and may ask for less', async () => {
    const { one, agent, customer } = await waiting();
    const lead = await person('approver');
    expect(codeOf(await refuseCase(deps, lead, { caseId: one.caseId, comment: ' ' }))).toBe('invalid_request');
    const refused = settled(await refuseCase(deps, lead, { caseId: one.caseId, comment: 'half of it will do' }));
    expect(refused).toMatchObject({ state: 'refused', failure: 'half of it will do' });
    expect(codeOf(await approveCase(deps, lead, approving(one)))).toBe('case_state');
    const outcome: Outcome = { type: 'adjust_future_usage', amount: credits('100'), expiresAt: null, features: null };
    await changeCase(deps, agent, { caseId: one.caseId, outcome });
    expect(codeOf(await submitCase(deps, agent, { caseId: one.caseId }))).toBe('done');
    expect(await available(customer)).toBe('10100');
    expect(codeOf(await closeCase(deps, agent, { caseId: one.caseId, comment: 'too late' }))).toBe('case_state');
  });

  test('can be done without by an owner who breaks the glass, and everybody hears of it', async () => {
    const { customer } = await waiting();
    const boss = await person('owner');
    const own = settled(await requestCase(deps, boss, goodwill(customer, '5000')));
    expect(codeOf(await approveCase(deps, boss, approving(own)))).toBe('own_request');
    const agent = await person('support', 'approver');
    const alone = { ...approving(own), breakGlass: 'the customer is on stage in ten minutes' };
    expect(codeOf(await approveCase(deps, agent, alone))).toBe('not_permitted');
    expect(codeOf(await approveCase(deps, boss, { ...alone, breakGlass: ' ' }))).toBe('invalid_request');
    const done = settled(await approveCase(deps, boss, alone));
    expect(done).toMatchObject({ state: 'done', approval: 'break_glass', comment: alone.breakGlass });
    expect(said.at(-1)).toMatchObject({ level: 'error', message: expect.stringContaining('glass') as string });
    // Those who listen hear of it; the customer gets no mail about it.
    const told = await query<{ kind: string; channel: string }>(
      database,
      `select a.kind, d.channel from alerts a join alert_deliveries d using (lane, customer_id, alert_id)
       where a.lane = $1 and a.data ->> 'case_id' = $2 and d.lane = $1 order by a.kind`,
      [own.lane, own.caseId],
    );
    expect(told).toEqual([
      { kind: 'approval.requested', channel: 'log' },
      { kind: 'case.glass_broken', channel: 'log' },
    ]);
  });

  test('are one pair where the rules say so: explicit, logged, shown', async () => {
    const { customer } = await waiting();
    const boss = await person('owner', 'support');
    const single = { approvals: 'single_operator', reason: 'I work alone' } as const;
    expect(codeOf(await changeRules(deps, await person('support'), single))).toBe('not_permitted');
    await changeRules(deps, owner, single);
    expect(said.at(-1)).toMatchObject({ level: 'warn' });
    const own = settled(await requestCase(deps, boss, goodwill(customer, '5000')));
    // Still a step of its own: what exceeds a limit is looked at once more.
    expect(own).toMatchObject({ state: 'waiting' });
    expect(settled(await approveCase(deps, boss, approving(own)))).toMatchObject({
      state: 'done',
      approval: 'single_operator',
    });
    await changeRules(deps, owner, { approvals: 'two_people', reason: 'we are two now' });
  });
});

describe('a case is executed once', () => {
  test('whoever clicks twice, and however many executors there are', async () => {
    const customer = await books.subscribe('hybrid');
    const agent = await person('support');
    const asked = goodwill(customer, '100');
    const clicks = await Promise.all(Array.from({ length: 5 }, async () => requestCase(deps, agent, asked)));
    expect(new Set(clicks.map((click) => settled(click).caseId)).size).toBe(1);
    const [first] = clicks;
    const { caseId } = settled(first!);
    const again = await Promise.all(Array.from({ length: 5 }, async () => executeCase(deps, caseId)));
    expect(again.map(codeOf)).toEqual(Array.from({ length: 5 }, () => 'done'));
    expect(await available(customer)).toBe('10100');
    const other = await requestCase(deps, agent, { ...asked, evidence: { ticket: 'SUP-2' } });
    expect(codeOf(other)).toBe('idempotency_key_reused');
  });

  test('each act has its row in the log, written with it or not at all', async () => {
    const rows = await query<{ acts: string; rows: string }>(
      database,
      `select (select count(*) from cases where lane between 0 and 63 and state in ('done', 'undone'))::text as acts,
         (select count(*) from audit_log where action = 'case.done')::text as rows`,
    );
    expect(rows[0]?.acts).toBe(rows[0]?.rows);
    const customer = await books.subscribe('hybrid');
    const agent = await person('support');
    const torn = { ...deps, newId: broken(deps.newId) };
    await expect(requestCase(torn, agent, goodwill(customer, '100'))).rejects.toThrow('no more ids');
    expect(await available(customer)).toBe('10000');
  });

  /** Gives a few ids and then breaks, somewhere on the way. */
  function broken(next: () => string): () => string {
    let left = 4;
    return () => {
      left -= 1;
      if (left < 0) throw new Error('no more ids');
      return next();
    };
  }

  test('undone usage stays undone: a second case about it is refused', async () => {
    const customer = await books.subscribe('hybrid');
    const agent = await person('support');
    const twice = await usage(customer, 200);
    const asked = {
      customer: customer.name,
      kind: 'duplicate_usage' as const,
      evidence: { ticket: 'SUP-1', usageEventIds: [twice] },
      outcome: { type: 'restore_credits' } as const,
    };
    const preview = await previewCase(
      deps,
      settled(await openCase(deps, agent, { ...asked, idempotencyKey: newId() })),
    );
    expect(preview).toMatchObject({
      preview: {
        credits: { restored: '200' },
        books: [{ entry: 'usage.reversed', from: 'consumed', to: 'available', amount: '200', unit: 'credits' }],
        customerText: 'Some of your usage was counted twice. 200 credits are back in your balance.',
      },
    });
    expect(await available(customer)).toBe('9800');
    expect(codeOf(await requestCase(deps, agent, { ...asked, idempotencyKey: newId() }))).toBe('done');
    expect(codeOf(await requestCase(deps, agent, { ...asked, idempotencyKey: newId() }))).toBe('already_reversed');
    expect(await available(customer)).toBe('10000');
  });
});

test('the queue shows what waits, the oldest first, page by page', async () => {
  const customer = await books.subscribe('hybrid');
  const agent = await person('support');
  for (const amount of ['3001', '3002', '3003']) await requestCase(deps, agent, goodwill(customer, amount));
  const ask = async (after?: string): Promise<readonly Case[]> => {
    const filter = { states: ['waiting'] as const, customer: customer.name, order: 'oldest' as const, limit: 2 };
    const page = await listCases(deps, agent, { ...filter, ...(after !== undefined && { after }) });
    if ('rejected' in page) throw new Error(page.rejected.message);
    return page.cases;
  };
  const first = await ask();
  const rest = await ask(first.at(-1)?.caseId);
  const amounts = [...first, ...rest].map(({ outcome }) => (outcome as { amount: bigint }).amount);
  expect(amounts).toEqual([credits('3001'), credits('3002'), credits('3003')]);
  expect(codeOf(await listCases(deps, { ...agent, subject: 'nobody' }, { order: 'newest', limit: 1 }))).toBe(
    'not_permitted',
  );
});

test('every statement of all this on a customer table named the lane', () => {
  expect(lanes.seen()).toBeGreaterThan(20);
  expect(lanes.forgetful()).toEqual([]);
});
