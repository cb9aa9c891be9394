import type { Case } from '../../domain/case-record.ts';
import { refuse, type Refused } from '../../domain/rejection.ts';
import { requestOfKey } from '../../storage/credit-note-requests.ts';
import { customerOfInvoice } from '../../storage/invoices.ts';
import type { Deps } from '../deps.ts';
import { mirrorInvoice } from '../mirror-invoice.ts';
import type { Acting } from '../operators/acting.ts';
import { stripeRefusal } from '../stripe-refusal.ts';
import { noteKey } from './execute-case.ts';
import { draftCase, type NewCase, storeDraft } from './open-case.ts';
import { previewCase } from './preview-case.ts';
import { submitCase } from './submit-case.ts';

/** Opens a case and submits it in one step. What cannot be done leaves nothing behind. */
export async function requestCase(
  deps: Deps,
  acting: Acting,
  { moneyHash, ...asked }: NewCase & { readonly moneyHash?: string },
): Promise<Case | Refused> {
  const drafted = await draftCase(deps, acting, asked);
  if ('rejected' in drafted) return drafted;
  if (drafted.isStored) return submitCase(deps, acting, { caseId: drafted.one.caseId });
  const previewed = await previewCase(deps, drafted.one);
  if ('rejected' in previewed) return previewed;
  const { money } = previewed.preview;
  if (moneyHash !== undefined && moneyHash !== money?.previewHash) {
    return refuse('preview_stale', 'what the preview showed has changed since; look at it again', {
      param: 'preview_hash',
      details: { preview_hash: money?.previewHash },
    });
  }
  const stored = await storeDraft(deps, acting, drafted);
  if ('rejected' in stored) return stored;
  // Another request with this key was faster.
  const own = stored.caseId === drafted.one.caseId;
  return submitCase(deps, acting, { caseId: stored.caseId, ...(own && { previewed }) });
}

/** A credit note asked for without a word about cases: it is one all the same. */
export async function requestCreditNote(
  deps: Deps,
  acting: Acting,
  asked: Omit<NewCase, 'customer'> & { readonly invoiceId: string; readonly moneyHash?: string },
): Promise<{ readonly one: Case; readonly requestId: string | null } | Refused> {
  const { invoiceId, ...more } = asked;
  const customer = await ownerOf(deps, invoiceId);
  if (customer === null) return refuse('unknown_invoice', `Stripe has no invoice ${invoiceId}`, { param: 'invoice' });
  if (typeof customer !== 'string') return customer;
  const evidence = { ...more.evidence, invoiceId };
  const one = await requestCase(deps, acting, { ...more, customer, evidence });
  if ('rejected' in one) return one;
  return { one, requestId: (await requestOfKey(deps.db, one, noteKey(one)))?.requestId ?? null };
}

async function ownerOf(deps: Deps, invoiceId: string): Promise<string | Refused | null> {
  const known = await customerOfInvoice(deps.db, invoiceId);
  if (known !== null) return known.customerId;
  try {
    return (await mirrorInvoice(deps, invoiceId))?.key.customerId ?? null;
  } catch (error) {
    return stripeRefusal(error);
  }
}
