// What something opened at, each movement, and what it closed at: bars that hang where the one before ended.
import { amounts, categories, sheet } from './axes.ts';
import { PALETTES, type Scheme } from './palette.ts';
import { type ChartSize, chartSvg } from './render.ts';

export interface WaterfallStep {
  readonly name: string;
  /** Of a sum: what it stands at; of a movement: what it changes. Major units, for drawing only. */
  readonly amount: number;
  readonly isTotal: boolean;
  /** The exact amount, as it is written over the bar. */
  readonly label: string;
}

/** Below it the amounts over neighbouring bars would touch. */
const NARROW = 600;

/** The steps from left to right. */
export async function waterfallSvg(
  steps: readonly WaterfallStep[],
  { scheme, shown, ...size }: ChartSize & { readonly scheme: Scheme; readonly shown: (amount: number) => string },
): Promise<string> {
  const palette = PALETTES[scheme];
  const bars = barsOf(steps);
  return chartSvg(
    {
      ...sheet(palette, { hasLegend: false }),
      xAxis: categories(
        steps.map(({ name }) => name),
        palette,
      ),
      yAxis: amounts(palette, shown),
      series: [
        // Carries the bar; itself not to be seen.
        {
          type: 'bar',
          stack: 'bar',
          silent: true,
          itemStyle: { color: 'transparent' },
          data: bars.map(({ from }) => from),
        },
        {
          type: 'bar',
          stack: 'bar',
          barMaxWidth: 72,
          labelLayout: { hideOverlap: true },
          data: bars.map(({ height, kind, label }) => ({
            value: height,
            itemStyle: { color: palette[kind] },
            label: {
              show: true,
              position: 'top',
              color: palette.ink,
              fontSize: size.width < NARROW ? 10 : 12,
              formatter: () => label,
            },
          })),
        },
      ],
    },
    size,
  );
}

interface Bar {
  readonly from: number;
  readonly height: number;
  readonly kind: 'total' | 'up' | 'down';
  readonly label: string;
}

function barsOf(steps: readonly WaterfallStep[]): readonly Bar[] {
  let stands = 0;
  return steps.map(({ amount, isTotal, label }) => {
    const before = isTotal ? 0 : stands;
    stands = isTotal ? amount : stands + amount;
    const kind = isTotal ? 'total' : amount < 0 ? 'down' : 'up';
    return { from: Math.min(before, stands), height: Math.abs(stands - before), kind, label };
  });
}
