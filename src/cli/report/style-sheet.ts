/**
 * Colours after Okabe and Ito (2008), "Color Universal Design": they stay apart in all common forms of
 * colour blindness. Lines differ in dashes as well. Sizes of text do not depend on the width of a plot.
 */
export const STYLE_SHEET = `
:root {
  --ground: #ffffff; --card: #f6f7f9; --edge: #dfe3e8; --ink: #17202a; --soft: #5b6775;
  --measured: #0072b2; --sent: #d55e00; --requested: #7a8490; --beyond: #f0cfb8; --grid: #e3e7ec;
  --good: #00705a; --bad: #b04a00;
  --p0: #eef3f8; --p1: #cfe0ef; --p2: #9fc3e0; --p3: #5f9fcb; --p4: #2878b0; --p5: #0b4f82;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11161c; --card: #1a2129; --edge: #2d3742; --ink: #e8edf2; --soft: #9aa7b5;
    --measured: #56b4e9; --sent: #f0a040; --requested: #8b97a5; --beyond: #5a3c22; --grid: #2a333d;
    --good: #35c9a3; --bad: #ff9d5c;
    --p0: #1e2833; --p1: #24405a; --p2: #2a5c85; --p3: #3a7fb3; --p4: #62a9dc; --p5: #a5d8ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { font-size: 26px; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 20px; margin: 2px 0 14px; line-height: 1.3; }
h3 { font-size: 15px; margin: 32px 0 10px; }
h4 { font-size: 13px; margin: 0 0 6px; font-weight: 600; }
small { font-weight: 400; font-size: 12px; color: var(--soft); white-space: nowrap; }
p { margin: 0 0 8px; }
.quiet { color: var(--soft); font-size: 13px; }
section { margin-top: 32px; }
.episode { border-top: 1px solid var(--edge); padding-top: 24px; }
.badge { display: inline-block; font-size: 13px; font-weight: 600; padding: 1px 10px; border-radius: 99px; border: 1px solid currentColor; white-space: nowrap; vertical-align: 2px; }
.badge.success { color: var(--good); } .badge.failure, .badge.stopped { color: var(--bad); } .badge.unknown { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 500; color: var(--soft); font-size: 12px; }
th, td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--edge); }
td:nth-child(n+4), th:nth-child(n+4) { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
a { color: var(--measured); }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 10px; margin: 0; }
.tiles div { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 10px 14px; }
.tiles dt { font-size: 12px; color: var(--soft); } .tiles dd { margin: 2px 0 0; font-size: 21px; font-weight: 600; letter-spacing: -0.01em; }
.film { display: grid; gap: 10px; }
.strip { display: grid; grid-template-columns: 60px 1fr; align-items: center; min-width: 0; }
.strip h4 { margin: 0; color: var(--soft); font-weight: 500; }
.frames { display: flex; gap: 3px; overflow-x: auto; min-width: 0; }
.frames figure { margin: 0; flex: 1 0 84px; max-width: 160px; }
.frames img { display: block; width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: 4px; image-rendering: pixelated; }
.frames figcaption { font-size: 11px; color: var(--soft); text-align: center; font-variant-numeric: tabular-nums; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); gap: 12px; }
.cards.wide { grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); }
.card { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 11px 14px 9px; min-width: 0; }
.card h4 { display: flex; justify-content: space-between; flex-wrap: wrap; gap: 0 10px; }
.plot { display: grid; grid-template-columns: 38px 1fr; }
.scale { display: flex; flex-direction: column; justify-content: space-between; align-items: flex-end; padding-right: 6px; margin: -7px 0; font-size: 11px; line-height: 14px; color: var(--soft); font-variant-numeric: tabular-nums; }
.drawing { position: relative; height: 104px; border-left: 1px solid var(--edge); border-bottom: 1px solid var(--edge); }
.drawing svg { display: block; width: 100%; height: 100%; overflow: visible; }
.times { grid-column: 2; display: flex; justify-content: space-between; font-size: 11px; color: var(--soft); margin-top: 3px; font-variant-numeric: tabular-nums; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.line.measured, .line.single { stroke: var(--measured); }
.line.sent { stroke: var(--sent); stroke-dasharray: 6 4; }
.line.requested { stroke: var(--requested); stroke-width: 1.3; stroke-dasharray: 1.5 2.5; }
.line.single { stroke-width: 1.3; }
.grid { stroke: var(--grid); vector-effect: non-scaling-stroke; }
.level { stroke: var(--soft); stroke-dasharray: 3 3; vector-effect: non-scaling-stroke; }
.level-name { position: absolute; right: 4px; transform: translateY(2px); font-size: 11px; line-height: 14px; color: var(--soft); }
rect.beyond { fill: var(--beyond); }
.legend { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 18px; font-size: 12px; color: var(--soft); }
.key::before { content: ""; display: inline-block; width: 24px; margin-right: 7px; vertical-align: 3px; border-top: 2px solid var(--measured); }
.key.sent::before { border-top: 2px dashed var(--sent); } .key.requested::before { border-top: 2px dotted var(--requested); }
.key.beyond::before { border: 0; height: 10px; width: 16px; background: var(--beyond); vertical-align: -1px; border-radius: 2px; }
.lanes { display: grid; grid-template-columns: minmax(90px, auto) 1fr; gap: 5px 12px; align-items: center; }
.lane-name { font-size: 13px; } .lane-name b { color: var(--soft); font-weight: 500; }
.lane { position: relative; height: 18px; background: var(--card); border: 1px solid var(--edge); border-radius: 4px; overflow: hidden; }
.lane i { position: absolute; top: 0; bottom: 0; background: var(--sent); }
.heat-lanes { row-gap: 2px; margin-bottom: 8px; } .heat { display: block; width: 100%; height: 18px; border-radius: 3px; shape-rendering: crispEdges; }
.ramp { display: inline-flex; margin: 0 -10px; } .ramp i { width: 18px; height: 10px; }
.p0 { fill: var(--p0); background: var(--p0); } .p1 { fill: var(--p1); background: var(--p1); } .p2 { fill: var(--p2); background: var(--p2); }
.p3 { fill: var(--p3); background: var(--p3); } .p4 { fill: var(--p4); background: var(--p4); } .p5 { fill: var(--p5); background: var(--p5); }
footer { margin-top: 40px; padding-top: 14px; border-top: 1px solid var(--edge); }
@media (max-width: 560px) { .tiles { grid-template-columns: 1fr 1fr; } main { padding: 18px 14px 32px; } h1 { font-size: 21px; } h2 { font-size: 17px; } .strip { grid-template-columns: 1fr; gap: 3px; } }
@media print { .card, .tiles div { break-inside: avoid; } }
`;
