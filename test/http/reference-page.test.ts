// The reference page in a real browser: under the strict policy, with nothing asked of anybody else.
import { expect, test } from 'vitest';

import { startApi } from '../support/api.ts';
import { openWindow, picture, startBrowser } from '../support/browser.ts';
import { cloneDatabase } from '../support/database.ts';

test('shows every operation, opens one, and asks nobody else', { timeout: 60_000 }, async () => {
  const api = await startApi(await cloneDatabase());
  const window = await openWindow(await startBrowser(), api.origin);
  const { page, complaints } = window;
  await page.goto(`${api.origin}/docs`);
  await page.getByText('May this run, what does it cost').waitFor();
  const { body } = await api.call('GET', '/openapi.json', undefined, { key: null });
  const documented = Object.values(body['paths'] ?? {}).flatMap((methods) => Object.keys(methods as object));
  // What is far from the window is not drawn: a reader scrolls.
  const shown = new Set<string>();
  const readOn = async (): Promise<number> => {
    for (const id of await page.locator('.opblock').evaluateAll((blocks) => blocks.map((block) => block.id)))
      shown.add(id);
    await page.mouse.wheel(0, 700);
    return shown.size;
  };
  await expect.poll(readOn, { timeout: 30_000, interval: 100 }).toBe(documented.length);
  await page.mouse.wheel(0, -100_000);
  await page.getByText('Reserve credits for work that runs').click();
  await page.getByText('Idempotency-Key').first().waitFor();
  await picture(page, 'api-reference');
  expect(complaints).toEqual([]);
});
