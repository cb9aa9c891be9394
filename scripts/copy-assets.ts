// What the compiler leaves behind and the package needs beside its code; part of `npm run build`.
import { cpSync } from 'node:fs';
import { join } from 'node:path';

const SWAGGER_UI = 'node_modules/swagger-ui-dist';
const ASSETS: readonly (readonly [from: string, to: string])[] = [
  ['migrations', 'migrations'],
  ['credits.config.ts', 'credits.config.ts'],
  ['src/admin/assets', 'src/admin/assets'],
  ['templates', 'templates'],
  ...['LICENSE', 'NOTICE', 'swagger-ui.css', 'swagger-ui-bundle.js'].map(
    (name) => [join(SWAGGER_UI, name), join('src/http/swagger-ui', name)] as const,
  ),
];

for (const [from, to] of ASSETS) cpSync(from, join('dist', to), { recursive: true });
