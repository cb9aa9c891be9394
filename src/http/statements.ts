import { customerName } from '../contract/ids.ts';
import { statementCsv } from '../contract/statement-csv.ts';
import { shownStatement, statementQuery } from '../contract/statements.ts';
import { readStatement } from '../operations/read-statement.ts';
import { parse } from './parse.ts';
import { ok, type Route } from './route.ts';

/** A file beyond this would not open in a spreadsheet anyway. */
const CSV_LINES_MAX = 100_000;

export const statementRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/customers/:id/statement',
    scopes: ['read', 'support', 'finance'],
    reply: async (context, request) => {
      const named = parse(customerName, request.params['id']);
      if ('rejected' in named) return { rejected: { ...named.rejected, param: 'id' } };
      const asked = parse(statementQuery, request.query);
      if ('rejected' in asked) return asked;
      const { from, to, member = null, format, limit, starting_after: after = null } = asked.value;
      const isCsv = format === 'csv';
      const statement = await readStatement(context, {
        customer: named.value,
        member,
        from,
        to,
        after: isCsv ? null : after,
        limit: isCsv ? CSV_LINES_MAX : limit,
      });
      if ('rejected' in statement) return statement;
      if (!isCsv) return ok(shownStatement(statement, `/v1/customers/${request.params['id']}/statement`));
      if (statement.hasMore) {
        return {
          rejected: {
            code: 'invalid_request',
            message: `the statement has more than ${CSV_LINES_MAX} lines; ask for a shorter span`,
            param: 'to',
          },
        };
      }
      const name = `statement-${from.toISOString().slice(0, 10)}-${to.toISOString().slice(0, 10)}.csv`;
      return {
        status: 200,
        body: {},
        file: { type: 'text/csv; charset=utf-8; header=present', name, content: statementCsv(statement) },
      };
    },
  },
];
