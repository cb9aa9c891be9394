import { expect, test } from 'vitest';

import { query } from '../../src/storage/query.ts';
import { expectBooks, tellEach } from '../support/story.ts';

const stories = await tellEach({
  'the end of a summary is exclusive': { summaryEnd: 'exclusive' },
  'the end of a summary is inclusive': { summaryEnd: 'inclusive' },
});

test.for(stories)(
  'E1 Late usage: what arrives before the cut-off is April’s, what arrives after it is May’s (%s)',
  { timeout: 120_000 },
  async ([, story]) => {
    const early = await story.subscriber();
    const late = await story.subscriber();
    await story.until('2026-04-20T12:00:00Z');
    await early.use(12_500);
    await late.use(12_500);

    await story.until('2026-05-01T00:30:00Z');
    // Nothing of April is left, and May's credits do not pay for April.
    expect(await early.use(50, { at: '2026-04-30T23:55:00Z' })).toMatchObject({ status: 'applied', balance: '10000' });
    await story.until('2026-05-01T00:50:00Z');
    expect(await late.use(50, { at: '2026-04-30T23:55:00Z' })).toMatchObject({ status: 'applied', balance: '9950' });
    const [entry] = await query(
      story.billing.deps.db,
      `select to_char(belongs_to, 'YYYY-MM') as "belongsTo", effective_at as "effectiveAt" from journal_entries
     where lane between 0 and 63 and belongs_to is not null and kind = 'usage.burn'`,
      [],
    );
    expect(entry).toEqual({ belongsTo: '2026-04', effectiveAt: new Date('2026-05-01T00:50:00Z') });

    await story.until('2026-05-02T00:00:00Z');
    const same = { credits_applied: '100', deferred: '95.81', receivable: '0', open_grants: '100', variances: 0 };
    await expectBooks(story, early, { ...same, invoice: '124.5', lots: '10000', cash: '223.5' });
    await expectBooks(story, late, { ...same, invoice: '124', lots: '9950', cash: '223' });

    await story.until('2026-06-02T00:00:00Z');
    const june = { ...same, invoice: '99', lots: '10000', deferred: '95.7' };
    await expectBooks(story, early, { ...june, credits_applied: '0', cash: '322.5' });
    await expectBooks(story, late, { ...june, credits_applied: '0.5', cash: '322' });
  },
);
