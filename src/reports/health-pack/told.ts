import type { Section } from '../../domain/health-pack/section.ts';
import type { Block } from '../document.ts';

/** What a section says, or that it has too little to say, with how much it has and needs. */
export function blocksOf<Data>(section: Section<Data>, told: (data: Data) => readonly Block[]): readonly Block[] {
  if (section.kind === 'data') return told(section.data);
  const because = /[.!]$/.test(section.because) ? section.because : `${section.because}.`;
  return [{ kind: 'not enough data', because: `${because} There are ${section.have}, it takes ${section.need}.` }];
}
