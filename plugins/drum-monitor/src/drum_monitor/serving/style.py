"""The style sheet of the page, light and dark."""

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--faint:#d0d7de;
--ref:#8c959f;--cur:#0969da;--bad:#cf222e;--good:#1a7f37}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--faint:#30363d;
--ref:#8b949e;--cur:#58a6ff;--bad:#ff7b72;--good:#3fb950}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0}
main{max-width:1100px;margin:auto;padding:1rem}
h1 span{font-size:1rem;padding:.15rem .6rem;border-radius:1rem;border:1px solid;vertical-align:middle}
a{color:var(--cur)}svg{width:100%;height:auto}svg text{fill:currentColor;font-size:11px}
.grid{stroke:var(--faint)}.limit{stroke:var(--bad);stroke-dasharray:5 4}
rect.ref{fill:var(--ref)}rect.cur{fill:var(--cur)}polyline{fill:none;stroke-width:2}
.s0{stroke:#0969da;fill:#0969da;background:#0969da}.s1{stroke:#bc4c00;fill:#bc4c00;background:#bc4c00}
.s2{stroke:#1a7f37;fill:#1a7f37;background:#1a7f37}.s3{stroke:#8250df;fill:#8250df;background:#8250df}
.s4{stroke:#bf3989;fill:#bf3989;background:#bf3989}.s5{stroke:#9a6700;fill:#9a6700;background:#9a6700}
.s6{stroke:#1b7c83;fill:#1b7c83;background:#1b7c83}.s7{stroke:#57606a;fill:#57606a;background:#57606a}
polyline[class]{fill:none}
.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.85rem}
.legend span{display:inline-block;width:.8rem;height:.8rem;margin-right:.3rem;vertical-align:-1px}
span.ref{background:var(--ref)}span.cur{background:var(--cur)}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:1rem}
figure{margin:0}figcaption{font-size:.9rem}.drift,.error{color:var(--bad)}.ok{color:var(--good)}tr.ok{color:inherit}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.2rem .6rem;border-bottom:1px solid var(--faint)}
"""
