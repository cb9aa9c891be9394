import type { PageRoute } from './page-route.ts';
import { customerPages } from './pages/customer.ts';
import { entryPages } from './pages/entry.ts';
import { invoicePages } from './pages/invoice.ts';
import { searchPages } from './pages/search.ts';

/** Every page that asks for a session. */
export const PAGES: readonly PageRoute[] = [...searchPages, ...customerPages, ...entryPages, ...invoicePages];
