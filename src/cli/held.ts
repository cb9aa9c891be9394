import { type Command, InvalidArgumentError } from 'commander';

import { fromWireId } from '../contract/ids.ts';
import { shownSettlement } from '../contract/settlements.ts';
import { formatScaled } from '../domain/amount.ts';
import { minorPlaces } from '../domain/currency.ts';
import { decideHeldDraft } from '../operations/decide-held-draft.ts';
import { listSettlements } from '../operations/list-settlements.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples, json, table } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

const SHOWN_MAX = 100;

/** `creditpool held list | accept | correct`: drafts that the invoice gate does not let go by itself. */
export function registerHeldCommands(program: Command, context: CliContext): void {
  const held = program
    .command('held')
    .description('invoices that wait for a person: Stripe would charge something else than is owed')
    .addHelpText('before', examples('held list', `held accept period_… --reason 'promised by sales'`));
  held
    .command('list')
    .description(`held drafts, the next deadline first, at most ${SHOWN_MAX}`)
    .option('--json', 'one JSON document on stdout')
    .addHelpText('before', examples('held list', 'held list --json'))
    .action(async ({ json: asJson = false }: { json?: boolean }) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const { settlements, hasMore } = await listSettlements(deps, { state: 'held', limit: SHOWN_MAX });
        const data = settlements.map(shownSettlement);
        if (asJson) context.out(json({ object: 'list', url: '/v1/settlements', has_more: hasMore, data }));
        else if (data.length === 0) context.say('No invoice is held.');
        else context.out(heldTable(data));
        return EXIT.done;
      });
    });
  for (const decision of ['accept', 'correct'] as const) {
    held
      .command(decision)
      .description(
        decision === 'accept'
          ? 'let it go as it is, a gift; refused where the customer would pay too much'
          : 'add an item, so that it asks what the ledger says is owed',
      )
      .argument('<id>', 'as in held list (period_…)', periodId)
      .requiredOption('--reason <text>', 'kept with the decision')
      .option('--json', 'one JSON document on stdout')
      .addHelpText(
        'before',
        examples(
          `held ${decision} period_… --reason 'promised by sales'`,
          `held ${decision} period_… --reason OPS-7 --json`,
        ),
      )
      .action(async (billingPeriodId: string, { reason, json: asJson = false }: { reason: string; json?: boolean }) => {
        await withBooks(context, { stripe: true }, async (deps) => {
          const decided = await decideHeldDraft(deps, { billingPeriodId, decision, reason, actor: 'operator' });
          if ('rejected' in decided) return showRefusal(context, decided, asJson);
          const shown = shownSettlement(decided.settlement);
          if (asJson) context.out(json(shown));
          else context.say(`${shown.stripe.invoice}: ${decision}ed; it is ${shown.state}.`);
          return EXIT.done;
        });
      });
  }
}

function heldTable(data: readonly ReturnType<typeof shownSettlement>[]): string {
  const money = (minor: number, currency: string | null): string =>
    `${formatScaled(BigInt(minor), minorPlaces(currency ?? '') ?? 0)} ${currency ?? ''}`;
  const rows = data.map((one) => [
    one.id,
    one.external_id === null ? one.customer : `ext:${one.external_id}`,
    one.stripe.invoice,
    money(one.owed_minor, one.currency),
    money(one.would_charge_minor, one.currency),
    one.decidable_until.toISOString(),
    one.held_because ?? '',
  ]);
  return table(['id', 'customer', 'invoice', 'owed', 'would charge', 'until', 'because'], rows, [3, 4]);
}

function periodId(text: string): string {
  const id = fromWireId('period', text);
  if (id === null) throw new InvalidArgumentError('write an id such as period_01jd…, as held list shows it.');
  return id;
}
