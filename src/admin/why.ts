// "Why is it this?": one sentence whose figures add up, and the text that a customer can be sent.
import type { Explanation, LotStory } from '../domain/explanation.ts';
import type { Balance } from '../operations/read-balance.ts';
import { countText, creditsText, dayText, instantText } from './figures.ts';
import { sourceWords } from './words.ts';

/** Credits that came in by the open lots, less where they went, is what is there. */
export function whySentence({ lots, available, sums }: Explanation): string {
  const total = (of: (story: LotStory) => bigint): bigint => lots.reduce((sum, story) => sum + of(story), 0n);
  const went = [
    [total(({ lot }) => lot.drawn), 'used'],
    [total(({ lot }) => lot.held), 'held for work that runs'],
    [total(({ lot }) => lot.frozen), 'frozen'],
    [total(({ lot }) => lot.ended), 'expired or taken back'],
    [sums.available - available, 'not spendable yet or any more'],
  ] as const;
  const less = went.filter(([credits]) => credits !== 0n).map(([credits, how]) => `${creditsText(credits)} ${how}`);
  const given = `${creditsText(total(({ lot }) => lot.granted))} given in ${countText(lots.length, 'open lot')}`;
  if (lots.length === 0) return 'No lot is open: everything that was given is used, expired or taken back.';
  return `${creditsText(available)} = ${given}${less.map((part) => ` − ${part}`).join('')}.`;
}

/** What somebody owes, and what it means for him. */
export function owedSentence({ debt, overage, unfunded }: Balance): string | null {
  if (debt > 0n)
    return `${creditsText(debt)} credits were used past the lots and nobody bills them: the next credits pay them first.`;
  if (unfunded > 0n)
    return `${creditsText(unfunded)} credits of usage wait for credits; nothing new starts until they are paid.`;
  if (overage > 0n)
    return `${creditsText(overage)} credits were used past the lots in this period; the next invoice bills them.`;
  return null;
}

/** Plain sentences for a reply: what is there, from what, what was used for what, and what expired. */
export function customerText({ asOf, available, lots, owed, unit }: Explanation): string {
  const word = unit === 'credit' ? 'credits' : `credits (${unit})`;
  const lines = lots.map(({ lot, drawn, ended }) => {
    const uses = drawn
      .filter((draw) => draw.for === 'usage')
      .map(({ action, credits }) => `${creditsText(credits)} for ${action ?? 'usage'}`);
    const used = lot.drawn === 0n ? 'none of them are used' : `${creditsText(lot.drawn)} are used (${uses.join(', ')})`;
    const gone = ended.map(({ as, credits }) => `, ${creditsText(credits)} ${as.replaceAll('_', ' ')}`).join('');
    const until = lot.expiresAt === null ? 'do not expire' : `can be used until ${dayText(lot.expiresAt)}`;
    return `- ${creditsText(lot.granted)} ${word}, ${sourceWords(lot.source)}, since ${dayText(lot.effectiveAt)}: ${used}${gone}. They ${until}.`;
  });
  const over = owed.map(
    ({ as, action, credits }) => `- ${creditsText(credits)} ${as}${action === null ? '' : ` for ${action}`}.`,
  );
  return [`On ${instantText(asOf)} you have ${creditsText(available)} ${word}.`, ...lines, ...over].join('\n');
}
