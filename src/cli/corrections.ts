import { type Command, InvalidArgumentError, Option } from 'commander';

import { fromWireId, toWireId } from '../contract/ids.ts';
import { correctionPreview, shownCorrection, shownCorrectionPreview, toCorrection } from '../contract/variances.ts';
import { MONEY_ACCOUNTS } from '../domain/account.ts';
import { type Correction, CORRECTION_STATES, type CorrectionState } from '../domain/correction.ts';
import { shownMoney } from '../domain/currency.ts';
import type { Refused } from '../domain/rejection.ts';
import { approveCorrection, refuseCorrection } from '../operations/corrections/decide-correction.ts';
import { listCorrections } from '../operations/corrections/list-corrections.ts';
import { type CorrectionPreview, previewCorrection } from '../operations/corrections/preview-correction.ts';
import { requestCorrection } from '../operations/corrections/request-correction.ts';
import { actingAs } from './acting.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

const CORRECT =
  'variances correct var_01jd… --debit bad_debt --credit receivable --amount-minor 3040 --currency usd --note "never paid" --evidence OPS-12';

interface Options {
  readonly as: string;
  readonly json?: boolean;
}

interface CorrectOptions extends Options {
  readonly debit: string;
  readonly credit: string;
  readonly currency: string;
  readonly amountMinor: string;
  readonly effectiveAt?: string;
  readonly note: string;
  readonly evidence: string;
  readonly hash?: string;
}

/** `creditpool variances correct | corrections | approve | refuse`. */
export function registerCorrections(variances: Command, context: CliContext): void {
  registerCorrect(variances, context);
  registerList(variances, context);
  registerDecisions(variances, context);
}

function registerCorrect(variances: Command, context: CliContext): void {
  variances
    .command('correct')
    .description('show the entry that would correct it; with --hash of what was shown, post it or ask for it')
    .argument('<id>', 'var_…, as in variances list', varianceIdOf)
    .requiredOption('--as <person>', 'who you are: subject or e-mail address, as in operators list')
    .addOption(new Option('--debit <account>', 'of the money book').choices(MONEY_ACCOUNTS).makeOptionMandatory())
    .addOption(new Option('--credit <account>', 'of the money book').choices(MONEY_ACCOUNTS).makeOptionMandatory())
    .requiredOption('--amount-minor <n>', 'in minor units: 3040 is 30.40')
    .requiredOption('--currency <code>', 'such as usd')
    .requiredOption('--note <text>', 'why: the reason of the entry')
    .requiredOption('--evidence <text>', 'a ticket, an address, or the evidence_… of an attached file')
    .option('--effective-at <instant>', 'in an open month; default: when it is posted')
    .option('--hash <payload_hash>', 'of the preview that you have looked at')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples(`${CORRECT} --as lea@example.com`, `${CORRECT} --as lea@example.com --hash 5f0c…`))
    .action(async (varianceId: string, options: CorrectOptions) => {
      const asked = correctionPreview.safeParse({
        debit: options.debit,
        credit: options.credit,
        currency: options.currency,
        amount_minor: Number(options.amountMinor),
        ...(options.effectiveAt !== undefined && { effective_at: options.effectiveAt }),
        note: options.note,
        evidence: options.evidence,
      });
      if (!asked.success) {
        for (const { path, message } of asked.error.issues) context.say(`${path.map(String).join('.')}: ${message}`);
        process.exitCode = EXIT.wrongUsage;
        return;
      }
      const wanted = { varianceId, ...toCorrection(asked.data) };
      await withBooks(context, { stripe: false }, async (deps) => {
        const acting = await actingAs(deps, options.as);
        const { hash, json: asJson = false } = options;
        if (hash !== undefined)
          return shown(context, await requestCorrection(deps, acting, { ...wanted, payloadHash: hash }), asJson);
        const preview = await previewCorrection(deps, acting, wanted);
        if ('rejected' in preview) return showRefusal(context, preview, asJson);
        if (asJson) context.out(json(shownCorrectionPreview(preview)));
        else showPreview(context, preview);
        return EXIT.done;
      });
    });
}

function showPreview(
  context: CliContext,
  { debit, credit, currency, amountMinor, ...preview }: CorrectionPreview,
): void {
  const amount = shownMoney(amountMinor, currency);
  const rows = preview.accounts.map(({ account, beforeMinor, afterMinor }) => [
    account,
    account === debit ? amount : '',
    account === credit ? amount : '',
    shownMoney(beforeMinor, currency),
    shownMoney(afterMinor, currency),
  ]);
  context.out(table(['account', 'debit', 'credit', 'stands at', 'would stand at'], rows, [1, 2, 3, 4]));
  for (const { sentence } of preview.limits) context.say(`A second person has to agree: ${sentence}.`);
  context.say(`Nothing is posted. To go on, say the same again with --hash ${preview.payloadHash}`);
}

function shown(context: CliContext, done: Correction | Refused, asJson: boolean): number {
  if ('rejected' in done) return showRefusal(context, done, asJson);
  context.out(asJson ? json(shownCorrection(done)) : JSON.stringify(shownCorrection(done), null, 2));
  return done.state === 'waiting' ? EXIT.waitsForApproval : EXIT.done;
}

function registerList(variances: Command, context: CliContext): void {
  variances
    .command('corrections')
    .description('corrections that were asked for; those that wait first')
    .addOption(new Option('--state <state>', 'what became of them').choices(CORRECTION_STATES))
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('variances corrections', 'variances corrections --state waiting'))
    .action(async ({ state, json: asJson = false }: { state?: CorrectionState; json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const { corrections } = await listCorrections(deps, { state: state ?? null, limit: 100 });
        const rows = corrections.map((one) => [
          toWireId('correction', one.correctionId),
          one.state,
          one.debit,
          one.credit,
          shownMoney(one.amountMinor, one.currency),
          one.requester,
          one.payloadHash,
        ]);
        if (asJson) context.out(json({ object: 'list', data: corrections.map(shownCorrection) }));
        else if (rows.length === 0) context.say('There is none.');
        else context.out(table(['id', 'state', 'debit', 'credit', 'amount', 'asked by', 'hash'], rows, [4]));
        return EXIT.done;
      });
    });
}

function registerDecisions(variances: Command, context: CliContext): void {
  variances
    .command('approve')
    .description('agree to a correction that somebody else asked for, and post it')
    .argument('<id>', 'correction_…, as in variances corrections', correctionIdOf)
    .requiredOption('--as <person>', 'who you are: subject or e-mail address, as in operators list')
    .requiredOption('--hash <payload_hash>', 'of what you have looked at')
    .option('--comment <text>', 'kept with it')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'variances approve correction_01jd… --hash 5f0c… --as lea@example.com',
        'variances approve correction_01jd… --hash 5f0c… --comment "as agreed" --as lea@example.com',
      ),
    )
    .action(async (correctionId: string, options: Options & { hash: string; comment?: string }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const { hash, comment = null, json: asJson = false } = options;
        const acting = await actingAs(deps, options.as);
        const done = await approveCorrection(deps, acting, { correctionId, payloadHash: hash, comment });
        return shown(context, done, asJson);
      });
    });
  variances
    .command('refuse')
    .description('say no to a correction, or take your own back')
    .argument('<id>', 'correction_…, as in variances corrections', correctionIdOf)
    .requiredOption('--as <person>', 'who you are: subject or e-mail address, as in operators list')
    .requiredOption('--comment <text>', 'why')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'before',
      examples(
        'variances refuse correction_01jd… --comment "not ours" --as lea@example.com',
        'variances refuse correction_01jd… --comment duplicate --as lea@example.com --json',
      ),
    )
    .action(async (correctionId: string, options: Options & { comment: string }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const { comment, json: asJson = false } = options;
        const done = await refuseCorrection(deps, await actingAs(deps, options.as), { correctionId, comment });
        return shown(context, done, asJson);
      });
    });
}

function correctionIdOf(text: string): string {
  const id = fromWireId('correction', text);
  if (id === null) throw new InvalidArgumentError('write an id such as correction_01jd….');
  return id;
}

export function varianceIdOf(text: string): string {
  const id = fromWireId('var', text);
  if (id === null) throw new InvalidArgumentError('write an id such as var_01jd….');
  return id;
}
