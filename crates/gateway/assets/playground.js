"use strict";
// Asks this gateway and nobody else. What comes back is set as text, never as markup.
const at = (id) => document.getElementById(id);
const make = (name, text = "", type = "") => {
  const element = document.createElement(name);
  element.textContent = text;
  if (type) element.className = type;
  return element;
};
const count = (number, one, more = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : more}`;
let asking = null;
let models = [];

const headers = () => ({
  "content-type": "application/json",
  ...(at("key").value ? { authorization: `Bearer ${at("key").value}` } : {}),
});

async function offered() {
  const response = await fetch("/v1/models", { headers: headers() });
  at("locked").hidden = at("locked").hidden && response.status !== 401;
  if (!response.ok) throw new Error((await response.json()).error.message);
  const before = at("model").value;
  models = (await response.json()).data;
  at("model").replaceChildren(...models.map((model) => new Option(model.id, model.id, false, model.id === before)));
  about();
}

function about() {
  at("about").textContent = models.find((model) => model.id === at("model").value)?.description ?? "";
}

function fail(message) {
  at("error").textContent = message;
  at("error").hidden = false;
}

// The data of each event of a stream.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line.startsWith("data: ")) yield line.slice(6);
  }
}

function own() {
  const wanted = { progress: true };
  if (at("budget").value.trim()) wanted.budget = at("budget").value.trim();
  if (at("seconds").value) wanted.seconds = Number(at("seconds").value);
  return wanted;
}

async function ask() {
  for (const id of ["error", "search", "result", "degraded"]) at(id).hidden = true;
  at("answer").textContent = at("progress").textContent = at("step").textContent = "";
  at("tree").replaceChildren();
  asking = new AbortController();
  at("ask").disabled = true;
  at("stop").hidden = false;
  const nodes = new Map();
  try {
    if (!models.length) await offered();
    const messages = [{ role: "user", content: at("question").value }];
    const body = JSON.stringify({ model: at("model").value, messages, stream: true, deliberate: own() });
    const response = await fetch("/v1/chat/completions", { method: "POST", headers: headers(), body, signal: asking.signal });
    if (!response.ok) throw new Error((await response.json()).error.message);
    at("search").hidden = false;
    at("progress").textContent = "waiting for a place …";
    for await (const data of events(response)) {
      if (data === "[DONE]") break;
      const event = JSON.parse(data);
      if (event.error) throw new Error(event.error.message);
      const told = event.deliberate;
      if (told?.progress) grow(nodes, told.progress);
      const text = event.choices[0]?.delta?.content;
      if (text) at("answer").textContent += text;
      if (text) at("result").hidden = false;
      if (told?.spent) over(told);
    }
  } catch (error) {
    if (error.name === "AbortError") at("progress").textContent += " · stopped";
    else fail(error.message);
  } finally {
    at("ask").disabled = false;
    at("stop").hidden = true;
  }
}

function grow(nodes, { spent, answers, nodes: news }) {
  for (const node of news) nodes.set(node.id, node);
  const best = answers.slice(0, 3).map(({ answer, solutions }) => `${answer} ×${solutions}`).join(", ");
  at("progress").textContent = `${count(nodes.size, "state")} · ${count(spent.completion_tokens, "token")}${best ? ` · ${best}` : ""}`;
  draw(nodes);
}

// Steps from left to right; every leaf has a line of its own.
function draw(nodes) {
  const children = new Map();
  for (const [id, { parent }] of nodes) children.set(parent, [...(children.get(parent) ?? []), id]);
  const places = new Map([[0, { x: 0, y: 0 }]]);
  const stack = [[0, 0, false]];
  let [leaves, depth] = [0, 0];
  while (stack.length) {
    const [id, x, visited] = stack.pop();
    const below = children.get(id) ?? [];
    depth = Math.max(depth, x);
    if (!below.length) places.set(id, { x, y: leaves++ });
    else if (visited) places.set(id, { x, y: (places.get(below[0]).y + places.get(below.at(-1)).y) / 2 });
    else {
      stack.push([id, x, true]);
      for (const child of [...below].reverse()) stack.push([child, x + 1, false]);
    }
  }
  const svg = at("tree");
  const element = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const wide = Math.max(28, Math.min(90, 780 / (depth + 1)));
  const tall = Math.max(6, Math.min(17, 380 / leaves));
  const place = (id) => ({ x: 12 + places.get(id).x * wide, y: 12 + places.get(id).y * tall });
  const [width, height] = [24 + depth * wide, 24 + (leaves - 1) * tall];
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) svg.setAttribute(name, value);
  const lines = [];
  const dots = [element("circle", { cx: place(0).x, cy: place(0).y, r: tall / 3.4, class: "open" })];
  for (const [id, node] of nodes) {
    const [from, to] = [place(node.parent), place(id)];
    const middle = (from.x + to.x) / 2;
    lines.push(element("path", { d: `M${from.x} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}` }));
    const dot = element("circle", { cx: to.x, cy: to.y, r: tall / 3.4, class: node.state, "fill-opacity": 0.25 + 0.75 * (node.score ?? 1) });
    dot.addEventListener("mouseenter", () => {
      const score = node.score === null ? "" : `score ${node.score.toFixed(3)}: `;
      at("step").textContent = score + node.text.trim();
    });
    dots.push(dot);
  }
  svg.replaceChildren(...lines, ...dots);
}

function over({ way, votes, spent, seconds, degraded }) {
  at("result").hidden = false;
  at("degraded").hidden = !degraded;
  at("degraded").textContent = degraded ? `This is less than was asked for: ${degraded}.` : "";
  const most = Math.max(...votes.map((vote) => vote.weight), 1e-9);
  at("votes").replaceChildren(...votes.map((vote, index) => {
    const row = make("div", "", index ? "vote" : "vote first");
    const bar = make("i");
    bar.style.width = `${Math.max(0, (100 * vote.weight) / most)}%`;
    row.append(make("span", vote.answer ?? "no answer found"), bar, make("span", `${count(vote.solutions, "solution")} · weight ${vote.weight.toFixed(2)}`));
    return row;
  }));
  const flops = spent.flops ? [["Operations", `${spent.flops.toExponential(2)} FLOPs`]] : [];
  const lines = [
    ["Way", way],
    ["Generations", count(spent.generations, "solution")],
    ["Tokens drawn", spent.completion_tokens.toLocaleString("en")],
    ["Tokens given", `${spent.prompt_tokens.toLocaleString("en")}, of these ${spent.cached_tokens.toLocaleString("en")} from caches`],
    ["Of the verifier", count(spent.verifier_tokens, "token")],
    ...flops,
    ["Time", `${seconds.toFixed(2)} s`],
  ];
  at("bill").replaceChildren(...lines.map(([name, value]) => {
    const row = make("div");
    row.append(make("dt", name), make("dd", value));
    return row;
  }));
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
at("stop").addEventListener("click", () => asking?.abort());
at("model").addEventListener("change", about);
at("key").addEventListener("change", () => offered().then(() => { at("error").hidden = true; }, (error) => fail(error.message)));
offered().catch((error) => fail(error.message));
