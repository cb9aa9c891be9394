import { readCatalogue } from '../contract/catalogue.ts';
import { shownSimulation, simulationBody, simulationCsv } from '../contract/simulations.ts';
import { type Candidate } from '../operations/simulation/candidate.ts';
import { simulatePlans } from '../operations/simulation/simulate-plans.ts';
import { reportHtml } from '../reports/html.ts';
import { reportMarkdown } from '../reports/markdown.ts';
import { sideBySideReport } from '../reports/side-by-side.ts';
import { parse } from './parse.ts';
import type { Problem } from './problems.ts';
import { ok, type Route } from './route.ts';

const CATALOGUE_BYTES_MAX = 500_000;
const CATALOGUE_NODES_MAX = 20_000;

export const simulationRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/simulations',
    scopes: ['finance'],
    bodyBytesMax: CATALOGUE_BYTES_MAX,
    bodyNodesMax: CATALOGUE_NODES_MAX,
    /** Another model over past usage, beside the present one; changes nothing, a catalogue in the body is not pushed. */
    reply: async ({ deps, channels }, { body }) => {
      const asked = parse(simulationBody, body);
      if ('rejected' in asked) return asked;
      const { from, to, customer = null, format } = asked.value;
      const candidate = candidateOf(asked.value);
      if ('rejected' in candidate) return candidate;
      const simulation = await simulatePlans(deps, { candidate, from, to, customer });
      if ('rejected' in simulation) return simulation;
      if (format === 'json') return ok(shownSimulation(simulation));
      const name = `bills-side-by-side-${from.toISOString().slice(0, 10)}`;
      if (format === 'csv') {
        const type = 'text/csv; charset=utf-8; header=present';
        return { status: 200, body: {}, file: { type, name: `${name}.csv`, content: simulationCsv(simulation) } };
      }
      const report = sideBySideReport(simulation, channels.mode);
      const file =
        format === 'html'
          ? { type: 'text/html; charset=utf-8', name: `${name}.html`, content: reportHtml(report) }
          : { type: 'text/markdown; charset=utf-8', name: `${name}.md`, content: reportMarkdown(report) };
      return { status: 200, body: {}, file };
    },
  },
];

function candidateOf({
  plan,
  catalogue,
  catalogue_name: name = 'the given catalogue',
}: {
  readonly plan?: { readonly plan: string; readonly version: number | null } | undefined;
  readonly catalogue?: unknown;
  readonly catalogue_name?: string | undefined;
}): Candidate | { readonly rejected: Problem } {
  if (catalogue === undefined) {
    if (plan === undefined || plan.plan === 'present') return { kind: 'present' };
    return { kind: 'plan', ...plan };
  }
  const read = readCatalogue(catalogue);
  if ('catalogue' in read) return { kind: 'catalogue', name, catalogue: read.catalogue, plan: plan?.plan ?? null };
  const [first] = read.findings;
  return {
    rejected: {
      code: 'invalid_request',
      message: `The catalogue cannot be read: ${first?.path ?? ''} ${first?.message ?? ''} ${first?.fix ?? ''}`,
      param: 'catalogue',
      details: read.findings,
    },
  };
}
