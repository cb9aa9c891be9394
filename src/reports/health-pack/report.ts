// The health pack as a report, in its fixed order.
import type { HealthPack } from '../../domain/health-pack/pack.ts';
import { candidateName } from '../../domain/simulation/assumptions.ts';
import { assumptionsOf } from '../../domain/simulation/assumptions.ts';
import { type Block, type Report, type ReportSection, text } from '../document.ts';
import { count, minute, monthName, plural } from '../numbers.ts';
import { typicalBlocks } from '../side-by-side.ts';
import { balanceBlocks, disputeBlocks, exceptionBlocks, predictabilityBlocks, reconciledBlocks } from './customers.ts';
import { marginBlocks, unregisteredBlocks } from './margin.ts';
import { METHOD } from './method.ts';
import { blocksOf } from './told.ts';
import { triggerBlocks } from './triggers.ts';
import { burnBlocks, keyFigureBlocks } from './use.ts';
import { findingSentence, VERDICT_MARKS, verdictSentence } from './verdict-text.ts';

export async function healthPackReport(pack: HealthPack, mode: string): Promise<Report> {
  const { verdict } = pack;
  return {
    title: `Pricing health pack, ${monthName(pack.month)}`,
    mode,
    subtitle: `Made on ${minute(pack.at)} of everything the books had recorded until then.`,
    verdict: { word: verdict.word, sentence: verdictSentence(verdict), mark: VERDICT_MARKS[verdict.word] },
    sections: await sectionsOf(pack),
    foot: 'Issued once and not changed afterwards: what is recorded later is in the next one.',
  };
}

async function sectionsOf(pack: HealthPack): Promise<readonly ReportSection[]> {
  const sections: readonly (readonly [string, string, readonly Block[]])[] = [
    ['verdict', 'Verdict and reasons', verdictBlocks(pack)],
    ['figures', 'Key figures', keyFigureBlocks(pack.keyFigures)],
    ['burn', 'Burn by feature', await burnBlocks(pack.burn)],
    [
      'margin',
      'Margin and shadow AI',
      [...(await marginBlocks(pack.margins)), ...unregisteredBlocks(pack.unregistered)],
    ],
    ['balances', 'Balance health', await balanceBlocks(pack.balances)],
    ['exceptions', 'Exceptions', await exceptionBlocks(pack.exceptions)],
    ['disputes', 'Disputes and themes', disputeBlocks(pack.disputes)],
    ['predictability', 'Predictability of bills', predictabilityBlocks(pack.predictability)],
    ['reconciliation', 'Reconciliation', reconciledBlocks(pack.reconciled)],
    ['triggers', 'Migration triggers', triggerBlocks(pack.triggers)],
    ['side-by-side', 'Bills side by side', sideBySideBlocks(pack)],
    ['method', 'Method', METHOD],
  ];
  return sections.map(([id, title, blocks], at) => ({ id, title: `${at + 1} ${title}`, blocks }));
}

const REASONS = 3;

function verdictBlocks({ verdict: { findings, told, asked } }: HealthPack): readonly Block[] {
  const sentences = findings.map(findingSentence);
  const checks = text(`${count(told)} of ${count(asked)} checks had enough data to say something.`);
  if (sentences.length === 0) return [text('Nothing in this month speaks against the model.'), checks];
  const also = sentences.slice(REASONS);
  return [
    { kind: 'list', items: sentences.slice(0, REASONS) },
    ...(also.length === 0 ? [] : [text('Also found:'), { kind: 'list' as const, items: also }]),
    checks,
  ];
}

function sideBySideBlocks({ sideBySide }: HealthPack): readonly Block[] {
  return blocksOf(sideBySide, ({ candidate, bills, leftOut }) => [
    text(`What the customers of the month would have paid under ${candidateName(candidate)} for what they did.`),
    ...typicalBlocks(bills),
    text(`${plural(leftOut, 'customer')} without a bill here.`),
    text('Assumed:'),
    { kind: 'list', items: assumptionsOf(candidate) },
  ]);
}
