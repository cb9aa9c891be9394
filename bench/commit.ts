// What one durable commit costs: a row of one number, one connection, nothing else under way.
import { median, rounded } from './rounds.ts';
import { asOwner, type Stage } from './stage.ts';

export async function measureCommit({ ownerUrl, sizes }: Stage): Promise<number> {
  return asOwner(ownerUrl, async (client) => {
    await client.query('create table bare_commits (n bigint)');
    const commits: number[] = [];
    const until = performance.now() + sizes.sliceMs;
    while (performance.now() < until) {
      const started = performance.now();
      await client.query({ name: 'commit', text: 'insert into bare_commits values ($1)', values: [commits.length] });
      commits.push(performance.now() - started);
    }
    return rounded(median(commits));
  });
}
