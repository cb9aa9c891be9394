import type { PageRoute } from './page-route.ts';
import { auditPages } from './pages/audit.ts';
import { casePages } from './pages/case.ts';
import { creditPages } from './pages/credit.ts';
import { customerPages } from './pages/customer.ts';
import { draftPages } from './pages/drafts.ts';
import { entryPages } from './pages/entry.ts';
import { goodwillPages } from './pages/goodwill.ts';
import { invoicePages } from './pages/invoice.ts';
import { messagePages } from './pages/messages.ts';
import { queuePages } from './pages/queues.ts';
import { searchPages } from './pages/search.ts';
import { undoUsePages } from './pages/undo-use.ts';

/** Every page that asks for a session. */
export const PAGES: readonly PageRoute[] = [
  ...searchPages,
  ...customerPages,
  ...entryPages,
  ...invoicePages,
  ...undoUsePages,
  ...creditPages,
  ...goodwillPages,
  ...casePages,
  ...queuePages,
  ...draftPages,
  ...messagePages,
  ...auditPages,
];
