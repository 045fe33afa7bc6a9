// The movable map. It draws what the server's own drawing shows, from /map.json; when it
// cannot start (no WebGL, an old device), the drawing stays.
const box = document.getElementById('map');

if (box?.dataset.library && webgl()) start().catch(() => box.classList.remove('moving'));

function webgl() {
  try {
    return Boolean(document.createElement('canvas').getContext('webgl2'));
  } catch {
    return false;
  }
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

async function start() {
  const [{ Map: MapView, NavigationControl, ScaleControl, setWorkerUrl }, things, outline] = await Promise.all([
    import(box.dataset.library),
    json('/map.json'),
    json('/outline.json'),
  ]);
  setWorkerUrl(box.dataset.worker);
  box.classList.add('moving');
  const view = new MapView({
    container: box,
    style: style(things, outline),
    center: [20, 15],
    zoom: 1,
    attributionControl: false,
    dragRotate: false,
  });
  view.getCanvas().setAttribute('aria-label', box.dataset.liveLabel);
  view.addControl(new NavigationControl({ showCompass: false }));
  view.addControl(new ScaleControl({}));
  view.on('click', 'assets', (e) => {
    const href = e.features?.[0]?.properties.href;
    if (href) location.href = href;
  });
}

async function json(address) {
  const answer = await fetch(address, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

const byLevel = (red, orange, yellow, other) => ['match', ['get', 'level'], 'red', red, 'orange', orange, 'yellow', yellow, other];

function style(things, outline) {
  const ink = colour('--ink');
  return {
    version: 8,
    sources: { things: { type: 'geojson', data: things }, outline: { type: 'geojson', data: outline } },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': colour('--ground') } },
      { id: 'outline', type: 'line', source: 'outline', paint: { 'line-color': colour('--land'), 'line-width': 0.8 } },
      { id: 'areas', type: 'fill', source: 'things', filter: ['all', ['==', ['geometry-type'], 'Polygon'], ['!=', ['get', 'what'], 'asset']], paint: { 'fill-color': colour('--unknown'), 'fill-opacity': 0.18 } },
      { id: 'routes', type: 'line', source: 'things', filter: ['all', ['==', ['get', 'what'], 'asset'], ['==', ['geometry-type'], 'LineString']], paint: { 'line-color': ink, 'line-width': 2 } },
      { id: 'centres', type: 'circle', source: 'things', filter: ['==', ['get', 'what'], 'centre'], paint: { 'circle-radius': 5, 'circle-color': 'transparent', 'circle-stroke-color': ink, 'circle-stroke-width': 1.2 } },
      {
        id: 'assets', type: 'circle', source: 'things', filter: ['all', ['==', ['get', 'what'], 'asset'], ['==', ['geometry-type'], 'Point']],
        layout: { 'circle-sort-key': ['get', 'rank'] },
        paint: {
          'circle-radius': byLevel(8, 7, 6, 3.5),
          'circle-color': byLevel(colour('--red'), colour('--orange'), colour('--yellow'), ink),
          'circle-stroke-color': ink, 'circle-stroke-width': byLevel(1.5, 1.5, 1.5, 0),
        },
      },
    ],
  };
}
