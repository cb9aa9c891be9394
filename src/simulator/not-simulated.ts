// Parameters that Stripe's API has and the simulator does not carry out: whoever sends one is told so, and not that it is
// misspelt. By method and path, ids as `{}`; a dot stands for what is inside. A test compares them with the SDK's types.
import { invalidParameter, StripeRefusal } from './errors.ts';

const NOT_SIMULATED: Readonly<Record<string, string>> = {
  'POST /v1/billing_portal/sessions': 'after_expiration',
  'POST /v1/charges/{}': 'customer fraud_details receipt_email shipping transfer_group',
  'POST /v1/checkout/sessions':
    'adaptive_pricing after_expiration branding_settings consent_collection custom_fields custom_text customer_account excluded_payment_method_types integration_identifier invoice_creation.invoice_data.account_tax_ids invoice_creation.invoice_data.custom_fields invoice_creation.invoice_data.footer invoice_creation.invoice_data.issuer invoice_creation.invoice_data.rendering_options line_items.metadata line_items.price_data line_items.tax_rates managed_payments name_collection optional_items origin_context payment_intent_data.application_fee_amount payment_intent_data.capture_method payment_intent_data.on_behalf_of payment_intent_data.receipt_email payment_intent_data.shipping payment_intent_data.statement_descriptor payment_intent_data.statement_descriptor_suffix payment_intent_data.transfer_data payment_intent_data.transfer_group payment_method_configuration payment_method_data payment_method_options permissions phone_number_collection redirect_on_completion setup_intent_data shipping_address_collection shipping_options submit_type subscription_data.application_fee_percent subscription_data.billing_cycle_anchor subscription_data.billing_cycle_anchor_config subscription_data.billing_mode subscription_data.default_tax_rates subscription_data.description subscription_data.invoice_settings subscription_data.on_behalf_of subscription_data.pending_invoice_item_interval subscription_data.proration_behavior subscription_data.transfer_data subscription_data.trial_end subscription_data.trial_settings tax_id_collection wallet_options',
  'GET /v1/checkout/sessions': 'customer_account',
  'POST /v1/customers': 'cash_balance validate',
  'POST /v1/customers/{}': 'cash_balance validate',
  'POST /v1/disputes/{}': 'intended_submission_method',
  'POST /v1/invoices/create_preview': 'issuer on_behalf_of schedule_details',
  'POST /v1/payment_intents':
    'amount_details application_fee_amount capture_method confirmation_method confirmation_token customer_account error_on_requires_action excluded_payment_method_types hooks mandate mandate_data on_behalf_of payment_details payment_method_configuration payment_method_data payment_method_options radar_options shipping statement_descriptor_suffix transfer_data transfer_group use_stripe_sdk',
  'GET /v1/payment_intents': 'customer_account',
  'GET /v1/payment_intents/{}': 'client_secret',
  'POST /v1/payment_intents/{}':
    'allowed_payment_method_types amount amount_details application_fee_amount capture_method currency customer customer_account excluded_payment_method_types hooks payment_details payment_method payment_method_configuration payment_method_data payment_method_options receipt_email setup_future_usage shipping statement_descriptor statement_descriptor_suffix transfer_data transfer_group',
  'POST /v1/payment_intents/{}/confirm':
    'allowed_payment_method_types amount_details amount_to_confirm capture_method confirmation_token error_on_requires_action excluded_payment_method_types hooks mandate mandate_data payment_details payment_method_data payment_method_options radar_options receipt_email setup_future_usage shipping use_stripe_sdk',
  'POST /v1/payment_methods':
    'acss_debit affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit bancontact billie bizum blik boleto card.networks cashapp crypto custom customer customer_balance eps fpx giropay grabpay ideal interac_present kakao_pay klarna konbini kr_card link mb_way mobilepay multibanco naver_pay nz_bank_account oxxo p24 pay_by_bank payco payment_method paynow paypal paypay payto pix promptpay radar_options revolut_pay samsung_pay satispay scalapay sepa_debit sequra sofort sunbit swish twint upi us_bank_account wechat_pay zip',
  'GET /v1/payment_methods': 'allow_redisplay customer_account',
  'POST /v1/payment_methods/{}': 'us_bank_account',
  'POST /v1/payment_methods/{}/attach': 'customer_account',
  'POST /v1/refunds': 'origin refund_application_fee reverse_transfer',
  'POST /v1/subscription_schedules':
    'phases.application_fee_percent phases.automatic_tax phases.billing_cycle_anchor phases.billing_thresholds phases.default_tax_rates phases.invoice_settings phases.items.billing_thresholds phases.items.discounts phases.items.price_data phases.items.tax_rates phases.on_behalf_of phases.transfer_data',
  'GET /v1/subscription_schedules': 'canceled_at completed_at customer_account released_at scheduled',
  'POST /v1/subscription_schedules/{}':
    'phases.application_fee_percent phases.automatic_tax phases.billing_cycle_anchor phases.billing_thresholds phases.default_tax_rates phases.invoice_settings phases.items.billing_thresholds phases.items.discounts phases.items.price_data phases.items.tax_rates phases.on_behalf_of phases.transfer_data',
  'POST /v1/subscription_items/{}': 'off_session',
  'DELETE /v1/subscription_items/{}': 'payment_behavior',
  'POST /v1/subscriptions':
    'add_invoice_items.discountable add_invoice_items.discounts add_invoice_items.period add_invoice_items.price_data add_invoice_items.tax_rates',
  'POST /v2/core/event_destinations': 'amazon_eventbridge azure_event_grid',
};

/** Of one call, by path. */
export function notSimulated(call: string): ReadonlySet<string> {
  return new Set(NOT_SIMULATED[call]?.split(' ') ?? []);
}

/** The refusal of an unknown parameter, in words that fit one that is only not simulated. */
export function plainly(error: unknown, absent: ReadonlySet<string>): unknown {
  if (!(error instanceof StripeRefusal) || error.details.code !== 'parameter_unknown') return error;
  const { param = '' } = error.details;
  const path = param.replaceAll(/\[\d+\]/g, '').replaceAll(/\[([^\]]+)\]/g, '.$1');
  if (!absent.has(path)) return error;
  return invalidParameter(`The simulator does not support ${param}.`, 'simulator_unsupported', param);
}

// Resources that Stripe's API has and the simulator has not; what stands below one is not simulated, either.
const RESOURCES_NOT_SIMULATED = {
  v1: 'account_links account_sessions apple_pay application_fees apps balance balance_settings climate confirmation_tokens country_specs customer_sessions ephemeral_keys exchange_rates file_links files financial_connections forwarding identity invoice_rendering_templates issuing mandates payment_attempt_records payment_links payment_method_configurations payment_method_domains payment_records payouts plans product_catalog promotion_codes quotes radar reporting reviews setup_attempts setup_intents shipping_rates sigma sources tax tax_codes tax_ids terminal three_d_secure tokens topups transfers treasury accounts billing/feedback_options billing_portal/configurations charges charges/{}/capture checkout/sessions/{} customers/{}/cash_balance customers/{}/cash_balance_transactions customers/{}/discount customers/{}/funding_instructions customers/{}/payment_methods customers/{}/sources customers/{}/tax_ids entitlements/active_entitlements invoices/{}/add_lines invoices/{}/lines/{} invoices/{}/remove_lines invoices/{}/update_lines payment_intents/{}/amount_details_line_items payment_intents/{}/apply_customer_balance payment_intents/{}/capture payment_intents/{}/increment_authorization payment_intents/{}/verify_microdeposits subscriptions/{}/migrate test_helpers/confirmation_tokens test_helpers/customers test_helpers/issuing test_helpers/refunds test_helpers/terminal test_helpers/treasury',
  v2: 'commerce core/account_links core/account_tokens core/accounts core/vault money_management test_helpers',
};

const PATTERNS = Object.entries(RESOURCES_NOT_SIMULATED).flatMap(([version, paths]) =>
  paths.split(' ').map((path) => new RegExp(`^/${version}/${path.replaceAll('{}', '[^/]+')}(?=/|$)`)),
);

/** The resource of a path that no route answers, if Stripe has it. */
export function resourceNotSimulated(path: string): string | undefined {
  const pattern = PATTERNS.find((one) => one.test(path));
  return pattern?.exec(path)?.[0];
}
