import { apiPage } from './api.ts';
import { cliPage } from './cli.ts';
import { errorsPage } from './errors.ts';
import { eventsPage } from './events.ts';
import { llmsText } from './llms.ts';
import { settingsPage } from './settings.ts';

/** Every file below docs/ that is made from the code, with what stands in it; llms.txt last, since it reads the others. */
export const REFERENCE: ReadonlyMap<string, () => string> = new Map([
  ['reference/settings.md', settingsPage],
  ['reference/errors.md', errorsPage],
  ['reference/events.md', eventsPage],
  ['reference/cli.md', cliPage],
  ['reference/api.md', apiPage],
  ['llms.txt', llmsText],
]);
