import {
  spanOf,
  STATEMENT_TYPES,
  statementExportQuery,
  statementFileName,
  statementHead,
  statementText,
} from '../contract/statement-exports.ts';
import { STATEMENT_KINDS, type StatementKind } from '../domain/statement-export.ts';
import { exportStatement } from '../operations/export-statement.ts';
import { parse } from './parse.ts';
import type { Route } from './route.ts';

/** `GET /v1/exports/ledger`, `…/usage`, `…/customers`. */
export const statementExportRoutes: readonly Route[] = STATEMENT_KINDS.map(route);

function route(kind: StatementKind): Route {
  return {
    method: 'get',
    path: `/v1/exports/${kind}`,
    scopes: ['finance'],
    reply: async ({ deps }, { query }) => {
      const asked = parse(statementExportQuery, query);
      if ('rejected' in asked) return asked;
      const { month, from, to, format, recorded_before: recordedBefore = null, customer = null } = asked.value;
      const span = spanOf({
        ...(month !== undefined && { month }),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      });
      const made = await exportStatement(deps, { kind, ...span, recordedBefore, customer });
      if ('rejected' in made) return made;
      return {
        status: 200,
        body: {},
        headers: { 'recorded-before': made.recordedBefore.toISOString() },
        stream: {
          type: STATEMENT_TYPES[format],
          name: statementFileName(kind, format, span),
          send: async (write) => {
            await write(statementHead(kind, format));
            await made.stream(async (rows) => write(statementText(kind, format, rows)));
          },
        },
      };
    },
  };
}
