// Bars by category, one series beside the other or stacked.
import { amounts, categories, legend, sheet } from './axes.ts';
import { PALETTES, type Scheme } from './palette.ts';
import { type ChartSize, chartSvg } from './render.ts';

export interface BarSeries {
  readonly name: string;
  /** One for each category; for drawing only, so a number. */
  readonly values: readonly number[];
}

export interface Bars {
  readonly categories: readonly string[];
  readonly series: readonly BarSeries[];
  readonly stacked: boolean;
}

/** Categories from left to right, series in the order of the palette. */
export async function barsSvg(
  bars: Bars,
  { scheme, shown, ...size }: ChartSize & { readonly scheme: Scheme; readonly shown: (amount: number) => string },
): Promise<string> {
  const palette = PALETTES[scheme];
  const hasLegend = bars.series.length > 1;
  return chartSvg(
    {
      ...sheet(palette, { hasLegend }),
      color: [...palette.series],
      ...(hasLegend && { legend: legend(palette) }),
      xAxis: categories(bars.categories, palette),
      yAxis: amounts(palette, shown),
      series: bars.series.map(({ name, values }) => ({
        type: 'bar',
        name,
        barMaxWidth: 56,
        data: [...values],
        ...(bars.stacked && { stack: 'all' }),
      })),
    },
    size,
  );
}
