import { type Command, InvalidArgumentError } from 'commander';

import { pinLegacyTerms, setSegment } from '../operations/migration/customer-terms.ts';
import type { Acting } from '../operations/operators/acting.ts';
import type { OpenBooks } from '../sandbox/open-books.ts';
import { actingAs, COMMAND_LINE } from './acting.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { examples } from './output.ts';
import { showRefusal, withBooks } from './with-books.ts';

interface Common {
  readonly as?: string;
}

const AS = ['--as <person>', 'who you are, as in operators list (default: the command line itself)'] as const;

/** `creditpool migration segment | pin`: what a rollout has to know of a customer. */
export function registerCustomerTerms(group: Command, context: CliContext): void {
  group
    .command('segment')
    .description('note which kind of customer this is, for cohorts')
    .argument('<customer>', 'cus_… or ext:…')
    .argument('<segment>', 'your own word, such as smb')
    .option(...AS)
    .addHelpText(
      'before',
      examples('migration segment ext:acme smb', 'migration segment ext:acme enterprise --as lea@example.com'),
    )
    .action(async (customer: string, segment: string, options: Common) => {
      await withBooks(context, { stripe: false }, async (deps) => {
        const done = await setSegment(deps, await acting(deps, options), { customer, segment });
        if ('rejected' in done) return showRefusal(context, done, false);
        context.say(`${customer} is of segment ${segment}.`);
        return EXIT.done;
      });
    });
  group
    .command('pin')
    .description('keep a customer on what he has, whatever is rolled out')
    .argument('<customer>', 'cus_… or ext:…')
    .requiredOption('--reason <text>', 'what he was promised')
    .option('--until <day>', 'last day, such as 2027-06-30; without it, for good', day)
    .option('--release', 'let migrations move him again')
    .option(...AS)
    .addHelpText(
      'before',
      examples(
        `migration pin ext:acme --until 2027-06-30 --reason 'order form 7'`,
        `migration pin ext:acme --release --reason 'it ended'`,
      ),
    )
    .action(
      async (
        customer: string,
        options: Common & { readonly reason: string; readonly until?: string; readonly release?: boolean },
      ) => {
        await withBooks(context, { stripe: false }, async (deps) => {
          const { reason, until = null, release = false } = options;
          const done = await pinLegacyTerms(deps, await acting(deps, options), { customer, reason, until, release });
          if ('rejected' in done) return showRefusal(context, done, false);
          context.say(
            done.pinned
              ? `${customer} keeps what he has${until === null ? '' : ` until ${until}`}.`
              : `${customer} may be moved again.`,
          );
          return EXIT.done;
        });
      },
    );
}

async function acting(deps: OpenBooks, { as }: Common): Promise<Acting> {
  return as === undefined ? COMMAND_LINE : actingAs(deps, as);
}

function day(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw new InvalidArgumentError('must be a day such as 2027-06-30');
  return text;
}
