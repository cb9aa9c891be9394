import { mkdirSync, writeFileSync } from 'node:fs';

import { expect, test, vi } from 'vitest';

import type { Wire } from '../../support/api.ts';
import { cloneDatabase } from '../../support/database.ts';
import { tellHalfAYear } from '../../support/half-a-year.ts';

vi.setConfig({ testTimeout: 240_000 });

const { database } = await cloneDatabase();
const { story } = await tellHalfAYear(database);

test('June says migrate, for the reasons that were planted', async () => {
  const { status, body } = await story.call('POST', '/v1/health_packs', { month: '2026-06', plan: 'metered' });
  expect([status, body['verdict']]).toEqual([201, 'migrate']);
  console.log(JSON.stringify(body, null, 1));
  mkdirSync('reports/health-pack', { recursive: true });
  for (const { name } of body['files'] as unknown as readonly { name: string }[]) {
    writeFileSync(`reports/health-pack/${name}`, await fetched(`/v1/health_packs/2026-06/files/${name}`));
  }
});

async function fetched(path: string): Promise<string> {
  const response = await fetch(story.origin + path, { headers: { authorization: `Bearer ${story.apiKey}` } });
  return response.text();
}
export type { Wire };
