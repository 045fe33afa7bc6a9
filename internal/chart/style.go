package chart

// Variables are the colours of a drawing that stands alone. A page has them in its own
// stylesheet.
const Variables = `
:root{--panel:#fff;--ink:#1b1f24;--ink2:#4b5560;--line:#d9dde1;--line2:#eceef0;--yellow:#f9d630;--orange:#d67341;--red:#b00824;--unknown:#7a7f84;--ring:#1b1f24;--font:system-ui,"Noto Sans","Noto Sans CJK SC","Noto Sans Arabic",sans-serif}
@media(prefers-color-scheme:dark){:root{--panel:#1b2026;--ink:#e6e9ed;--ink2:#a9b2bc;--line:#323a43;--line2:#262d35;--yellow:#f9e03f;--orange:#e4804e;--red:#c4284c;--unknown:#9fa4a9;--ring:none}svg{background:var(--panel)}}
@media print{:root{--panel:#fff;--ink:#000;--ink2:#333;--line:#999;--line2:#ccc}}
`

// Style is how the marks look, in the variables of the page. The stylesheet of the pages
// holds the same lines.
const Style = `
.chart { display: block; max-width: 100%; height: auto; font: 11px var(--font); direction: ltr; font-variant-numeric: tabular-nums; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.chart text { fill: var(--ink); stroke: none; }
.chart path, .chart rect, .chart circle { fill: none; stroke: none; }
.chart .c-dim { fill: var(--ink2); }
.chart .c-small { fill: var(--ink2); font-size: 9.5px; }
.chart .c-bold { font-weight: 600; }
.chart .c-head { font-weight: 600; fill: var(--ink2); }
.chart .c-halo { paint-order: stroke; stroke: var(--panel); stroke-width: 3px; stroke-linejoin: round; }
.chart .c-grid { stroke: var(--line); stroke-width: .7; }
.chart .c-fine { stroke: var(--line2); stroke-width: .7; }
.chart .c-axis { stroke: var(--ink); stroke-width: .8; }
.chart .c-edge { stroke: var(--line); fill: var(--panel); }
.chart .c-box { stroke: var(--unknown); fill: var(--panel); }
.chart .c-event { stroke: var(--ink); stroke-width: 1.6; fill: var(--panel); }
.chart .c-link { stroke: var(--unknown); stroke-width: 1; }
.chart .c-bar { fill: var(--ink); }
.chart .c-soft { fill: var(--ink); fill-opacity: .12; }
.chart .c-back { fill: var(--panel); }
.chart .c-line { stroke: var(--ink); stroke-width: 1.8; stroke-linejoin: round; }
.chart .c-dash { stroke: var(--ink2); stroke-width: 1.4; stroke-dasharray: 5 3; }
.chart .c-dots { stroke: var(--ink2); stroke-width: 1.6; stroke-dasharray: 1.2 3; stroke-linecap: round; }
.chart .c-interval { stroke: var(--unknown); stroke-width: 1.6; }
.chart .c-dot { fill: var(--ink); }
.chart .c-ring { fill: var(--panel); stroke: var(--ink); stroke-width: 1.4; }
.chart .c-hatch { stroke: var(--unknown); stroke-width: .9; stroke-opacity: .7; }
.chart .c-gap { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 2; fill: var(--panel); }
.chart .c-t0 { fill: var(--line2); }
.chart .c-t1 { fill: var(--yellow); fill-opacity: .3; }
.chart .c-t2 { fill: var(--orange); fill-opacity: .38; }
.chart .c-t3 { fill: var(--red); fill-opacity: .34; }
.chart .c-b1 { fill: var(--yellow); stroke: var(--ring); stroke-width: 1; }
.chart .c-b2 { fill: var(--orange); }
.chart .c-b3 { fill: var(--red); }
`
