import { basename } from 'node:path';

import { type Command, Option } from 'commander';

import { fromWireId, toWireId } from '../contract/ids.ts';
import { evidenceIdOf, shownEvidence, shownVariance } from '../contract/variances.ts';
import { EVIDENCE_BYTES_MAX, EVIDENCE_EXTENSIONS, tooLarge } from '../domain/evidence-file.ts';
import type { Refused } from '../domain/rejection.ts';
import { attachEvidence, fetchEvidence, listEvidence } from '../operations/attach-evidence.ts';
import { assignVariance, explainVariance } from '../operations/explain-variance.ts';
import { listVariances } from '../operations/list-variances.ts';
import type { Acting } from '../operations/operators/acting.ts';
import type { OpenBooks } from '../sandbox/open-books.ts';
import { actingAs } from './acting.ts';
import type { CliContext } from './context.ts';
import { registerCorrections, varianceIdOf } from './corrections.ts';
import { EXIT } from './exit-codes.ts';
import { readNamedFile } from './named-file.ts';
import { examples, json, table } from './output.ts';
import { inMajorUnits } from './reconcile.ts';
import { showRefusal, withBooks } from './with-books.ts';

const STATES = ['open', 'explained', 'corrected', 'written_off'] as const;
const SHOWN_MAX = 100;

interface Options {
  readonly as: string;
  readonly json?: boolean;
  readonly note?: string;
  readonly evidence?: string;
  readonly to?: string;
}

/** `creditpool variances list | explain | assign | attach | files | file | correct | corrections | approve | refuse`. */
export function registerVarianceCommands(program: Command, context: CliContext): void {
  const variances = program
    .command('variances')
    .description('differences that reconciliation found: explain, assign, correct, with their evidence')
    .addHelpText(
      'before',
      examples('variances list', 'variances explain var_01jd… --note "a load test" --evidence OPS-12 --as jane@…'),
    );
  registerList(variances, context);
  registerActs(variances, context);
  registerFiles(variances, context);
  registerCorrections(variances, context);
}

function registerList(variances: Command, context: CliContext): void {
  variances
    .command('list')
    .description(`the oldest ${SHOWN_MAX} of one state`)
    .addOption(new Option('--state <state>', 'what became of them').choices(STATES).default('open'))
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('variances list', 'variances list --state explained --json'))
    .action(async ({ state, json: asJson = false }: { state: (typeof STATES)[number]; json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const found = await listVariances(deps, { state, limit: SHOWN_MAX });
        const data = found.variances.map(shownVariance);
        const rows = found.variances.map((one) => [
          toWireId('var', one.varianceId),
          one.checkName,
          one.class,
          one.subject,
          inMajorUnits(one.amount === null ? null : BigInt(one.amount), one.unit),
          one.owner ?? '',
          one.cause ?? '',
        ]);
        if (asJson) context.out(json({ object: 'list', has_more: found.hasMore, data }));
        else if (rows.length === 0) context.say(`No variance is ${state}.`);
        else context.out(table(['id', 'check', 'class', 'subject', 'amount', 'owner', 'cause'], rows, [4]));
        return EXIT.done;
      });
    });
}

function registerActs(variances: Command, context: CliContext): void {
  registerAct(
    variances,
    context,
    'explain',
    'say what it is, and where that can be seen',
    async (deps, acting, id, o) => {
      const { note = '', evidence = '' } = o;
      const asked = { varianceId: id, note, evidence, evidenceId: evidenceIdOf(evidence) };
      const done = await explainVariance(deps, acting, asked);
      return 'rejected' in done ? done : shownVariance(done);
    },
  )
    .requiredOption('--note <text>', 'what it is')
    .requiredOption('--evidence <text>', 'a ticket, an address, or the evidence_… of an attached file');
  registerAct(variances, context, 'assign', 'give it an owner', async (deps, acting, varianceId, { to = '' }) => {
    const done = await assignVariance(deps, acting, { varianceId, owner: to });
    return 'rejected' in done ? done : shownVariance(done);
  }).requiredOption('--to <person>', 'subject or e-mail address, as in operators list');
  registerAct(
    variances,
    context,
    'attach',
    `keep a file as evidence (${EVIDENCE_EXTENSIONS.join(' ')}; at most ${EVIDENCE_BYTES_MAX / 1_000_000} MB)`,
    async (deps, acting, varianceId, { file = '' }) => {
      const content = await readNamedFile(file, EVIDENCE_BYTES_MAX);
      if (content === null) return tooLarge();
      if ('rejected' in content) return content;
      const kept = await attachEvidence(deps, acting, { varianceId, name: basename(file), type: null, content });
      return 'rejected' in kept ? kept : shownEvidence(kept);
    },
  ).requiredOption('--file <path>', 'kept as it is, under its name');
}

type Work = (
  deps: OpenBooks,
  acting: Acting,
  varianceId: string,
  options: Options & { readonly file?: string },
) => Promise<object | Refused>;

/** What an act asks for beside the variance. */
const EXAMPLE_WORDS: Readonly<Record<string, string>> = {
  explain: '--note "a load test" --evidence OPS-12',
  assign: '--to lea@example.com',
  attach: '--file statement.pdf',
};

function registerAct(variances: Command, context: CliContext, name: string, description: string, work: Work): Command {
  return variances
    .command(name)
    .description(description)
    .argument('<id>', 'var_…, as in variances list', varianceIdOf)
    .requiredOption('--as <person>', 'who you are: subject or e-mail address, as in operators list')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        `variances ${name} var_01jd… ${EXAMPLE_WORDS[name] ?? ''} --as jane@example.com`,
        `variances ${name} var_01jd… ${EXAMPLE_WORDS[name] ?? ''} --as jane@example.com --json`,
      ),
    )
    .action(async (id: string, options: Options) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const done = await work(deps, await actingAs(deps, options.as), id, options);
        if ('rejected' in done) return showRefusal(context, done, options.json ?? false);
        context.out(options.json === true ? json(done) : JSON.stringify(done, null, 2));
        return EXIT.done;
      });
    });
}

function registerFiles(variances: Command, context: CliContext): void {
  variances
    .command('files')
    .description('the evidence files of a variance')
    .argument('<id>', 'var_…, as in variances list', varianceIdOf)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('variances files var_01jd…', 'variances files var_01jd… --json'))
    .action(async (id: string, { json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const files = await listEvidence(deps, id);
        if ('rejected' in files) return showRefusal(context, files, asJson);
        const rows = files.map((one) => [
          toWireId('evidence', one.evidenceId),
          one.name,
          String(one.byteCount),
          one.sha256,
          one.uploadedBy,
        ]);
        if (asJson) context.out(json({ object: 'list', data: files.map(shownEvidence) }));
        else if (rows.length === 0) context.say('It has no evidence file.');
        else context.out(table(['id', 'name', 'bytes', 'sha256', 'by'], rows, [2]));
        return EXIT.done;
      });
    });
  variances
    .command('file')
    .description('an evidence file as it was handed in, to standard output')
    .argument('<id>', 'evidence_…, as in variances files')
    .addHelpText(
      'before',
      examples('variances file evidence_01jd… > statement.pdf', 'variances file evidence_01jd… | less'),
    )
    .action(async (id: string) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const file = await fetchEvidence(deps, fromWireId('evidence', id) ?? '');
        if ('rejected' in file) return showRefusal(context, file, false);
        await new Promise((written) => process.stdout.write(file.content, written));
        return EXIT.done;
      });
    });
}
