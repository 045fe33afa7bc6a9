// Copies what the pages use from npm into internal/web/static/vendor, where the build
// embeds it. Without these files the pages still work, with the server's own map.
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '..', 'internal', 'web', 'static', 'vendor');
mkdirSync(target, { recursive: true });
for (const [from, to] of [
  ['maplibre-gl/dist/maplibre-gl.mjs', 'maplibre-gl.mjs'],
  ['maplibre-gl/dist/maplibre-gl-worker.mjs', 'maplibre-gl-worker.mjs'],
  ['maplibre-gl/dist/maplibre-gl.css', 'maplibre-gl.css'],
  ['maplibre-gl/LICENSE.txt', 'maplibre-gl.LICENSE.txt'],
  ['world-atlas/countries-110m.json', 'countries-110m.json'],
  ['world-atlas/countries-50m.json', 'countries-50m.json'],
  ['world-atlas/LICENSE', 'world-atlas.LICENSE.txt'],
]) {
  copyFileSync(join(here, 'node_modules', from), join(target, to));
  console.log('vendored', to);
}
