// Draws docs/performance.svg from what a run with --profile left: node bench/picture.ts FOLDER
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface Statement {
  readonly query: string;
  readonly ms: number;
}

interface Bar {
  readonly name: string;
  readonly ms: number;
}

const [folder = '.'] = process.argv.slice(2);

/** Which part of the server a sample fell into, by the file that was running. */
const SERVER_PARTS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['decide (domain, operations)', /\/src\/(domain|operations)\//],
  [
    'read and write rows (storage, pg, knex)',
    /\/src\/storage\/|node_modules\/(pg|pg-[a-z]+|postgres-[a-z]+|knex|tarn)\//,
  ],
  ['wire schemas (contract, zod, ids)', /\/src\/contract\/|node_modules\/(zod|typeid-js|uuid)\//],
  ['HTTP (express, our routes)', /\/src\/http\/|node_modules\//],
];

function serverBars(): readonly Bar[] {
  const sums = new Map<string, number>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))) {
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
    const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
    for (const [index, id] of profile.samples.entries()) {
      const frame = frames.get(id);
      if (frame === undefined || frame.functionName === '(idle)') continue;
      const part = partOf(frame.functionName, frame.url);
      sums.set(part, (sums.get(part) ?? 0) + (profile.timeDeltas[index] ?? 0) / 1_000);
    }
  }
  return [...sums].map(([name, ms]) => ({ name, ms })).toSorted((a, b) => b.ms - a.ms);
}

function partOf(functionName: string, url: string): string {
  if (functionName === '(garbage collector)') return 'garbage collection';
  return SERVER_PARTS.find(([, pattern]) => pattern.test(url))?.[0] ?? 'Node itself (sockets, streams, hashes)';
}

/** Statements by the table they write, or by what they read; the benchmark's own tables left out. */
function statementBars(): readonly Bar[] {
  const statements = JSON.parse(readFileSync(join(folder, 'statements.json'), 'utf8')) as readonly Statement[];
  const sums = new Map<string, number>();
  for (const { query, ms } of statements) {
    if (/bare_|naive_|ledger_|::text, |create |pg_stat/.test(query)) continue;
    const written = /(insert into|for update of|update) (\w+)/.exec(query);
    const read = /from (\w+)/.exec(query.replaceAll(/from unnest/g, 'of'));
    const name =
      written === null
        ? `read ${read?.[1] ?? 'the rest'}`
        : `${written[1] === 'for update of' ? 'lock' : 'write'} ${written[2] ?? ''}`;
    sums.set(name, (sums.get(name) ?? 0) + ms);
  }
  return [...sums]
    .map(([name, ms]) => ({ name, ms }))
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, 12);
}

const ROW = 24;
const LEFT = 300;
const WIDTH = 420;

function chart(title: string, bars: readonly Bar[], top: number): string {
  const total = bars.reduce((sum, { ms }) => sum + ms, 0);
  const most = Math.max(...bars.map(({ ms }) => ms));
  const rows = bars.map(({ name, ms }, index) => {
    const y = top + 34 + index * ROW;
    const share = Math.round((100 * ms) / total);
    return `<text x="${LEFT - 10}" y="${y + 13}" text-anchor="end">${name}</text>
<rect x="${LEFT}" y="${y}" width="${Math.max(1, Math.round((WIDTH * ms) / most))}" height="17" rx="2"/>
<text x="${LEFT + 8 + Math.round((WIDTH * ms) / most)}" y="${y + 13}">${share} %</text>`;
  });
  return `<text x="20" y="${top + 16}" class="title">${title}</text>\n${rows.join('\n')}`;
}

const server = serverBars();
const database = statementBars();
const middle = 60 + server.length * ROW;
const height = middle + 50 + database.length * ROW;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 ${height}" role="img" aria-label="Where the time of ingest and holds goes">
<style>text { font: 13px system-ui, sans-serif; fill: #1f2937 } .title { font-weight: 600; font-size: 15px } rect { fill: #3b6ea5 }
@media (prefers-color-scheme: dark) { text { fill: #e5e7eb } rect { fill: #7fb2e5 } }</style>
${chart('The server process, by what was running', server, 10)}
${chart('PostgreSQL, by statement', database, middle)}
</svg>
`;
writeFileSync(new URL('../docs/performance.svg', import.meta.url), svg);
