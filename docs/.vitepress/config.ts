// The Markdown of docs/ as a site: `npm run docs:build` writes docs/.vitepress/dist. A dead link fails it.
import { cpSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';

import { defineConfig, type MarkdownOptions } from 'vitepress';

import { PAGE_GROUPS, titleOf } from './pages.ts';

type MarkdownIt = Parameters<NonNullable<MarkdownOptions['config']>>[0];

export default defineConfig({
  title: 'Creditpool',
  description: 'Credit pools for SaaS teams that are already on Stripe',
  // Nothing is asked of another server: no fonts, no search service, no icons.
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Concepts', link: '/concepts' },
      { text: 'Reference', link: '/reference/cli' },
    ],
    sidebar: PAGE_GROUPS.map(({ text, pages }) => ({
      text,
      collapsed: false,
      items: pages.map((page) => ({ text: titleOf(page), link: `/${page}` })),
    })),
  },
  markdown: { config: nameFilesOfTheRepository },
  buildEnd: ({ srcDir, outDir, pages }) => {
    for (const page of [...pages, ...readdirSync(srcDir).filter((name) => name === 'llms.txt')])
      cpSync(join(srcDir, page), join(outDir, page));
  },
});

/** A link to a file beside docs/ leads somewhere in the repository only; on the site it is its text. */
function nameFilesOfTheRepository(markdown: MarkdownIt): void {
  markdown.core.ruler.push('files-of-the-repository', ({ tokens, env }) => {
    const { relativePath } = env as { relativePath: string };
    for (const { children } of tokens) {
      let leaves = false;
      for (const token of children ?? []) {
        if (token.type === 'link_open') {
          const href = token.attrGet('href') ?? '';
          leaves = !href.includes(':') && join(dirname(relativePath), href).startsWith('..');
          if (leaves) token.attrs = null;
        }
        if (leaves && token.type.startsWith('link_')) token.tag = 'span';
      }
    }
  });
}
