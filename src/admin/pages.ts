import { adjustmentPages } from './finance/adjustments.ts';
import { closeActPages } from './finance/close-changes.ts';
import { closePages } from './finance/close.ts';
import { correctPages } from './finance/correct.ts';
import { correctionPages } from './finance/corrections.ts';
import { evidencePages } from './finance/evidence-files.ts';
import { exportPreviewPages } from './finance/export-preview.ts';
import { exportPages } from './finance/exports.ts';
import { ledgerPages } from './finance/ledger.ts';
import { overviewPages } from './finance/overview.ts';
import { reconciliationPages } from './finance/reconciliation.ts';
import { rollForwardPages } from './finance/roll-forward.ts';
import { varianceChangePages } from './finance/variance-changes.ts';
import { varianceDrawerPages } from './finance/variance.ts';
import { variancePages } from './finance/variances.ts';
import type { PageRoute } from './page-route.ts';
import { auditPages } from './pages/audit.ts';
import { billPages } from './pages/bills.ts';
import { casePages } from './pages/case.ts';
import { creditPages } from './pages/credit.ts';
import { customerPages } from './pages/customer.ts';
import { draftPages } from './pages/drafts.ts';
import { entryPages } from './pages/entry.ts';
import { goodwillPages } from './pages/goodwill.ts';
import { invoicePages } from './pages/invoice.ts';
import { launchPages } from './pages/launch.ts';
import { marginPages } from './pages/margin.ts';
import { messagePages } from './pages/messages.ts';
import { migrationForecastPages } from './pages/migration-forecast.ts';
import { migrationPages } from './pages/migrations.ts';
import { planPages } from './pages/plans.ts';
import { queuePages } from './pages/queues.ts';
import { reportPages } from './pages/reports.ts';
import { searchPages } from './pages/search.ts';
import { shadowPages } from './pages/shadow.ts';
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
  ...planPages,
  ...launchPages,
  ...migrationForecastPages,
  ...migrationPages,
  ...auditPages,
  ...overviewPages,
  ...reconciliationPages,
  ...variancePages,
  ...varianceDrawerPages,
  ...varianceChangePages,
  ...correctPages,
  ...correctionPages,
  ...evidencePages,
  ...ledgerPages,
  ...rollForwardPages,
  ...exportPreviewPages,
  ...exportPages,
  ...closePages,
  ...closeActPages,
  ...adjustmentPages,
  ...reportPages,
  ...marginPages,
  ...billPages,
  ...shadowPages,
];
