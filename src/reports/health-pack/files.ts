// The files of a pack: one page, Markdown, the tables as CSV, and everything exactly as JSON.
import type { HealthPack } from '../../domain/health-pack/pack.ts';
import { reportCsv } from '../csv.ts';
import { reportHtml } from '../html.ts';
import { reportMarkdown } from '../markdown.ts';
import { healthPackReport } from './report.ts';
import { findingSentence } from './verdict-text.ts';

export interface PackFiles {
  readonly reasons: readonly string[];
  readonly files: readonly { readonly name: string; readonly mediaType: string; readonly content: string }[];
}

export async function healthPackFiles(pack: HealthPack, mode: string): Promise<PackFiles> {
  const report = await healthPackReport(pack, mode);
  const name = `health-pack-${pack.month}`;
  return {
    reasons: pack.verdict.findings.slice(0, 3).map(findingSentence),
    files: [
      { name: `${name}.html`, mediaType: 'text/html; charset=utf-8', content: reportHtml(report) },
      { name: `${name}.md`, mediaType: 'text/markdown; charset=utf-8', content: reportMarkdown(report) },
      { name: `${name}.csv`, mediaType: 'text/csv; charset=utf-8; header=present', content: reportCsv(report) },
      { name: `${name}.json`, mediaType: 'application/json', content: packJson(pack, mode) },
    ],
  };
}

const UNITS = {
  credits: 'micro-credits: 1 000 000 are one credit',
  'cost, billed, gap, unallocated, free': 'nano-units of the currency: 1 000 000 000 are one major unit',
  minor: 'minor units of the currency',
  'share, margin, change, threshold': 'hundredths of a percent',
} as const;

/** Exact: integers as decimal strings, in the units that the document names. */
function packJson(pack: HealthPack, mode: string): string {
  return `${JSON.stringify(wire({ object: 'health_pack', mode, units: UNITS, ...pack }), null, 2)}\n`;
}

function wire(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, one]) => [key, wire(one)]));
  if (Array.isArray(value)) return value.map(wire);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [snake(key), wire(one)]));
}

function snake(key: string): string {
  return /^[a-z][A-Za-z0-9]*$/.test(key) ? key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : key;
}
