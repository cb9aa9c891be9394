import { type Command, InvalidArgumentError } from 'commander';

import { type CaseOpening, caseOpening, toEvidence, toOutcome } from '../contract/cases.ts';
import { fromWireId } from '../contract/ids.ts';
import { shownCase, shownPreview } from '../contract/shown-case.ts';
import type { Case } from '../domain/case-record.ts';
import { CASE_STATES, type CaseState } from '../domain/case.ts';
import { refuse, type Refused } from '../domain/rejection.ts';
import { approveCase, closeCase, refuseCase } from '../operations/cases/approve-case.ts';
import { listCases, readCase } from '../operations/cases/list-cases.ts';
import { openCase } from '../operations/cases/open-case.ts';
import { previewCase } from '../operations/cases/preview-case.ts';
import { requestCase } from '../operations/cases/request-case.ts';
import { submitCase } from '../operations/cases/submit-case.ts';
import { undoGoodwill } from '../operations/cases/undo-goodwill.ts';
import type { Acting } from '../operations/operators/acting.ts';
import type { OpenBooks } from '../sandbox/open-books.ts';
import { actingAs } from './acting.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { readNamedFile } from './named-file.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

const SHOWN_MAX = 100;

interface Common {
  readonly as: string;
  readonly json?: boolean;
}

/** `creditpool cases list | show | open | preview | submit | approve | refuse | close | undo`. */
export function registerCaseCommands(program: Command, context: CliContext): void {
  const cases = program
    .command('cases')
    .description('exceptions: what went wrong, its evidence, who agreed, what was done')
    .addHelpText(
      'before',
      examples('cases list --state waiting --as jane@example.com', 'cases show case_01jd… --as jane@example.com'),
    );
  registerList(cases, context);
  registerOpen(cases, context);
  const act = (name: string, description: string, work: Work): Command =>
    registerAct(cases, context, name, description, work);
  act('show', 'one case with its evidence, its preview and what became of it', async (deps, acting, caseId) =>
    readCase(deps, acting, caseId),
  );
  act('preview', 'what it would do to money, credits and books now', async (deps, acting, caseId) => {
    const one = await readCase(deps, acting, caseId);
    if ('rejected' in one) return one;
    const previewed = await previewCase(deps, one);
    if ('rejected' in previewed) return previewed;
    return { ...shownPreview(previewed.preview), payload_hash: previewed.payloadHash };
  });
  act('submit', 'ask for it; within your limits it is done at once', async (deps, acting, caseId) =>
    submitCase(deps, acting, { caseId }),
  );
  act('approve', 'agree to what somebody else has submitted, and do it', async (deps, acting, caseId, options) => {
    const { hash = '', comment = null, breakGlass } = options;
    const more = breakGlass === undefined ? {} : { breakGlass };
    return approveCase(deps, acting, { caseId, payloadHash: hash, comment, ...more });
  })
    .requiredOption('--hash <payload_hash>', 'of what you have looked at, as cases show tells it')
    .option('--comment <text>', 'kept with the case')
    .option('--break-glass <reason>', 'as an owner, release it alone; an alarm goes off');
  act('refuse', 'say no, with the reason', async (deps, acting, caseId, { comment = '' }) =>
    refuseCase(deps, acting, { caseId, comment }),
  ).requiredOption('--comment <text>', 'why');
  act('close', 'nothing has to be done, or not any more', async (deps, acting, caseId, { comment = '' }) =>
    closeCase(deps, acting, { caseId, comment }),
  ).requiredOption('--comment <text>', 'why');
  act('undo', 'take goodwill back: within 15 minutes and while it is unspent', async (deps, acting, caseId) =>
    undoGoodwill(deps, acting, caseId),
  );
}

interface ActOptions extends Common {
  readonly hash?: string;
  readonly comment?: string;
  readonly breakGlass?: string;
}

type Work = (deps: OpenBooks, acting: Acting, caseId: string, options: ActOptions) => Promise<Case | Refused | object>;

/** What an act asks for beside the case. */
const EXAMPLE_WORDS: Readonly<Record<string, string>> = {
  approve: ' --hash 5f0c…',
  refuse: ' --comment "not ours"',
  close: ' --comment "nothing to do"',
};

function registerAct(cases: Command, context: CliContext, name: string, description: string, work: Work): Command {
  return cases
    .command(name)
    .description(description)
    .argument('<id>', 'case_…, as in cases list', caseIdOf)
    .requiredOption('--as <person>', 'who you are: subject or e-mail address, as in operators list')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        `cases ${name} case_01jd…${EXAMPLE_WORDS[name] ?? ''} --as jane@example.com`,
        `cases ${name} case_01jd…${EXAMPLE_WORDS[name] ?? ''} --as jane@example.com --json`,
      ),
    )
    .action(async (caseId: string, options: ActOptions) => {
      await withBooks(context, { stripe: true }, async (deps) => {
        const done = await work(deps, await actingAs(deps, options.as), caseId, options);
        if ('rejected' in done) return showRefusal(context, done, options.json ?? false);
        return show(context, done, options.json ?? false);
      });
    });
}

function show(context: CliContext, done: Case | object, asJson: boolean): number {
  const isCase = 'caseId' in done;
  const document = isCase ? shownCase(done) : done;
  if (asJson) context.out(json(document));
  else context.out(JSON.stringify(document, null, 2));
  return isCase && done.state === 'waiting' ? EXIT.waitsForApproval : EXIT.done;
}

function registerList(cases: Command, context: CliContext): void {
  cases
    .command('list')
    .description(`the newest ${SHOWN_MAX}; the oldest first where they wait`)
    .option('--state <state>', `one of ${CASE_STATES.join(', ')}`, state)
    .option('--customer <customer>', 'ext:…, cus_… or customer_…')
    .requiredOption('--as <person>', 'who you are: subject or e-mail address, as in operators list')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('cases list --state waiting --as jane@example.com', 'cases list --as … --json'))
    .action(async (options: Common & { readonly state?: CaseState; readonly customer?: string }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const { state: wanted, customer, json: asJson = false } = options;
        const listed = await listCases(deps, await actingAs(deps, options.as), {
          order: wanted === 'waiting' ? 'oldest' : 'newest',
          limit: SHOWN_MAX,
          ...(wanted !== undefined && { states: [wanted] }),
          ...(customer !== undefined && { customer }),
        });
        if ('rejected' in listed) return showRefusal(context, listed, asJson);
        const data = listed.cases.map(shownCase);
        if (asJson) context.out(json({ object: 'list', has_more: listed.hasMore, data }));
        else if (data.length === 0) context.say('There is no such case.');
        else {
          const columns = ['id', 'state', 'kind', 'ticket', 'opened', 'opened by', 'why it waits'];
          const cells = data.map((one) => [
            one.id,
            one.state,
            one.kind,
            one.ticket ?? '',
            one.opened_at.toISOString(),
            one.opened_by,
            one.limits.map(({ name }) => name).join(' '),
          ]);
          context.out(table(columns, cells));
        }
        return EXIT.done;
      });
    });
}

function registerOpen(cases: Command, context: CliContext): void {
  cases
    .command('open')
    .description('open a case from a JSON document, as POST /v1/cases takes it')
    .argument('<file>', 'a file, or - for standard input')
    .requiredOption('--as <person>', 'who you are: subject or e-mail address, as in operators list')
    .requiredOption('--key <text>', 'the same key never opens a second case; the ticket number will do')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'cases open duplicate.json --key SUP-7 --as jane@example.com',
        'cases open duplicate.json --key SUP-7 --as jane@example.com --json',
      ),
    )
    .action(async (file: string, options: Common & { readonly key: string }) => {
      const asked = await readOpening(file === '-' ? '/dev/stdin' : file);
      if ('rejected' in asked) {
        process.exitCode = showRefusal(context, asked, options.json ?? false);
        return;
      }
      await withBooks(context, { stripe: true }, async (deps) => {
        const acting = await actingAs(deps, options.as);
        const { customer, kind, outcome, submit } = asked;
        const open = submit ? requestCase : openCase;
        const done = await open(deps, acting, {
          customer,
          kind,
          evidence: toEvidence(asked),
          outcome: outcome === undefined ? null : toOutcome(outcome),
          idempotencyKey: options.key,
        });
        if ('rejected' in done) return showRefusal(context, done, options.json ?? false);
        return show(context, done, options.json ?? false);
      });
    });
}

function issueLine({ path, message }: { readonly path: readonly PropertyKey[]; readonly message: string }): string {
  return `${path.map(String).join('.')}: ${message}`;
}

function caseIdOf(text: string): string {
  const id = fromWireId('case', text);
  if (id === null) throw new InvalidArgumentError('write an id such as case_01jd….');
  return id;
}

function state(text: string): CaseState {
  const found = CASE_STATES.find((known) => known === text);
  if (found === undefined) throw new InvalidArgumentError(`states are ${CASE_STATES.join(', ')}.`);
  return found;
}

async function readOpening(file: string): Promise<CaseOpening | Refused> {
  const content = await readNamedFile(file);
  if ('rejected' in content) return content;
  const asked = caseOpening.safeParse(parsed(content.toString()));
  if (asked.success) return asked.data;
  return refuse('invalid_request', `${file}: ${asked.error.issues.map(issueLine).join('; ')}`, { param: 'file' });
}

/** Undefined for what is no JSON, which the schema then refuses. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
