// What a simulation assumes, in words that stand with every figure it gives.

export type ShownCandidate =
  | { readonly kind: 'present' }
  | { readonly kind: 'plan'; readonly plan: string; readonly version: number | null }
  | { readonly kind: 'catalogue'; readonly name: string; readonly plan: string | null };

/** "plan team", "team@3", "the file spring.ts". */
export function candidateName(candidate: ShownCandidate): string {
  switch (candidate.kind) {
    case 'present':
      return 'the present plan of each customer';
    case 'plan':
      return candidate.version === null ? `plan ${candidate.plan}` : `plan ${candidate.plan}@${candidate.version}`;
    case 'catalogue':
      return candidate.plan === null ? candidate.name : `plan ${candidate.plan} of ${candidate.name}`;
  }
}

/** What was taken for granted. */
export function assumptionsOf(candidate: ShownCandidate): readonly string[] {
  const rates =
    candidate.kind === 'catalogue'
      ? 'The newest row of the burn table for each action holds for the whole span, whenever it is to take effect.'
      : 'Each use costs what the burn table said when it happened.';
  return [
    'Customers do the same things at the same time; a price that changes what they do is not in these figures.',
    rates,
    'The first billing period begins with the credits that stood on bought, given and rolled lots then, and with the new allowance.',
    'Packs, gifts and automatic top-ups come as they came, at the price that was paid.',
    'What was held and captured is known in credits: it costs as much more or less as its hold does.',
    'What was refused at the time was never recorded, and is in neither bill.',
    'Fees are paid when they were paid. A yearly fee counts by its share of each month.',
    'Before tax, without discounts, and without credit notes on invoices; credits that were taken back are taken back.',
  ];
}
