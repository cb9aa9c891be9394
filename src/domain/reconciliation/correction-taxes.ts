// Whether the items that correct the usage of a final invoice were taxed as the usage is: what is owed is compared without tax.
import { dividedHalfUp } from '../amount.ts';
import { namesOther } from '../invoice.ts';
import { itemsTaxedOtherwise } from '../line-tax.ts';
import { amountDiffers, type Comparison, factDiffers } from '../reconciliation.ts';
import type { InvoiceLineThere, InvoiceThere } from '../statement.ts';
import type { BilledPeriod } from './applied-credits.ts';

/** The tax of each correction against its share of the usage's; in words where the usage was taxed on nothing. */
export function compareCorrectionTaxes(period: BilledPeriod, invoice: InvoiceThere): Comparison {
  const { meteredPriceId, billingPeriodId, acceptedBecause } = period;
  const usage = invoice.lines.find(({ priceId, isCorrection }) => priceId === meteredPriceId && !isCorrection);
  const items = invoice.lines.filter(({ isCorrection, key }) => isCorrection && !namesOther(key, billingPeriodId));
  if (usage === undefined) return { compared: items.length, differences: [] };
  const wrong = itemsTaxedOtherwise(taxed(usage), items.map(taxed), invoice);
  return {
    compared: items.length,
    differences: wrong.map(({ item, itemTaxes, usageTaxes }) => {
      const object = `${invoice.invoiceId} ${item.lineId}`;
      const base = net(usage);
      if (base <= 0n) {
        const taxes = { ours: usageTaxes, theirs: itemTaxes };
        return factDiffers('correction_taxed_otherwise', object, taxes, acceptedBecause);
      }
      const ours = dividedHalfUp(net(item) * usage.taxMinor, base);
      const amounts = { ours, theirs: item.taxMinor, unit: invoice.currency };
      return amountDiffers('correction_taxed_otherwise', object, amounts, acceptedBecause);
    }),
  };
}

function taxed(line: InvoiceLineThere) {
  return { ...line, netMinor: net(line) };
}

function net({ amountMinor, discountsMinor, creditsAppliedMinor }: InvoiceLineThere): bigint {
  return amountMinor - discountsMinor - creditsAppliedMinor;
}
