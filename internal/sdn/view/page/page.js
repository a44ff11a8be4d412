'use strict';
// The page of the network: what /api tells, drawn; rates by server-sent events, events by WebSocket.
const $ = (id) => document.getElementById(id);
const make = (name, text, attributes = {}) => {
  const e = document.createElement(name);
  if (text !== undefined) e.textContent = text;
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  return e;
};
const draw = (name, attributes, text) => {
  const e = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  return e;
};
const get = async (name) => {
  const reply = await fetch('api/' + name);
  if (!reply.ok) throw new Error(`${name}: ${reply.status}`);
  return reply.json();
};

const tables = ['dps', 'ports', 'hosts', 'vlans', 'routes', 'bgp', 'flows', 'stack'];
let chosen = 'ports';

// Why a table has no rows.
const nothing = {
  dps: () => 'No switch is configured.',
  ports: () => 'No switch has ports in the configuration.',
  hosts: () => away('no host can be seen') ?? 'No host has been seen yet: none has sent a packet, or no port has a link.',
  vlans: () => 'No VLAN is configured.',
  routes: () => 'Nothing is routed: no VLAN of the configuration has faucet_vips or routes.',
  bgp: () => 'There are no neighbours of BGP: no router of the configuration has a section bgp with neighbor_addresses.',
  flows: () => away('there are no flows to show') ?? 'No switch has told its flows.',
  stack: () => 'There is no stack: no port of the configuration has a section stack.',
};
let switches = [];
const away = (what) => switches.some((dp) => dp.connected) ? undefined : `No switch is connected, so ${what}.`;

const showTable = async () => {
  const name = chosen, rows = await get(name);
  if (name !== chosen) return; // another was asked for meanwhile
  if (!rows.length) switches = await get('dps');
  $('no-rows').textContent = rows.length ? '' : nothing[name]();
  const keys = rows.length ? Object.keys(rows[0]) : [];
  $('table').tHead.replaceChildren(make('tr'));
  const kind = (k) => k === 'flow' ? k : typeof rows[0][k] === 'number' ? 'number' : '';
  keys.forEach((k) => $('table').tHead.rows[0].append(make('th', k, { class: kind(k) === 'number' ? 'number' : '' })));
  $('table').tBodies[0].replaceChildren(...rows.map((row) => {
    const tr = make('tr');
    for (const k of keys) {
      const v = row[k];
      const text = Array.isArray(v) ? v.join(', ') : typeof v === 'boolean' ? (v ? 'yes' : 'no') : k === 'seen' ? new Date(v).toLocaleString() : v;
      tr.append(make('td', text, { class: kind(k) }));
    }
    return tr;
  }));
};

// Switches stand on a circle; links of a stack go between them, ports and their hosts around them.
const showTopology = async () => {
  const [dps, ports, links, hosts] = await Promise.all(['dps', 'ports', 'stack', 'hosts'].map(get));
  const radius = dps.length > 1 ? Math.max(80, 65 / Math.sin(Math.PI / dps.length)) : 0, middle = radius + 62, size = 2 * middle;
  const svg = $('topology');
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
  svg.style.maxWidth = size + 'px';
  const at = new Map(dps.map((dp, i) => {
    const angle = 2 * Math.PI * i / dps.length - Math.PI / 2;
    return [dp.name, [middle + radius * Math.cos(angle), middle + radius * Math.sin(angle)]];
  }));
  const parts = [];
  for (const l of links) {
    const [a, b] = [at.get(l.dp), at.get(l.peer)];
    if (a && b && (l.dp < l.peer || l.dp === l.peer && l.port < l.peer_port)) {
      parts.push(draw('line', { x1: a[0], y1: a[1], x2: b[0], y2: b[1], class: l.up ? 'up' : '' }));
    }
  }
  for (const dp of dps) {
    const [x, y] = at.get(dp.name), own = ports.filter((p) => p.dp === dp.name);
    parts.push(draw('circle', { cx: x, cy: y, r: 42, class: 'switch' + (dp.connected ? '' : ' away'), 'data-dp': dp.name }));
    parts.push(draw('text', { x, y }, dp.name), draw('text', { x, y: y + 15 }, `${dp.hosts} hosts`));
    own.slice(0, 64).forEach((p, i) => {
      const angle = 2 * Math.PI * i / Math.min(own.length, 64) - Math.PI / 2;
      const dot = draw('circle', { cx: x + 52 * Math.cos(angle), cy: y + 52 * Math.sin(angle), r: 5, class: 'port' + (p.up ? ' up' : ''), 'data-port': `${p.dp}/${p.port}` });
      const there = hosts.filter((h) => h.dp === p.dp && h.port === p.port).map((h) => h.mac);
      dot.append(draw('title', {}, [`${p.dp} port ${p.port} ${p.description}`, ...there.slice(0, 20)].join('\n')));
      parts.push(dot);
    });
  }
  svg.replaceChildren(...parts);
};

const human = (n) => {
  for (const unit of ['', 'k', 'M', 'G', 'T']) {
    if (n < 1000) return (n < 10 && unit ? n.toFixed(1) : Math.round(n)) + unit;
    n /= 1000;
  }
  return n.toFixed(0) + 'P';
};

const rates = new EventSource('api/rates');
rates.onmessage = (e) => {
  const list = JSON.parse(e.data);
  $('no-rates').textContent = list.length ? '' : 'No port has a link.';
  $('rates').tBodies[0].replaceChildren(...list.map((r) => {
    const tr = make('tr', undefined, { 'data-port': `${r.dp}/${r.port}` });
    [r.dp, r.name, human(r.rx_bits), human(r.tx_bits), human(r.rx_packets), human(r.tx_packets)].forEach((t, i) => tr.append(make('td', t, { class: i > 1 ? 'number' : '' })));
    const cell = make('td'), bar = make('meter', undefined, { max: Math.max(r.speed_kbps * 1000, 1), value: Math.max(r.rx_bits, r.tx_bits) });
    cell.append(bar);
    tr.append(cell);
    return tr;
  }));
  $('state').textContent = 'live';
};
rates.onerror = () => { $('state').textContent = 'the controller does not answer'; };

let late;
const soon = () => { // many events are one look
  late ??= setTimeout(() => { late = undefined; refresh(); }, 300);
};
const refresh = () => Promise.all([showTable(), showTopology()]).catch((e) => { $('state').textContent = e.message; });

const listen = () => {
  const ws = new WebSocket(new URL('events', location.href).href.replace(/^http/, 'ws'));
  ws.onmessage = (m) => {
    const e = JSON.parse(m.data);
    const kind = Object.keys(e).find((k) => !['version', 'time', 'dp_id', 'dp_name', 'event_id'].includes(k));
    $('no-events').textContent = '';
    $('events').prepend(make('li', `${new Date(e.time * 1000).toLocaleTimeString()} ${e.dp_name} ${kind} ${JSON.stringify(e[kind])}`, { value: e.event_id }));
    while ($('events').children.length > 200) $('events').lastChild.remove();
    soon();
  };
  ws.onclose = () => setTimeout(listen, 2000);
};

for (const name of tables) {
  const b = make('button', name, { role: 'tab', 'aria-selected': name === chosen });
  b.onclick = () => {
    chosen = name;
    for (const other of $('tabs').children) other.setAttribute('aria-selected', other === b);
    refresh();
  };
  $('tabs').append(b);
}
refresh();
listen();
setInterval(refresh, 10000);
