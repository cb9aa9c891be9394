import { freshId } from './ids.ts';
import { ignored, required, unsupported, word } from './parameters.ts';
import { route } from './routes.ts';
import { need, nowOf } from './world.ts';

export const billingPortalRoutes = [
  route(
    'POST',
    '/v1/billing_portal/sessions',
    {
      customer: required(word()),
      configuration: ignored(),
      customer_account: word(),
      flow_data: unsupported(),
      locale: ignored(),
      on_behalf_of: unsupported(),
      return_url: word(),
    },
    ({ world, values }) => {
      need(world, 'customers', values.customer, 'customer', 'customer');
      const id = freshId('bps');
      return {
        id,
        object: 'billing_portal.session',
        configuration: 'bpc_simulator',
        created: nowOf(world, values.customer),
        customer: values.customer,
        customer_account: null,
        flow: null,
        livemode: false,
        locale: null,
        on_behalf_of: null,
        return_url: values.return_url ?? null,
        url: `https://billing.stripe.com/p/session/${id}`,
      };
    },
  ),
];
