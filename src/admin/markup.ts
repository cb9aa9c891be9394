// Preact without JSX: Node runs .ts as it stands, but no .tsx. Each element is a typed function of its attributes and
// children; text is escaped when it is rendered, and there is no way around that.
import { type ComponentChildren, Fragment, h, type JSX, type VNode } from 'preact';

export type Markup = VNode | null;
export type Children = ComponentChildren;

/** What htmx and our own script read. */
type Enhancing = { readonly [Name in `hx-${string}` | `data-${string}`]?: string };
type Attributes<Tag extends keyof JSX.IntrinsicElements> = JSX.IntrinsicElements[Tag] & Enhancing;
type Element<Tag extends keyof JSX.IntrinsicElements> = (
  attributes: Attributes<Tag> | null,
  ...children: Children[]
) => VNode;

function element<Tag extends keyof JSX.IntrinsicElements>(tag: Tag): Element<Tag> {
  return (attributes, ...children) => h(tag, attributes as object, ...children);
}

/** Several things side by side without an element around them. */
export function group(...children: Children[]): VNode {
  return h(Fragment, null, ...children);
}

export const a = element('a');
export const body = element('body');
export const button = element('button');
export const caption = element('caption');
export const code = element('code');
export const data = element('data');
export const dd = element('dd');
export const details = element('details');
export const div = element('div');
export const dl = element('dl');
export const dt = element('dt');
export const fieldset = element('fieldset');
export const figcaption = element('figcaption');
export const figure = element('figure');
export const footer = element('footer');
export const form = element('form');
export const h1 = element('h1');
export const h2 = element('h2');
export const head = element('head');
export const header = element('header');
export const html = element('html');
export const img = element('img');
export const input = element('input');
export const label = element('label');
export const legend = element('legend');
export const li = element('li');
export const link = element('link');
export const main = element('main');
export const meta = element('meta');
export const nav = element('nav');
export const noscript = element('noscript');
export const ol = element('ol');
export const option = element('option');
export const p = element('p');
export const picture = element('picture');
export const pre = element('pre');
export const progress = element('progress');
export const rect = element('rect');
export const script = element('script');
export const section = element('section');
export const select = element('select');
export const small = element('small');
export const source = element('source');
export const span = element('span');
export const strong = element('strong');
export const summary = element('summary');
export const svg = element('svg');
export const table = element('table');
export const tbody = element('tbody');
export const td = element('td');
export const textarea = element('textarea');
export const th = element('th');
export const thead = element('thead');
export const time = element('time');
export const title = element('title');
export const tr = element('tr');
export const ul = element('ul');
