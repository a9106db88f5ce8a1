/**
 * How the elements look. Colours and radius are custom properties of the page (`--asset-…`), every
 * piece of weight has a part; both colour schemes follow the page's `color-scheme`. Written tightly:
 * bundlers leave style sheets in strings as they are.
 */

const sheets = new Map();

/** Elements of one kind share one sheet; style policies (CSP) have nothing against these. */
export function sheet(css) {
  if (!sheets.has(css)) {
    const made = new CSSStyleSheet();
    made.replaceSync(css);
    sheets.set(css, made);
  }
  return sheets.get(css);
}

const common = `
:host{--surface:var(--asset-surface,light-dark(#fff,#171a22));--sunken:var(--asset-sunken,light-dark(#eceef4,#0b0d12));--line:var(--asset-line,light-dark(#e1e4ec,#2a2f3b));--line-strong:var(--asset-line-strong,light-dark(#868d9f,#667085));--text:var(--asset-text,light-dark(#171a23,#e9ebf1));--muted:var(--asset-muted,light-dark(#596174,#9aa3b5));--accent:var(--asset-accent,light-dark(#4f4bd8,#8f8dff));--on-accent:var(--asset-on-accent,light-dark(#fff,#12131c));--wash:var(--asset-wash,light-dark(#efeffe,#22233d));--danger:var(--asset-danger,light-dark(#b92b3a,#ff8a92));--good:var(--asset-good,light-dark(#11806a,#4fd0b5));--radius:var(--asset-radius,14px);--shadow:0 8px 24px light-dark(#1a1d2b24,#0008);display:block;position:relative;color:var(--text);line-height:1.5}
:host([hidden]),[hidden]{display:none!important}
*{box-sizing:border-box}
h2,p,ul,dl,dd{margin:0;padding:0}
h2{font-size:1.0625rem;font-weight:650}
ul{list-style:none}
svg{display:block;flex:none;width:20px;height:20px;fill:none;stroke:currentColor;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round}
.muted{color:var(--muted)}
.sr-only{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.button{display:inline-flex;align-items:center;justify-content:center;gap:8px;min-height:38px;padding:4px 16px;border:1px solid var(--line-strong);border-radius:calc(var(--radius) * .7);background:var(--surface);color:inherit;font:inherit;font-weight:550;text-decoration:none;cursor:pointer}
.button:hover{background:var(--sunken)}
.button.primary{border-color:transparent;background:var(--accent);color:var(--on-accent)}
.button.primary:hover{filter:brightness(1.1)}
.button.quiet{border-color:transparent;background:none;color:var(--muted)}
.button.quiet:hover{background:var(--sunken);color:var(--text)}
.button.danger{color:var(--danger)}
.button.small{min-height:32px;padding:2px 12px;font-size:.875rem}
.button.icon{flex:none;width:36px;min-height:36px;padding:0}
input,select{min-height:38px;min-width:0;padding:0 12px;border:1px solid var(--line-strong);border-radius:calc(var(--radius) * .7);background:var(--surface);color:inherit;font:inherit}
input::placeholder{color:var(--muted);opacity:1}
input[type=checkbox]{width:18px;height:18px;min-height:0;margin:0;accent-color:var(--accent)}
.fault{color:var(--danger)}
.line{display:flex;flex-wrap:wrap;align-items:center;gap:8px 14px}
.toast{position:fixed;inset:auto 0 max(16px,env(safe-area-inset-bottom));z-index:9;display:flex;align-items:center;gap:10px;width:fit-content;max-width:min(560px,calc(100vw - 32px));margin:0 auto;padding:6px 8px 6px 18px;border:1px solid var(--line);border-radius:var(--radius);background:var(--surface);color:var(--text);box-shadow:var(--shadow);font-weight:550}
.viewer .toast{inset:35% 0 auto}
.toast span{overflow-wrap:anywhere;min-width:0}
dialog{padding:0;border:1px solid var(--line);border-radius:calc(var(--radius) * 1.3);background:var(--surface);color:var(--text);box-shadow:var(--shadow);overscroll-behavior:contain}
dialog::backdrop{background:#0a0c12b3}
.ask{width:min(420px,calc(100vw - 24px))}
.ask form{display:grid;gap:12px;padding:24px}
.ask h2{overflow-wrap:anywhere}
.ask label{display:grid;gap:6px}
.ask .line{justify-content:end;margin-top:8px}
@media(forced-colors:active){.button,.card .thumb,.tile,.toast{border:1px solid ButtonBorder}.bar{border:1px solid CanvasText}.bar i{background:Highlight;forced-color-adjust:none}.card.selected .thumb{outline:3px solid Highlight}}
@media(pointer:coarse){.button,.button.small{min-height:44px}.button.icon{width:44px}}
@media(prefers-reduced-motion:no-preference){.bar i{transition:width .2s}}
`;

const uploader = `
.drop{display:flex;flex-wrap:wrap;align-items:center;gap:12px 20px;padding:24px;border:1.5px dashed var(--line-strong);border-radius:calc(var(--radius) * 1.4);background:var(--surface)}
.drop.over{border-color:var(--accent);background:var(--wash)}
.drop>svg{width:52px;height:52px;padding:13px;border-radius:var(--radius);background:var(--wash);color:var(--accent)}
.drop>div{flex:1 1 220px}
.drop .line{gap:8px;flex:0 1 auto}
.quota{flex-basis:100%;display:flex;flex-wrap:wrap;align-items:center;gap:4px 12px;font-size:.875rem}
.quota .bar{flex:0 1 160px;margin:0}
.head{margin:20px 0 10px}
.head p{margin-inline-end:auto;font-variant-numeric:tabular-nums}
.rows{border:1px solid var(--line);border-radius:var(--radius);background:var(--surface)}
.row{display:flex;align-items:center;gap:14px;padding:10px 14px;content-visibility:auto;contain-intrinsic-size:auto 62px}
.row+.row{border-top:1px solid var(--line)}
.tile{display:grid;place-items:center;flex:none;width:42px;height:42px;overflow:hidden;border-radius:calc(var(--radius) * .7);background:var(--wash);color:var(--accent)}
.tile img{width:100%;height:100%;object-fit:cover}
.body{flex:1;min-width:0}
.name{overflow:hidden;font-weight:550;text-overflow:ellipsis;white-space:nowrap}
.status{font-size:.875rem;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.words{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 14px}
.words .name{max-width:100%}
.bar{height:6px;margin-top:6px;overflow:hidden;border-radius:9px;background:var(--sunken)}
.bar i{display:block;height:100%;border-radius:9px;background:var(--accent)}
[data-state^=paus] .bar i{background:var(--line-strong)}
[data-state=failed] .status{color:var(--danger)}
[data-state=done] .tick{color:var(--good)}
.actions{display:flex;align-items:center}
`;

const gallery = `
.head{margin-bottom:14px}
.head input{flex:0 1 260px}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(var(--asset-card,190px),42vw),1fr));gap:20px 16px}
.card{position:relative;min-width:0;content-visibility:auto;contain-intrinsic-size:auto 180px;contain:layout style}
.open{display:grid;width:100%;padding:3px;border:0;border-radius:var(--radius);background:none;color:inherit;font:inherit;text-align:start;cursor:pointer}
.card :focus-visible{outline-offset:-2px}
.thumb{position:relative;display:grid;place-items:center;overflow:hidden;aspect-ratio:16 / 10;margin-bottom:8px;border-radius:var(--radius);background:var(--wash);color:var(--accent);box-shadow:inset 0 0 0 1px var(--line)}
.thumb svg{width:30px;height:30px}
.thumb :is(img,video){position:absolute;inset:0;width:100%;height:100%;object-fit:cover;pointer-events:none}
.thumb .sign svg{width:18px;height:18px;fill:#fff}
.thumb .sign{position:absolute;inset:auto 8px 8px auto;z-index:1;width:28px;height:28px;padding:5px;border-radius:50%;background:#0d0f16b8;color:#fff}
.name,.facts{overflow:hidden;padding-inline:2px;text-overflow:ellipsis;white-space:nowrap}
.name{font-weight:550}
.facts{color:var(--muted);font-size:.8125rem}
.pick{position:absolute;top:3px;left:3px;display:grid;place-items:center;width:40px;height:40px;opacity:0;cursor:pointer}
.card:hover .pick,.pick:focus-within,.selecting .pick{opacity:1}
@media(hover:none){.pick{opacity:1}}
.card.selected .thumb{box-shadow:0 0 0 3px var(--accent)}
.selection{position:sticky;top:var(--asset-sticky-top,8px);z-index:2;width:fit-content;max-width:100%;margin-bottom:14px;padding:6px 8px 6px 16px;border:1px solid var(--line);border-radius:var(--radius);background:var(--surface);box-shadow:var(--shadow);font-weight:550}
.empty{display:grid;justify-items:center;gap:4px;padding:48px 16px;text-align:center}
.empty svg{width:38px;height:38px;margin-bottom:8px;color:var(--muted)}
.foot{justify-content:center;margin-top:18px;min-height:1px}
.viewer{width:min(960px,calc(100vw - 24px));max-width:none;max-height:calc(100dvh - 24px)}
.viewer .head{display:flex;align-items:center;gap:12px;margin:0;padding:10px 10px 10px 20px}
.viewer h2{flex:1;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.below{align-items:end;padding:16px 20px 18px}
dl{flex:1 1 260px;min-width:0;display:grid;grid-template-columns:auto 1fr;gap:0 14px;font-size:.875rem}
dl div{display:contents}
dt{color:var(--muted)}
dd{min-width:0;overflow-wrap:anywhere}
`;

const player = `
.stage{display:grid;place-items:center;min-height:180px;background:var(--asset-stage,light-dark(#12141b,#08090d));color:#d5d9e3}
.stage>:is(img,video){display:block;max-width:100%;max-height:var(--asset-stage-height,64dvh)}
.stage>video{width:100%}
.stage p{padding:24px;text-align:center}
.stage a{color:inherit}
.listen{display:grid;justify-items:center;gap:22px;width:min(520px,100%);padding:40px 20px}
.listen svg{width:56px;height:56px;color:#53d1bd}
.listen img{max-width:60%;max-height:220px;border-radius:var(--radius)}
.listen audio{width:100%}
`;

/** By element. Together, because what is alike compresses better side by side. */
export const styles = { common, uploader, gallery, player };
