/**
 * The style sheet of a page: quiet, typographic, light and dark; the text is the hero.
 *
 * @module
 */
import { colourOf, hex, levels, textOn, type Theme } from "../palette.ts";

/** The class of a level: `p7`, `n3`, `z`. */
export const levelClass = (level: number): string => level === 0 ? "z" : level > 0 ? `p${level}` : `n${-level}`;

const scores = (theme: Theme): string =>
  Array.from({ length: 2 * levels + 1 }, (_, i) => i - levels).filter((level) => level !== 0).map((level) => {
    const background = colourOf(level / levels, theme);
    return `.${levelClass(level)}{background:${hex(background)};color:${hex(textOn(background))}}`;
  }).join("\n");

const dark =
  `:root{--ink:#ececf0;--soft:#a9a9b2;--paper:#17171b;--card:#1f1f25;--line:#3a3a43;--accent:#c3aef0;--good:#9ecbff;--bad:#ffb37a}
${scores("dark")}`;

/** All of it. Colours of scores are classes, since a strict policy allows no style attributes. */
export const style =
  `:root{color-scheme:light dark;--ink:#1b1b1f;--soft:#5d5d66;--paper:#fff;--card:#f7f7f9;--line:#dcdce2;--accent:#54278f;--good:#0b4f8a;--bad:#8f3a00}
${scores("light")}
@media (prefers-color-scheme:dark){${dark}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,"Helvetica Neue",Arial,"Noto Sans","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;overflow-wrap:anywhere}
main,footer{max-width:58rem;margin:0 auto;padding:2.5rem 1.25rem 1rem}
h1{font-size:1.9rem;line-height:1.2;letter-spacing:-.015em;font-weight:650;margin:0 0 .4rem}
h2{font-size:1.25rem;font-weight:620;margin:3rem 0 .2rem;letter-spacing:-.01em}
h3{font-size:.95rem;font-weight:620;margin:1.8rem 0 .5rem}
p{margin:.35rem 0;max-width:42rem}
.soft,figcaption,footer{color:var(--soft);font-size:.875rem}
.answers{list-style:none;margin:1.2rem 0 0;padding:0;max-width:34rem}
.answers li{display:grid;grid-template-columns:minmax(6rem,auto) 5.5rem 1fr;gap:.9rem;align-items:center;padding:.15rem 0}
.answers .this{font-weight:620}
.answers b{font-weight:inherit;font-variant-numeric:tabular-nums;text-align:right}
.bar{display:block;width:100%;height:.6rem;border-radius:.3rem;background:var(--card)}
.bar rect{fill:var(--accent)}
.tokens{list-style:none;margin:1.1rem 0 .6rem;padding:0;display:flex;flex-wrap:wrap;gap:.55rem .3rem;font-size:1.35rem;line-height:1.2}
.tokens li{display:grid;justify-items:center;border-radius:.35rem;outline-offset:2px}
.tokens li.glued{margin-left:-.24rem}
.tokens .t{padding:.22rem .42rem;border-radius:.35rem;min-width:100%;text-align:center;white-space:pre-wrap}
.tokens .minus .t{text-decoration:underline;text-decoration-thickness:2px;text-underline-offset:.2em}
.tokens .v{font-size:.75rem;padding-top:.2rem;font-variant-numeric:tabular-nums;background:none;color:var(--ink)}
.tokens .special .t{border:1px dashed var(--soft);color:var(--soft);font-size:.85rem;padding:.45rem .4rem}
.tokens .special .v{color:var(--soft)}
.tokens .source{flex-basis:100%;font-size:.85rem;color:var(--soft);justify-items:start}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.legend{display:flex;align-items:center;gap:.5rem;font-size:.8rem;color:var(--soft)}
.legend span{display:flex;outline:1px solid var(--line)}
.legend i{width:.9rem;height:.8rem}
.scroll{overflow-x:auto;margin:.8rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:.28rem .7rem;text-align:left;vertical-align:top;overflow-wrap:normal}
thead th{border-bottom:1px solid var(--line);font-weight:600}
tbody th{font-weight:500}
td.num,th.num{text-align:right;white-space:nowrap}
td.num span{display:block;margin:-.28rem -.7rem;padding:.28rem .7rem}
.map{font-size:.78rem}
.map th,.map td{padding:.2rem .35rem;text-align:center;border:1px solid var(--paper);white-space:nowrap}
.map tbody th{text-align:right}
.map thead th{border:0;vertical-align:bottom}
.map.dense thead th{writing-mode:vertical-rl;transform:rotate(180deg);padding:.3rem .1rem;text-align:left}
.map.dense td{width:1.15rem;min-width:1.15rem;height:1.15rem;padding:0;font-size:0}
.map.dense td[class^=n]::before{content:"−";font-size:.7rem}
.pick{display:flex;gap:1rem;margin:.8rem 0;font-size:.9rem}
select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.35rem;padding:.2rem .4rem}
details{margin:.9rem 0}
summary{cursor:pointer;color:var(--accent);font-size:.92rem}
.ledger td:last-child{width:40%;min-width:9rem}
.ledger svg{display:block;width:100%;height:.8rem}
.ledger .plus{fill:#b35806}.ledger .less{fill:#6a51a3}.ledger .whole{fill:var(--soft)}
.checks{list-style:none;margin:0;padding:0}
.checks li{display:grid;grid-template-columns:1.3rem 1fr;padding:.2rem 0;max-width:44rem}
.passed{color:var(--good)}.failed{color:var(--bad);font-weight:620}
.notes{border-left:3px solid var(--line);padding:.1rem 0 .1rem 1rem;margin:2rem 0 0;max-width:42rem}
.picture{max-width:100%;height:auto;margin:.8rem 0}
footer{border-top:1px solid var(--line);margin-top:3rem;padding-top:1.2rem;padding-bottom:3rem}
footer dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.6rem 0}
footer dd{margin:0}
@media (max-width:30rem){.ledger th,.ledger td{padding-left:0}.ledger td:last-child{min-width:5rem}.answers li{grid-template-columns:1fr 5rem}.answers .bar{grid-column:1/-1}h1{font-size:1.5rem}}
@media print{details{display:block}.pick,summary{display:none}body{font-size:11pt}.v,.t,td,i{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
