/// The look of every page: one column on a phone, light or dark as the reader's system is.
///
/// The first two colours, blue and vermilion, are told apart by everybody; so are all eight by most, and no
/// curve is named by its colour alone.
let styleSheet = """
    :root {
      --paper: #fdfdfb; --ink: #1b1d21; --soft: #5c636d; --hair: #e3e4e1; --wash: #f4f4f0;
      --c1: #0069a8; --c2: #c24a00; --c3: #007a5a; --c4: #8e4585;
      --c5: #2a8bbd; --c6: #946800; --c7: #555b66; --c8: #5f4bb6;
      --good: #00704f; --bad: #b3261e; --warn: #8a5a00;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #14161a; --ink: #e9eaec; --soft: #a3abb6; --hair: #2c3037; --wash: #1c1f25;
        --c1: #62b4ee; --c2: #f5905a; --c3: #45c79d; --c4: #dd97d3;
        --c5: #93d3f5; --c6: #e5b954; --c7: #b4bac4; --c8: #b3a5f5;
        --good: #53cfa2; --bad: #ff8a80; --warn: #e5b954;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
    body {
      margin: 0 auto; padding: 40px 32px 56px; max-width: 1120px;
      background: var(--paper); color: var(--ink);
      font: 16px/1.5 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue",
        "Noto Sans", "DejaVu Sans", Arial, sans-serif;
      font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
    }
    h1, h2, h3, p, dl, dd, figure, ul, pre { margin: 0; }
    code, pre {
      font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace;
      font-size: 0.88em;
    }
    header { border-bottom: 1px solid var(--hair); padding-bottom: 32px; }
    .kicker { display: flex; gap: 12px; align-items: center; color: var(--soft); font-size: 14px; }
    .badge {
      border: 1px solid currentColor; border-radius: 99px; padding: 1px 10px; font-size: 13px;
      font-weight: 600; white-space: nowrap;
    }
    .badge.completed { color: var(--good); } .badge.running { color: var(--c1); }
    .badge.failed, .badge.diverged { color: var(--bad); }
    .badge.stopped { color: var(--warn); } .badge.unknown { color: var(--soft); }
    h1 {
      font-size: clamp(26px, 4.4vw, 40px); line-height: 1.15; letter-spacing: -0.02em;
      font-weight: 680; margin: 10px 0 8px;
    }
    h1 .number { color: var(--soft); font-weight: 380; margin-left: 0.35em; }
    h2 { font-size: 22px; letter-spacing: -0.01em; font-weight: 650; margin-bottom: 14px; }
    h3 { font-size: 16px; font-weight: 650; margin: 28px 0 8px; }
    .lead { color: var(--soft); font-size: 18px; } .lead b { color: var(--ink); font-weight: 600; }
    .reason { margin-top: 14px; color: var(--bad); }
    .tiles {
      display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 20px 28px;
      margin-top: 30px;
    }
    .tiles dt { color: var(--soft); font-size: 14px; }
    .tiles dd { font-size: 27px; font-weight: 620; line-height: 1.25; letter-spacing: -0.01em; }
    .tiles small {
      display: block; font-size: 13px; font-weight: 400; letter-spacing: 0; color: var(--soft);
    }
    .problems { margin-top: 26px; padding: 12px 16px; background: var(--wash); font-size: 14px; }
    .problems ul { padding-left: 20px; }
    section { padding-top: 44px; }
    .aside { color: var(--soft); font-size: 14px; margin-bottom: 12px; max-width: 68ch; }
    .charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 24px 40px; }
    figcaption, .caption { font-weight: 620; font-size: 15px; }
    .caption { margin-bottom: 8px; }
    .beside { display: grid; grid-template-columns: minmax(0, max-content) minmax(280px, 1fr); gap: 8px 56px; }
    .beside .aside, .beside .key { width: 0; min-width: 100%; }
    .beside > div:last-child h3 { margin-top: 0; }
    .plot svg, .panel svg { display: block; overflow: visible; }
    .plot .curves, .panel .curves { overflow: hidden; }
    .chart text, .panel text { font-size: 12px; fill: var(--soft); }
    .chart .end { font-size: 13px; font-weight: 600; }
    .chart .note { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
    .chart .cross { font-size: 16px; font-weight: 700; }
    .grid, .axis { stroke: var(--hair); stroke-width: 1; }
    .axis { stroke: var(--soft); stroke-opacity: 0.55; }
    .curves path, .curves use { fill: none; vector-effect: non-scaling-stroke; }
    .store path { fill: none; vector-effect: non-scaling-stroke; }
    .line { stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    .faint { stroke-width: 1; stroke-opacity: 0.34; stroke-linejoin: round; }
    .dashed { stroke-dasharray: 7 4; }
    .dot { stroke: transparent; stroke-width: 12px; }
    .dot:hover { stroke: currentColor; stroke-opacity: 0.25; }
    .ring { fill: none; stroke-width: 1.5; }
    .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); } .s3 { stroke: var(--c3); }
    .s4 { stroke: var(--c4); } .s5 { stroke: var(--c5); } .s6 { stroke: var(--c6); }
    .s7 { stroke: var(--c7); } .s8 { stroke: var(--c8); }
    .f1, .chart .t1 { fill: var(--c1); } .f2, .chart .t2 { fill: var(--c2); }
    .f3, .chart .t3 { fill: var(--c3); } .f4, .chart .t4 { fill: var(--c4); }
    .f5, .chart .t5 { fill: var(--c5); } .f6, .chart .t6 { fill: var(--c6); }
    .f7, .chart .t7 { fill: var(--c7); } .f8, .chart .t8 { fill: var(--c8); }
    .store { position: absolute; }
    .panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 26px 30px; }
    .panel { padding: 0 4px 20px 34px; }
    .panel figcaption {
      display: flex; justify-content: space-between; gap: 8px; font-size: 14px; margin: 0 0 8px -28px;
    }
    .panel figcaption span { font-weight: 500; } .panel figcaption b { color: var(--c1); white-space: nowrap; }
    .panel .own { stroke: var(--c1); stroke-width: 2; }
    .panel .others { stroke: var(--soft); stroke-width: 1; stroke-opacity: 0.3; }
    .scroll { overflow-x: auto; max-width: 100%; }
    .map { display: block; font-size: 13px; }
    .map .name { fill: var(--ink); font-size: 12px; }
    .map .ground { fill: var(--wash); } .map .touch { fill: transparent; }
    .map .touch:hover { stroke: var(--ink); stroke-width: 1; }
    .map .right { fill: var(--c1); } .map .wrong { fill: var(--c2); }
    .map .count { fill: var(--ink); pointer-events: none; }
    .map .strong { fill: var(--paper); font-weight: 600; }
    .key { margin-top: 10px; color: var(--soft); font-size: 13px; }
    .key > span { display: block; }
    .swatches { display: inline-flex; vertical-align: -2px; margin-right: 6px; }
    .swatches i { width: 14px; height: 14px; } .swatches .right { background: var(--c1); }
    .swatches .wrong { background: var(--c2); }
    table { border-collapse: collapse; font-size: 14px; }
    th { font-weight: 500; color: var(--soft); text-align: left; }
    th, td { padding: 5px 18px 5px 0; border-bottom: 1px solid var(--hair); vertical-align: baseline; }
    .number { text-align: right; white-space: nowrap; }
    h1 .number { white-space: normal; }
    table.mistakes, table.memory { width: 100%; max-width: 640px; }
    .mistakes td, .memory th { white-space: nowrap; }
    td.bar { width: 100%; min-width: 72px; padding-right: 0; vertical-align: middle; }
    td.bar i { display: block; height: 9px; background: var(--c2); border-radius: 1px; }
    .memory td.bar i { background: var(--c3); }
    .worst { display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: 24px 20px; }
    .worst img, .worst .missing {
      display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--wash);
      image-rendering: pixelated;
    }
    .missing { display: grid !important; place-items: center; color: var(--soft); font-size: 13px; }
    .worst figcaption { font-weight: 400; font-size: 13px; line-height: 1.4; margin-top: 7px; }
    .worst figcaption b { font-weight: 620; } .worst figcaption span { color: var(--soft); }
    .worst small { display: block; color: var(--soft); font-size: 12px; }
    .filters { display: grid; grid-template-columns: repeat(auto-fill, minmax(52px, 1fr)); gap: 12px; }
    .filters img {
      display: block; width: 100%; image-rendering: pixelated; outline: 1px solid var(--hair);
    }
    .facts { columns: 2; column-gap: 40px; font-size: 14px; }
    .facts div {
      display: flex; justify-content: space-between; gap: 20px; padding: 5px 0;
      border-bottom: 1px solid var(--hair); break-inside: avoid;
    }
    .facts dt { color: var(--soft); white-space: nowrap; } .facts dd { text-align: right; }
    .facts .own dd { font-weight: 680; }
    details { margin-top: 22px; } summary { cursor: pointer; color: var(--soft); font-size: 14px; }
    details[open] summary { margin-bottom: 10px; }
    pre { background: var(--wash); padding: 14px 16px; white-space: pre-wrap; margin-bottom: 10px; }
    footer { margin-top: 52px; color: var(--soft); font-size: 13px; }
    .runs td, .runs th { white-space: nowrap; }
    .runs .swatch { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 8px; }
    .runs small { display: block; color: var(--soft); padding-left: 20px; font-size: 12px; }
    .runs .differs { color: var(--ink); font-weight: 620; }
    @media (max-width: 860px) { .charts, .beside { grid-template-columns: minmax(0, 1fr); gap: 24px; } }
    @media (max-width: 600px) {
      body { padding: 24px 16px 40px; }
      .facts { columns: 1; } .lead { font-size: 16px; }
      .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px; margin-top: 22px; }
      .tiles dd { font-size: 23px; } section { padding-top: 36px; }
      .worst { grid-template-columns: repeat(2, minmax(0, 1fr)); }
      .panels { grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)); gap: 22px 14px; }
      .panel figcaption { font-size: 12.5px; }
    }
    @media print { body { max-width: none; padding: 0; } section { break-inside: avoid-page; } }
    """
