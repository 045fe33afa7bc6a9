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
  const [{ Map: MapView, NavigationControl, Popup, ScaleControl, setWorkerUrl }, things, outline] = await Promise.all([
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
  await view.once('load');
  for (const [name, draw] of Object.entries(SHAPES)) view.addImage(name, icon(draw, colour(`--${name}`)), { pixelRatio: 2 });
  view.addLayer(marks());
  const popup = new Popup({ closeButton: false, closeOnClick: false });
  view.on('mousemove', 'assets', (e) => {
    view.getCanvas().style.cursor = e.features[0].properties.href ? 'pointer' : '';
    popup.setLngLat(e.lngLat).setText(`${e.features[0].properties.project} · ${e.features[0].properties.name}`).addTo(view);
  });
  view.on('mouseleave', 'assets', () => popup.remove());
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

// The same shapes as everywhere: octagon, triangle, diamond, and a small square for quiet.
const SHAPES = {
  red: [[5, 1], [11, 1], [15, 5], [15, 11], [11, 15], [5, 15], [1, 11], [1, 5]],
  orange: [[8, 1], [15.5, 14.5], [0.5, 14.5]],
  yellow: [[8, 1.2], [14.8, 8], [8, 14.8], [1.2, 8]],
  ink: [[4.5, 4.5], [11.5, 4.5], [11.5, 11.5], [4.5, 11.5]],
};

/** One mark as an image of 32 × 32 pixels, ringed with ink so that it stands on any ground. */
function icon(points, fill) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 36;
  const pen = canvas.getContext('2d');
  pen.translate(2, 2);
  pen.scale(2, 2);
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.closePath();
  pen.fillStyle = fill;
  pen.fill();
  pen.strokeStyle = colour('--ink');
  pen.lineWidth = 1;
  pen.stroke();
  return pen.getImageData(0, 0, 36, 36);
}

function marks() {
  return {
    id: 'assets', type: 'symbol', source: 'things', filter: ['all', ['==', ['get', 'what'], 'asset'], ['==', ['geometry-type'], 'Point']],
    layout: {
      'icon-image': ['match', ['get', 'level'], 'red', 'red', 'orange', 'orange', 'yellow', 'yellow', 'ink'],
      'icon-allow-overlap': true, 'icon-ignore-placement': true, 'symbol-sort-key': ['get', 'rank'],
    },
  };
}

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
    ],
  };
}
