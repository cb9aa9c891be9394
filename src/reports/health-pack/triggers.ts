// Section 10: each trigger with its rule, its threshold, its value, and whether it is hit.
import { type Trigger, TRIGGER_LIMITS, type TriggerKey } from '../../domain/health-pack/triggers.ts';
import { type Block, type Cell, figures, table, text } from '../document.ts';
import { count, credits, percent } from '../numbers.ts';

const { cycles, spreadPercent } = TRIGGER_LIMITS;

const RULES: Readonly<Record<TriggerKey, string>> = {
  stable_use: `Use is stable: customers of a plan whose use of ${cycles} months stayed within ${spreadPercent} % of its mean`,
  explainable_metric: 'One metric explains it: credits of a plan that a single action burned',
  opaque_credits: 'Credits are opaque: billing cases and disputes opened, of customers with use',
  reconciliation_strain: 'Reconciliation strains: variances that took longer than a week, of cycle invoices',
  unpredictable_bills: 'Bills are hard to predict: those that moved by more than a quarter',
};

export function triggerBlocks(triggers: readonly Trigger[]): readonly Block[] {
  const hits = triggers.filter(({ hit }) => hit === true).length;
  const told = triggers.filter(({ hit }) => hit !== null).length;
  return [
    text(
      `${count(hits)} of ${count(told)} triggers that could be evaluated are hit. A plan is ready to leave credits when its use is stable and one metric explains it.`,
    ),
    table(
      'Migration triggers',
      ['Rule', 'Of', figures('Threshold'), figures('Value'), 'Because', 'Hit?'],
      triggers.map((trigger) => [
        RULES[trigger.key],
        trigger.cohort === null ? 'everybody' : `plan ${trigger.cohort}`,
        percent(trigger.threshold),
        percent(trigger.value),
        evidence(trigger),
        hitCell(trigger.hit),
      ]),
    ),
  ];
}

function evidence({ key, part, whole, subject, because }: Trigger): string {
  if (because !== null) return because;
  if (key === 'explainable_metric') return `${subject ?? 'no action'}: ${credits(part)} of ${credits(whole)} credits`;
  return `${count(part)} of ${count(whole)}`;
}

function hitCell(hit: boolean | null): Cell {
  if (hit === null) return 'not enough data';
  return hit ? { text: '● hit', mark: 'bad' } : { text: '○ no', mark: 'good' };
}
