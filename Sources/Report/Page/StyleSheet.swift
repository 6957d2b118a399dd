/// How pages and pictures look: light and dark, on screen and on paper. Paper cannot be unfolded: what is
/// folded is printed, all but long lists that something above sums up (`folded`).
enum StyleSheet {
  /// Colours, by theme. Each level has one hue, neither red nor amber.
  private static let colours = """
    :root{color-scheme:light dark;--ink:#1c2430;--dim:#5a6675;--paper:#fff;--panel:#f4f6f9;
    --line:#c9d1db;--stop:#c4162a;--stopbg:#fde8ea;--stale:#8a5300;--stalebg:#fff1d6;--link:#0b57b0;
    --root:#5b6b82;--context:#7a52a8;--pasid:#9a3f93;--l5:#2c5fb3;--l4:#0f7489;--l3:#1f7d52;
    --l2:#5c7a12;--l1:#4450c4;--page:#4a4f57;--interrupt:#7a52a8}
    @media(prefers-color-scheme:dark){:root{--ink:#e4e9f0;--dim:#a3afbf;--paper:#12161c;
    --panel:#1b2129;--line:#3a4552;--stop:#ff7685;--stopbg:#40151b;--stale:#ffc25c;--stalebg:#3c2a08;
    --link:#7db7ff;--root:#9fb0c8;--context:#c3a2ee;--pasid:#e79be0;--l5:#8db8ff;--l4:#5cc8de;
    --l3:#66d19c;--l2:#b5d35c;--l1:#a3acff;--page:#bcc3cd;--interrupt:#c3a2ee}}

    """

  /// What pictures need, inside a page or alone.
  static let pictures =
    colours + """
      svg text{font:12px ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace;fill:var(--ink)}
      svg .paper{fill:var(--paper)}svg .cell{fill:var(--panel);stroke:var(--line)}
      svg .wire{stroke:var(--dim);stroke-width:1.5;fill:none}svg .head{fill:var(--dim);stroke:none}
      svg .stop{stroke:var(--stop);stroke-width:2.5}svg .stop.head{fill:var(--stop)}
      svg .stopbox{fill:var(--stopbg);stroke:var(--stop);stroke-width:2}svg text.bad{fill:var(--stop)}
      svg .stale{stroke:var(--stale);stroke-width:2.5}svg .stale.head{fill:var(--stale)}
      svg .stalebox{fill:var(--stalebg);stroke:var(--stale);stroke-width:2}
      svg text.old{fill:var(--stale)}svg text.dim{fill:var(--dim)}svg text.b{font-weight:700}
      svg text.s{font-size:10px}svg text.on{fill:var(--paper)}
      svg rect.t-root{fill:var(--root)}svg rect.t-context{fill:var(--context)}
      svg rect.t-pasid{fill:var(--pasid)}svg rect.t-l5{fill:var(--l5)}svg rect.t-l4{fill:var(--l4)}
      svg rect.t-l3{fill:var(--l3)}svg rect.t-l2{fill:var(--l2)}svg rect.t-l1{fill:var(--l1)}
      svg rect.t-page{fill:var(--page)}svg rect.t-interrupt{fill:var(--interrupt)}

      """

  /// All of a page.
  static let page =
    pictures + """
      *{box-sizing:border-box}body{margin:0 auto;max-width:1120px;padding:1rem 1.2rem 4rem;
      background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,Segoe UI,Roboto,sans-serif}
      h1{font-size:1.5rem;line-height:1.25;margin:.4rem 0}h2{font-size:1.15rem;margin:2.2rem 0 .5rem;
      padding-bottom:.2rem;border-bottom:2px solid var(--line)}h3{font-size:1rem;margin:1.3rem 0 .3rem}
      p{margin:.4rem 0;max-width:75ch}h1,h2,h3,p,li,dd,summary{overflow-wrap:anywhere}a{color:var(--link)}code,pre,td.m,th.m,.m{font-family:ui-monospace,
      Menlo,Consolas,DejaVu Sans Mono,monospace;font-size:13px;overflow-wrap:anywhere}
      nav{margin:.8rem 0;font-size:14px;display:flex;flex-wrap:wrap;gap:.3rem 1rem}nav a{white-space:nowrap}
      .verdict{border-left:5px solid var(--stop);background:var(--stopbg);padding:.6rem .9rem;
      margin:.8rem 0;border-radius:3px}.verdict.ok{border-color:var(--line);background:var(--panel)}
      .verdict.stale{border-color:var(--stale);background:var(--stalebg)}.verdict p{margin:.2rem 0}
      .dim{color:var(--dim)}.bad{color:var(--stop);font-weight:600}.old{color:var(--stale);font-weight:600}
      .picture{overflow-x:auto;margin:.6rem 0;padding-bottom:.2rem}.picture svg{max-width:none}
      .scroll{overflow-x:auto}.scroll td.m{overflow-wrap:break-word}table{border-collapse:collapse;margin:.5rem 0;font-size:14px}
      th,td{border:1px solid var(--line);padding:.18rem .5rem;text-align:left;vertical-align:top}
      th{background:var(--panel);font-weight:600}td.stop{background:var(--stopbg);color:var(--stop);
      font-weight:600}td.stale{background:var(--stalebg);color:var(--stale);font-weight:600}
      dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem .9rem;margin:.4rem 0}
      dt{color:var(--dim)}dd{margin:0;max-width:75ch}pre.log,pre.yaml{background:var(--panel);
      padding:.6rem .7rem;overflow-x:auto;border:1px solid var(--line);border-radius:3px;line-height:1.4;
      margin:.5rem 0;overflow-wrap:normal}pre.log a{color:inherit;text-decoration:none;
      border-bottom:1px dotted var(--link)}pre.log a.time{color:var(--dim);border-color:var(--line)}:target{outline:2px solid var(--link);outline-offset:2px}
      .hot{color:var(--stop)}ul.tree{list-style:none;padding-left:1.1rem;margin:.2rem 0;
      border-left:2px solid var(--line)}ul.tree li{padding:.1rem 0 .1rem .5rem}.chip{display:inline-block;
      min-width:3.4rem;padding:0 .4rem;border-radius:3px;color:var(--paper);font-weight:600;
      text-align:center;margin-right:.4rem}.chip.t-root{background:var(--root)}
      .chip.t-context{background:var(--context)}.chip.t-pasid{background:var(--pasid)}
      .chip.t-l5{background:var(--l5)}.chip.t-l4{background:var(--l4)}.chip.t-l3{background:var(--l3)}
      .chip.t-l2{background:var(--l2)}.chip.t-l1{background:var(--l1)}.chip.t-page{background:var(--page)}
      .chip.t-interrupt{background:var(--interrupt)}details{margin:.4rem 0}summary{cursor:pointer}
      ol.time{list-style:none;padding:0;margin:.4rem 0}ol.time li{padding:.12rem 0 .12rem .6rem;
      border-left:3px solid var(--line);font-size:14px}ol.time li.step{border-color:var(--link);
      margin-top:.35rem;font-weight:600}ol.time li.bad{border-color:var(--stop)}
      ol.time li.old{border-color:var(--stale)}.d2{margin-left:1.2rem}.d3{margin-left:2.4rem}
      .d4{margin-left:3.6rem}.d5{margin-left:4.8rem}footer{margin-top:3rem;color:var(--dim);font-size:13px}
      @media(max-width:640px){pre.log{white-space:pre-wrap;overflow-wrap:anywhere}body{padding:.6rem .7rem 3rem}h1{font-size:1.2rem}
      dl{grid-template-columns:minmax(0,1fr)}dt{margin-top:.4rem}}
      @media print{:root{color-scheme:light}.chip,.verdict,th,td.stop,td.stale{print-color-adjust:exact;
      -webkit-print-color-adjust:exact}body{max-width:none;font-size:11pt}nav{display:none}
      .picture{overflow:visible}.picture svg{max-width:100%;height:auto}pre{white-space:pre-wrap}
      details:not(.folded)::details-content{content-visibility:visible}h2,h3{break-after:avoid}.verdict,table,.picture{break-inside:avoid}a{color:inherit}pre.log a{border:0}}

      """
}
