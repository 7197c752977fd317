(async () => {
  'use strict';
  // Beyond HTML and CSS: without this script every table stays open and no fact is lost.
  const all = (selector, node = document) => [...node.querySelectorAll(selector)];
  const data = id => JSON.parse(document.getElementById(id).textContent);
  const root = document.documentElement;
  root.classList.add('js');

  // The library is packed; it runs as an inline script that the page's policy allows by its hash.
  const unpack = async () => {
    const packed = document.getElementById('library');
    if (!packed || !('DecompressionStream' in window)) return;
    const bytes = Uint8Array.from(atob(packed.textContent.trim()), letter => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    const script = document.createElement('script');
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    packed.remove();
  };

  // Figures are drawn in the light palette; each colour then becomes a CSS property, so that
  // dark mode and paper need no second drawing.
  const TOKENS = {
    '21, 25, 30': 'ink', '71, 78, 87': 'ink-2', '100, 107, 117': 'ink-3', '132, 141, 148': 'grey',
    '230, 232, 234': 'hair', '223, 226, 229': 'tint', '255, 255, 255': 'paper',
  };
  const tinted = colour => {
    const rgb = /^rgb\((.+)\)$/.exec(colour);
    return rgb && TOKENS[rgb[1]] ? `var(--${TOKENS[rgb[1]]})` : null;
  };
  const retint = plot => all('svg [style]', plot).forEach(shape => ['fill', 'stroke'].forEach(part => {
    const token = tinted(shape.style[part]);
    if (token) shape.style[part] = token;
  }));
  const draw = (plot, width) => {
    const figure = data(plot.dataset.fig), family = getComputedStyle(plot.closest('figure')).fontFamily;
    const base = {
      font: {family, size: width ? 10.5 : 12, color: '#474e57'}, autosize: !width, dragmode: false, showlegend: false,
      paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
      hoverlabel: {bgcolor: '#15191e', bordercolor: '#646b75', font: {family, size: 13, color: '#fff'}},
    };
    const layout = {...base, ...figure.layout, ...(width ? {width} : {})};
    window.Plotly.react(plot, figure.data, layout, {displayModeBar: false, responsive: !width});
    retint(plot);
  };
  const drawAll = () => {
    const plots = all('.plot');
    if (!window.Plotly || !plots.length) return false;
    root.classList.add('drawn');
    plots.forEach(plot => {
      draw(plot);
      plot.on('plotly_afterplot', () => retint(plot));
      all('.main-svg', plot).forEach(svg => svg.setAttribute('aria-hidden', 'true'));
    });
    // one figure too wide makes a browser shrink the whole printed document
    addEventListener('beforeprint', () => plots.forEach(plot => draw(plot, Number(plot.dataset.print))));
    addEventListener('afterprint', () => plots.forEach(plot => draw(plot)));
    return true;
  };

  // Twins are open in the source: close those whose figure is about to be drawn.
  const setTwins = open => all('details.twin').forEach(twin => {
    const figure = twin.closest('figure');
    twin.open = open && (!figure || Boolean(figure.querySelector('.plot')));
  });
  const openTwinsOnPaper = () => {
    let shut = [];
    addEventListener('beforeprint', () => {
      shut = all('details.paper:not([open])');
      shut.forEach(twin => { twin.open = true; });
    });
    addEventListener('afterprint', () => shut.forEach(twin => { twin.open = false; }));
  };

  // On a phone rows become grids, which would hide them from a screen reader: say the roles aloud.
  const nameRoles = () => {
    const roles = {thead: 'rowgroup', tbody: 'rowgroup', tfoot: 'rowgroup', tr: 'row', td: 'cell'};
    all('table.reflow, table.bars').forEach(table => {
      table.setAttribute('role', 'table');
      Object.entries(roles).forEach(([tag, role]) => all(tag, table).forEach(node => node.setAttribute('role', role)));
      all('th', table).forEach(head => head.setAttribute('role', head.scope === 'row' ? 'rowheader' : 'columnheader'));
    });
  };

  // Lever switches look up one of 16 computed answers; nothing is added here.
  const followSwitches = () => {
    const form = document.querySelector('[data-switches]');
    if (!form) return;
    const answers = data('answers'), boxes = all('input[data-lever]', form);
    const place = (node, name, value) => node.style.setProperty(name, value);
    const write = (node, text, usd) => { node.textContent = text; node.dataset.usd = usd; };
    const show = () => {
      const key = boxes.map(box => Number(box.checked)).join(''), answer = answers[key];
      answer.steps.forEach((step, index) => {
        const row = boxes[index].closest('tr'), bar = row.querySelector('.bar');
        row.classList.toggle('off', !boxes[index].checked);
        place(bar, '--a', step.left);
        place(bar, '--b', step.right);
        place(row.querySelector('.link'), '--x', step.link);
        write(row.querySelector('.num'), step.text, step.usd);
      });
      const after = form.querySelector('[data-after]');
      place(after.querySelector('.bar'), '--b', answer.bill.at);
      write(after.querySelector('.num'), answer.bill.text, answer.bill.usd);
      form.querySelector('.say').textContent = answer.say;
      all('[data-key]', form).forEach(row => row.classList.toggle('here', row.dataset.key === key));
    };
    boxes.forEach(box => box.addEventListener('change', show));
  };

  nameRoles();
  followSwitches();
  openTwinsOnPaper();
  setTwins(false);
  await unpack().catch(() => null);
  if (!drawAll()) setTwins(true);
  root.classList.add('ready');
})();
