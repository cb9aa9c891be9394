// Charts are pictures: drawn to SVG on the server without a browser, served as image files, each beside its table.
import type { EChartsCoreOption } from 'echarts/core';

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** Draws a chart. echarts is loaded with the first one, so that a service that draws none starts without it. */
export async function chartSvg(option: EChartsCoreOption, size: ChartSize): Promise<string> {
  const { init } = await loadEcharts();
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ animation: false, ...option });
    return chart.renderToSVGString();
  } finally {
    // A chart that is left keeps the process alive.
    chart.dispose();
  }
}

async function loadEcharts() {
  const core = await import('echarts/core');
  const { BarChart, LineChart } = await import('echarts/charts');
  const { LabelLayout } = await import('echarts/features');
  const { GridComponent, LegendComponent } = await import('echarts/components');
  const { SVGRenderer } = await import('echarts/renderers');
  core.use([BarChart, LineChart, GridComponent, LegendComponent, LabelLayout, SVGRenderer]);
  return core;
}
