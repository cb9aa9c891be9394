import { expect, test } from 'vitest';

import { barsSvg } from '../../src/charts/bars.ts';
import { waterfallSvg } from '../../src/charts/waterfall.ts';

const SIZE = { width: 600, height: 300 };
const shown = (amount: number): string => `USD ${amount}`;

test('a waterfall from 100 over +50 and −30 to 120 is a picture with each exact amount on it, in light and dark', async () => {
  const steps = [
    { name: 'Opening', amount: 100, isTotal: true, label: 'USD 100.00' },
    { name: 'Purchased', amount: 50, isTotal: false, label: 'USD 50.00' },
    { name: 'Used', amount: -30, isTotal: false, label: '(USD 30.00)' },
    { name: 'Closing', amount: 120, isTotal: true, label: 'USD 120.00' },
  ];
  const [light, dark] = [
    await waterfallSvg(steps, { ...SIZE, scheme: 'light', shown }),
    await waterfallSvg(steps, { ...SIZE, scheme: 'dark', shown }),
  ];
  for (const svg of [light, dark]) {
    expect(svg).toMatch(/^<svg /);
    for (const { name, label } of steps) expect([svg.includes(`>${name}<`), svg.includes(label)]).toEqual([true, true]);
    expect(svg).not.toContain('<script');
  }
  expect(light).toContain('#ffffff');
  expect(dark).not.toContain('#ffffff');
});

test('text of a customer in a chart stays text', async () => {
  const series = [{ name: '<b onload="x">', values: [1] }];
  const svg = await barsSvg(
    { categories: ['<script>'], series: [...series, { name: 'b', values: [2] }], stacked: true },
    { ...SIZE, scheme: 'light', shown },
  );
  expect(svg).not.toMatch(/<script|<b /);
});
