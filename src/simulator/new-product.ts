import { invalidRequest } from './errors.ts';
import { freshId } from './ids.ts';
import type { Product } from './wire.ts';
import { emit, type World } from './world.ts';

export interface ProductFacts {
  readonly id?: string | undefined;
  readonly name: string;
  readonly active?: boolean | undefined;
  readonly description?: string | null | undefined;
  readonly metadata?: Record<string, string>;
  readonly statement_descriptor?: string | null | undefined;
  readonly tax_code?: string | null | undefined;
  readonly type?: string | undefined;
  readonly unit_label?: string | null | undefined;
  readonly url?: string | null | undefined;
}

/** Stores a new product and says so. */
export function newProduct(world: World, facts: ProductFacts): Product {
  if (facts.id !== undefined && world.store.find('products', facts.id) !== undefined) {
    throw invalidRequest('Product already exists.', { code: 'resource_already_exists' });
  }
  const product: Product = {
    id: facts.id ?? freshId('prod', 14),
    object: 'product',
    active: facts.active ?? true,
    created: world.now(),
    default_price: null,
    description: facts.description ?? null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: facts.metadata ?? {},
    name: facts.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: facts.statement_descriptor ?? null,
    tax_code: facts.tax_code ?? null,
    tax_details: null,
    type: facts.type ?? 'service',
    unit_label: facts.unit_label ?? null,
    updated: world.now(),
    url: facts.url ?? null,
  };
  world.store.put('products', product);
  emit(world, 'product.created', product);
  return product;
}
