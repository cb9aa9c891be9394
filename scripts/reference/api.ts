import { apiDocument } from '../../src/billing.ts';
import { code, page, plain, table } from './markdown.ts';

const ANYWHERE = 'https://billing.example.com';

/** Every operation of the OpenAPI document: where it is, what it is for, who may. */
export function apiPage(): string {
  const { paths = {}, tags = [] } = apiDocument(ANYWHERE);
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item?.[method];
      return operation === undefined ? [] : [{ path, method: method.toUpperCase(), ...operation }];
    }),
  );
  const sections = [...tags, { name: '', description: 'What needs no key: pages, health, and what Stripe calls.' }].map(
    ({ name, description = '' }) => {
      const rows = operations
        .filter((operation) => (operation.tags?.[0] ?? '') === name)
        .map((operation) => [
          code(`${operation.method} ${operation.path}`),
          plain(operation.summary ?? ''),
          plain(operation.description ?? ''),
          operation.operationId === undefined ? '' : code(operation.operationId),
        ]);
      const title = name === '' ? 'Beside the API' : name;
      return rows.length === 0
        ? ''
        : `## ${title}\n\n${description}\n\n${table(['operation', 'does', 'needs', 'operation id'], rows)}`;
    },
  );
  return page(
    'Operations of the API',
    'The list; fields and answers are at `/docs` of a running server and in `/openapi.json`. [The API](../api.md) has what holds for all of them. The operation id is the method of [the client](../client.md).',
    ...sections.filter((section) => section !== ''),
  );
}

const METHODS = ['get', 'post', 'put'] as const;
