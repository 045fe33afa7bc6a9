package document

// style is how a report looks on paper and on a screen. Lengths follow the direction of the
// language; paper is always white.
const style = `
html{color-scheme:light}body{margin:0 auto;max-width:178mm;padding:8mm 6mm;font:9.2pt/1.42 var(--font);color:#1b1f24;background:#fff;font-variant-numeric:tabular-nums}
html[lang=zh] body{font-family:system-ui,"Noto Sans CJK SC","Noto Sans SC",sans-serif}html[lang=ar] body{font-family:"Noto Sans Arabic","Noto Naskh Arabic",system-ui,sans-serif;line-height:1.6}
p{margin:0}.dim,.top,footer,small,caption,thead th{color:#4b5560}
.top{display:flex;justify-content:space-between;gap:6mm;font-size:8.2pt;border-top:1.2mm solid var(--accent);padding-top:1.5mm}
h1{font-size:17pt;line-height:1.16;margin:1.5mm 0 1mm;text-wrap:balance}h2{font-size:10.4pt;line-height:1.3;margin:2.6mm 0 .7mm;border-top:.4pt solid #1b1f24;padding-top:1mm;break-after:avoid}h2 small{font-size:8.4pt;font-weight:400}
.lead{display:grid;grid-template-columns:50mm 1fr;gap:7mm;margin:3mm 0}.lead p{margin-top:1mm}
.score{border-inline-start:2.2mm solid #7a7f84;padding-inline-start:4mm}.score b{font-size:34pt;line-height:1;display:block}.score.b1{border-color:#f9d630}.score.b2{border-color:#d67341}.score.b3{border-color:#b00824}
ul{margin:0;padding-inline-start:4mm}li{margin:.3mm 0}.ev{color:#4b5560;font-size:7pt}
table{border-collapse:collapse;width:100%}caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th{font-weight:400;text-align:start}thead th{font-weight:600;vertical-align:bottom}td,th{padding:.6mm 0;padding-inline-end:2mm;border-bottom:.3pt solid #d9dde1;vertical-align:top}tr{break-inside:avoid}.n{text-align:end;white-space:nowrap}thead .n{white-space:normal}td:last-child,th:last-child{padding-inline-end:0}
td.dim,th.dim{color:#4b5560}.sign{width:.8em;height:.8em;margin-inline-end:.35em;vertical-align:-.05em}
.two{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 8mm}figure{margin:0;break-inside:avoid}figure svg{width:100%}nav a{color:inherit}
.box{list-style:none;background:repeating-linear-gradient(135deg,#fff 0 4px,#eef0f2 4px 8px);padding:1.2mm 2mm;border:.3pt solid #d9dde1;box-decoration-break:clone;-webkit-box-decoration-break:clone}.box li{background:#fff;margin:.3mm 0;padding:0 1mm;break-inside:avoid}
footer{margin-top:4mm;font-size:7.6pt;border-top:.3pt solid #d9dde1;padding-top:1.2mm;overflow-wrap:anywhere}
@page{font:7.4pt system-ui,"Noto Sans","Noto Sans CJK SC","Noto Sans Arabic",sans-serif;color:#4b5560}
@media print{nav{display:none}body{max-width:none;padding:0;font-size:8.7pt;line-height:1.36;print-color-adjust:exact;-webkit-print-color-adjust:exact}.break{break-before:page}a{text-decoration:none}}
@media(max-width:150mm){.two,.lead{grid-template-columns:1fr}}
@media screen{:root{--panel:#fff;--ink:#1b1f24;--ink2:#4b5560;--line:#d9dde1;--line2:#eceef0;--yellow:#f9d630;--orange:#d67341;--red:#b00824;--unknown:#7a7f84;--ring:#1b1f24}}
@media print{:root{--ink:#1b1f24;--ink2:#4b5560;--line:#d9dde1;--line2:#eceef0}}
`
