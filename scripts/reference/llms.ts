import { PAGE_GROUPS, readPage, titleOf } from '../../docs/.vitepress/pages.ts';

const SENTENCE_MOST = 160;

/** The pages for machines that read: a line each, in the form of llmstxt.org; the links are those of the site and of the folder. */
export function llmsText(): string {
  const groups = PAGE_GROUPS.map(
    ({ text, pages }) =>
      `## ${text}\n\n${pages.map((name) => `- [${titleOf(name)}](${name}.md): ${beginningOf(name)}`).join('\n')}`,
  );
  return `${[
    '# Creditpool',
    '> Credit pools for SaaS teams that are already on Stripe: real-time credits in PostgreSQL, money on Stripe’s invoices, and a nightly proof that both agree.',
    ...groups,
  ].join('\n\n')}\n`;
}

/** The page's first sentence, as plain text. */
function beginningOf(name: string): string {
  const paragraph = readPage(name)
    .split(/\n{2,}/)
    .slice(1)
    .find((text) => /^(?!```)[A-Z`*]/.test(text));
  const plain = (paragraph ?? '').replaceAll(/\s+/g, ' ').replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1');
  const sentence = /^.*?[.:?!](?= |$)/.exec(plain)?.[0] ?? plain;
  return sentence.length > SENTENCE_MOST ? `${sentence.slice(0, SENTENCE_MOST)}…` : sentence.replace(/:$/, '.');
}
