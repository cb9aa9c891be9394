import { wireId } from '../contract/ids.ts';
import { controlCsv, journalFiles } from '../contract/journal-csv.ts';
import {
  journalExportBody,
  journalExportsQuery,
  shownExport,
  toControlTotals,
  toExportAccounts,
} from '../contract/journal-exports.ts';
import { exportJournal, listJournalExports, repeatExport } from '../operations/export-journal.ts';
import { namedAccounts } from '../operations/name-export-accounts.ts';
import { parse } from './parse.ts';
import { ok, type Reply, type Route } from './route.ts';

const CONTROL_FILE = 'control.csv';

export const journalExportRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/journal_exports',
    scopes: ['finance'],
    reply: async ({ deps }, { body, caller }) => {
      const asked = parse(journalExportBody, body);
      if ('rejected' in asked) return asked;
      const { accounts, ...what } = asked.value;
      const made = await exportJournal(deps, {
        ...what,
        accounts:
          accounts === undefined ? (await namedAccounts(deps, what.target)).accounts : toExportAccounts(accounts),
        actor: `key:${caller.apiKeyId}`,
        render: journalFiles,
      });
      return 'rejected' in made ? made : { status: 201, body: shownExport(made) };
    },
  },
  {
    method: 'get',
    path: '/v1/journal_exports',
    scopes: ['finance'],
    reply: async ({ deps }, { query }) => {
      const asked = parse(journalExportsQuery, query);
      if ('rejected' in asked) return asked;
      const { month = null, limit, starting_after: after = null } = asked.value;
      const found = await listJournalExports(deps, { month, limit: limit + 1, after });
      return ok({
        object: 'list',
        url: '/v1/journal_exports',
        has_more: found.length > limit,
        data: found.slice(0, limit).map(shownExport),
      });
    },
  },
  {
    method: 'get',
    path: '/v1/journal_exports/:id/files/:name',
    scopes: ['finance'],
    reply: async ({ deps }, { params }): Promise<Reply> => {
      const id = parse(wireId('export'), params['id']);
      if ('rejected' in id) return { rejected: { ...id.rejected, param: 'id' } };
      const made = await repeatExport(deps, { exportId: id.value, render: journalFiles });
      if ('rejected' in made) return made;
      const name = params['name'] ?? '';
      const text =
        name === CONTROL_FILE
          ? controlCsv(toControlTotals(made.totals), made.files)
          : made.rendered.find((file) => file.name === name)?.text;
      if (text === undefined) {
        const names = [CONTROL_FILE, ...made.files.map((file) => file.name)].join(', ');
        return {
          rejected: {
            code: 'unknown_export',
            message: `this export has no file ${name}; it has ${names}`,
            param: 'name',
          },
        };
      }
      return { status: 200, body: {}, file: { type: 'text/csv; charset=utf-8; header=present', name, content: text } };
    },
  },
];
