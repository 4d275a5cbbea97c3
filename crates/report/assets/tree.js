// The viewer of search trees. Texts are set as text, never as markup.
(() => {
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };
  const draw = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const size = (value) => {
    if (value === null || value === undefined) return "–";
    for (const [limit, prefix] of [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]]) {
      if (value >= limit) return `${+(value / (prefix === "k" ? 1e3 : limit)).toFixed(1)}${prefix}`;
    }
    return String(+value.toFixed(2));
  };
  const known = (value) => value !== null && value !== undefined;
  const stop = (score) => Math.round(Math.min(1, Math.max(0, score)) * 10);
  const line = (text) => text.replace(/\s+/g, " ").trim();
  const verdict = (right) =>
    known(right) ? make("span", { class: right ? "right-yes" : "right-no" }, right ? " ✓ right" : " ✗ wrong") : null;
  const facts = (pairs) => {
    const list = make("dl", { class: "tree-facts" });
    for (const [name, ...value] of pairs) {
      if (known(value[0])) list.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...value.filter(known))));
    }
    return list;
  };
  const fates = { kept: "kept", pruned: "pruned", truncated: "cut short", complete: "complete" };

  /// Children, depth and the chosen path of one search; nodes that name no known parent hang below the question.
  const grown = (view) => {
    const byId = new Map();
    const roots = [];
    const nodes = view.nodes.map((node, index) => ({ ...node, index, children: [], open: true, path: false }));
    for (const node of nodes) {
      const parent = byId.get(node.parent);
      if (parent) parent.children.push(node);
      else roots.push(node);
      node.above = parent ?? null;
      byId.set(node.id, node);
    }
    for (let node = byId.get(view.chosen); node; node = node.above) node.path = true;
    // From a stack, for chains may be long; a chain of single children reads as a list, not as a staircase.
    const ordered = [];
    const stack = roots.map((node) => [node, 1, 0]).reverse();
    while (stack.length) {
      const [node, level, indent] = stack.pop();
      Object.assign(node, { level, indent });
      ordered.push(node);
      const deeper = indent + (node.children.length > 1 ? 1 : 0);
      for (const child of [...node.children].reverse()) stack.push([child, level + 1, deeper]);
    }
    return { ordered, roots, byId };
  };

  /// The whole search at a glance: one column a depth, colour for the score.
  const map = (tree, select) => {
    const depth = Math.max(1, ...tree.ordered.map((node) => node.level));
    // A small tree has a row for each leaf; in a large one each depth is packed on its own, in the same order, so
    // that edges do not cross and the whole still fits a screen.
    let rows = 0;
    for (const node of tree.ordered) if (!node.children.length) rows += 1;
    const packed = rows > 48;
    if (packed) {
      const counts = [];
      for (const node of tree.ordered) node.row = counts[node.level] = (counts[node.level] ?? -1) + 1;
      rows = Math.max(...counts.filter(known)) + 1;
      for (const node of tree.ordered) node.row += (rows - 1 - counts[node.level]) / 2;
    } else {
      let row = rows;
      for (const node of [...tree.ordered].reverse()) {
        if (!node.children.length) node.row = --row;
        else node.row = (node.children[0].row + node.children[node.children.length - 1].row) / 2;
      }
    }
    const [width, step] = [960, Math.min(20, Math.max(0.7, 330 / rows))];
    const height = Math.max(60, rows * step + 24);
    const middle = height / 2 - (rows * step) / 2;
    const column = Math.min(150, (width - 60) / depth);
    const place = (node) => [24 + node.level * column, middle + (node.row + 0.5) * step];
    const picture = draw("svg", { class: "tree-map", viewBox: `0 0 ${Math.min(width, 60 + depth * column)} ${height}`, role: "img", "aria-label": "The search at a glance: one column for each depth, colour for the score" });
    picture.style.maxWidth = `${Math.round(1.25 * Math.min(width, 60 + depth * column))}px`;
    const origin = [24, height / 2];
    const radius = Math.max(2, Math.min(5.5, step * 0.42, column * 0.3));
    const discs = [];
    for (const node of [...tree.ordered].sort((a, b) => a.path - b.path)) {
      const [x, y] = place(node);
      const [u, v] = node.above ? place(node.above) : origin;
      const bend = (u + x) / 2;
      picture.append(draw("path", { d: `M${u} ${v}C${bend} ${v} ${bend} ${y} ${x} ${y}`, class: node.path ? "chosen" : "" }));
    }
    picture.append(draw("circle", { cx: origin[0], cy: origin[1], r: radius, fill: "var(--soft)" }));
    for (const node of tree.ordered) {
      const [x, y] = place(node);
      const left = node.status.kind === "pruned" || node.status.kind === "truncated";
      const disc = draw("circle", { cx: x, cy: y, r: node.path ? radius * 1.25 : left ? radius * 0.75 : radius, class: left ? "left" : "" });
      disc.style.fill = known(node.score) ? `var(--d${stop(node.score)})` : "var(--axis)";
      if (known(node.score) && stop(node.score) > 2 && stop(node.score) < 8) disc.style.stroke = "var(--axis)";
      disc.dataset.index = node.index;
      node.disc = disc;
      discs.push(disc);
    }
    picture.append(...discs);
    picture.addEventListener("click", (event) => {
      const index = event.target.dataset.index;
      if (index !== undefined) select(tree.ordered.find((node) => node.index === Number(index)), true);
    });
    return picture;
  };

  const viewer = (place, serial) => {
    const views = JSON.parse(place.querySelector("script[type='application/json']").textContent);
    place.querySelector("noscript")?.remove();
    if (!views.length) return;
    const option = (value, text) => make("option", { value }, text);
    const chooser = make("select", { "aria-label": "Question", class: "tree-chooser" });
    const outcome = make("select", { "aria-label": "Outcome" }, option("", "all outcomes"), option("right", "right"), option("wrong", "wrong"));
    const bins = [...new Set(views.map((view) => view.bin).filter(known))].sort((a, b) => a - b);
    const bin = make("select", { "aria-label": "Difficulty bin" }, option("", "all bins"), ...bins.map((one) => option(one, `bin ${one}`)));
    const questions = make("div", { class: "tree-bar" }, make("label", { class: "grow" }, chooser), outcome, bins.length ? bin : null);
    questions.hidden = views.length < 2;
    const head = make("div", { class: "tree-head" });
    const show = make("select", { "aria-label": "Which nodes", class: "tree-filter" }, option("", "every node"), option("path", "the chosen path"), option("kept", "kept"), option("pruned", "pruned"), option("complete", "complete"), option("truncated", "cut short"));
    const words = make("input", { type: "search", placeholder: "Search the steps", "aria-label": "Search the steps", class: "tree-words" });
    const expand = make("button", { type: "button", class: "tree-expand" }, "Expand all");
    const collapse = make("button", { type: "button", class: "tree-collapse" }, "Collapse all");
    const counted = make("span", { class: "tree-count", role: "status" });
    const tools = make("div", { class: "tree-bar" }, show, make("label", { class: "grow" }, words), expand, collapse, make("label", {}, counted));
    const glance = make("div");
    const list = make("ul", { class: "tree-list", role: "tree", "aria-label": "Search tree" });
    const none = make("p", { class: "tree-none" }, "No node fits the filter.");
    const details = make("aside", { class: "tree-details", "aria-label": "Details of a node", id: `details-${serial}` });
    const split = make("div", { class: "tree-split" }, make("div", {}, list, none), details);
    details.hidden = true;
    place.append(questions, head, tools, glance, split);
    let tree;
    let shown = [];
    let selected = null;

    const choose = () => {
      const before = chooser.value;
      chooser.replaceChildren();
      views.forEach((view, index) => {
        if (outcome.value && view.right !== (outcome.value === "right")) return;
        if (bin.value && view.bin !== Number(bin.value)) return;
        const sign = known(view.right) ? (view.right ? "✓ " : "✗ ") : "";
        chooser.append(option(index, `${sign}${line(view.question).slice(0, 110)}`));
      });
      chooser.disabled = !chooser.options.length;
      if (chooser.disabled) chooser.append(option("", "no question fits"));
      if ([...chooser.options].some((one) => one.value === before)) chooser.value = before;
      if (chooser.value !== "" && chooser.value !== before) open(views[Number(chooser.value)]);
    };

    const fate = (node) => {
      const parts = [];
      if (node.answer !== null && known(node.answer)) parts.push("⇒ ", make("b", {}, line(node.answer)), verdict(node.right));
      else if (node.status.kind !== "kept") parts.push(fates[node.status.kind], node.status.why ? `: ${node.status.why}` : "");
      if (known(node.vote)) parts.push(` · vote ${size(node.vote)}`);
      if (!known(node.answer) && node.status.kind === "kept" && node.cost.tokens) parts.push(`${size(node.cost.tokens)} tokens`);
      return make("span", { class: "fate" }, ...parts.filter(known));
    };

    const row = (node) => {
      const left = node.status.kind === "pruned" || node.status.kind === "truncated";
      const item = make("li", { role: "treeitem", "aria-level": node.level, tabindex: "-1", "aria-selected": "false", class: [node.path ? "on-path" : "", left ? "left" : ""].join(" ").trim() });
      item.style.setProperty("--indent", Math.min(node.indent, 14));
      const twig = make("span", { class: "twig", "aria-hidden": "true" }, node.children.length ? "▾" : "");
      const score = make("span", { class: "score" }, known(node.score) ? node.score.toFixed(2) : "–");
      if (known(node.score)) {
        score.style.background = `var(--d${stop(node.score)})`;
        score.style.color = `var(--di${stop(node.score)})`;
      }
      node.step = make("span", { class: "step" });
      item.append(twig, score, node.step, fate(node));
      item.dataset.index = node.index;
      Object.assign(node, { item, twig });
      return item;
    };

    const write = (node, word) => {
      const text = `${node.revised ? "revised: " : ""}${line(node.text).slice(0, 400)}` || "(empty)";
      const at = word ? text.toLowerCase().indexOf(word) : -1;
      if (at < 0) node.step.textContent = text;
      else node.step.replaceChildren(text.slice(0, at), make("mark", {}, text.slice(at, at + word.length)), text.slice(at + word.length));
    };

    const refresh = () => {
      const word = words.value.trim().toLowerCase();
      const filtered = show.value !== "" || word !== "";
      const fits = (node) =>
        (show.value === "" || (show.value === "path" ? node.path : node.status.kind === show.value)) &&
        (word === "" || line(node.text).toLowerCase().includes(word) || (node.answer ?? "").toLowerCase().includes(word));
      let count = 0;
      for (const node of tree.ordered) {
        node.fits = fits(node);
        count += node.fits;
        node.needed = node.fits;
      }
      // What fits is shown with all that leads to it.
      for (const node of [...tree.ordered].reverse()) if (node.needed && node.above) node.above.needed = true;
      shown = [];
      for (const node of tree.ordered) {
        node.shown = filtered ? node.needed : !node.above || (node.above.shown && node.above.open);
        if (node.shown && filtered && node.above && !node.above.open) node.shown = node.above.shown && node.above.open;
        node.item.hidden = !node.shown;
        node.item.style.opacity = filtered && !node.fits ? "0.6" : "";
        node.disc.classList.toggle("dim", filtered && !node.fits);
        if (node.children.length) {
          node.item.setAttribute("aria-expanded", String(node.open));
          node.twig.textContent = node.open ? "▾" : "▸";
        }
        if (node.shown) shown.push(node);
        if (node.word !== word) { write(node, word); node.word = word; }
      }
      none.hidden = shown.length > 0;
      list.hidden = shown.length === 0;
      counted.textContent = filtered ? `${count} of ${tree.ordered.length} nodes` : `${tree.ordered.length} nodes`;
      if (!shown.includes(selected)) focusable(shown[0] ?? null);
    };

    const focusable = (node) => {
      for (const other of tree.ordered) if (other.item.tabIndex === 0) other.item.tabIndex = -1;
      if (node) node.item.tabIndex = 0;
    };

    const select = (node, scroll) => {
      if (selected) {
        selected.item.setAttribute("aria-selected", "false");
        selected.disc.classList.remove("selected");
      }
      selected = node;
      split.classList.toggle("open", Boolean(node));
      details.hidden = !node;
      if (!node) return;
      let hidden = false;
      for (let above = node.above; above; above = above.above) if (!above.open) hidden = above.open = true;
      if (hidden) refresh();
      focusable(node);
      node.item.setAttribute("aria-selected", "true");
      node.disc.classList.add("selected");
      const close = make("button", { type: "button", class: "close", "aria-label": "Close the details" }, "✕");
      close.addEventListener("click", () => { const from = selected; select(null); from.item.focus(); });
      details.replaceChildren(
        make("h4", {}, `Node ${node.id}`, close),
        make("pre", {}, node.text || "(empty)"),
        facts([
          ["Fate", `${fates[node.status.kind]}${node.status.why ? `: ${node.status.why}` : ""}`],
          ["On the path", node.path ? "yes: it led to the chosen answer" : null],
          ["Origin", node.revised ? "rewrites its parent" : null],
          ["Score", known(node.score) ? node.score.toFixed(4) : null],
          ["Answer", known(node.answer) ? node.answer : null, verdict(node.right)],
          ["Vote", known(node.vote) ? size(node.vote) : null],
          ["Depth", `${node.level}`],
          ["Children", `${node.children.length}`],
          ["Tokens", size(node.cost.tokens)],
          ["FLOPs", known(node.cost.flops) ? size(node.cost.flops) : null],
        ]),
      );
      if (scroll && !node.item.hidden) node.item.scrollIntoView({ block: "nearest" });
    };

    const open = (view) => {
      tree = grown(view);
      selected = null;
      show.value = "";
      words.value = "";
      const most = Math.max(...view.standings.map((one) => one.weight), 1e-9);
      head.replaceChildren(
        make("p", { class: "tree-question" }, view.question),
        facts([
          ["Answer", view.answer ?? "none", verdict(view.right)],
          ["Expected", view.expected],
          ["Bin", known(view.bin) ? String(view.bin) : null],
          ["Strategy", view.strategy],
          ...view.bill.map((entry) => [entry.name, entry.value]),
        ]),
      );
      if (view.standings.length) {
        const table = make("div", { class: "standings", role: "list", "aria-label": "What spoke for each answer" });
        view.standings.slice(0, 6).forEach((one, index) => {
          const length = make("span", { class: "length" });
          length.style.width = `${Math.max(0, one.weight / most) * 100}%`;
          table.append(make("div", { class: index ? "standing" : "standing first", role: "listitem" },
            make("span", { class: "answer", title: one.answer }, one.answer, known(one.right) ? (one.right ? " ✓" : " ✗") : ""), length,
            make("span", { class: "count" }, `${size(one.weight)} from ${one.count} ${one.count === 1 ? "solution" : "solutions"}`)));
        });
        if (view.standings.length > 6) table.append(make("div", { class: "count" }, `and ${view.standings.length - 6} more`));
        head.append(table);
      }
      // Large trees open at what was kept; the rest is a click away.
      if (tree.ordered.length > 200) for (const node of tree.ordered) node.open = node.path || node.level < 2;
      // Rows out of sight are laid out when they come into sight, which only pays for many.
      list.classList.toggle("many", tree.ordered.length > 300);
      list.replaceChildren(...tree.ordered.map(row));
      glance.replaceChildren(map(tree, select));
      glance.hidden = tree.ordered.length < 2;
      select(null);
      refresh();
    };

    const of = (target) => {
      const item = target.closest?.("li[role=treeitem]");
      return item ? tree.ordered.find((node) => node.item === item) : null;
    };
    list.addEventListener("click", (event) => {
      const node = of(event.target);
      if (!node) return;
      if (event.target === node.twig && node.children.length) {
        node.open = !node.open;
        refresh();
      } else select(node);
    });
    list.addEventListener("keydown", (event) => {
      const node = of(event.target);
      if (!node) return;
      const at = shown.indexOf(node);
      const go = (to) => {
        if (!to) return;
        focusable(to);
        to.item.focus();
      };
      const fold = (wide) => { node.open = wide; refresh(); go(node); };
      const keys = {
        ArrowDown: () => go(shown[at + 1]),
        ArrowUp: () => go(shown[at - 1]),
        Home: () => go(shown[0]),
        End: () => go(shown[shown.length - 1]),
        ArrowRight: () => (node.children.length && !node.open ? fold(true) : go(shown[at + 1]?.above === node ? shown[at + 1] : null)),
        ArrowLeft: () => (node.children.length && node.open ? fold(false) : go(node.above)),
        Enter: () => select(node),
        " ": () => select(node),
        Escape: () => select(null),
      };
      if (!keys[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      keys[event.key]();
    });
    const all = (wide) => {
      for (const node of tree.ordered) node.open = wide;
      refresh();
    };
    expand.addEventListener("click", () => all(true));
    collapse.addEventListener("click", () => all(false));
    show.addEventListener("change", () => { for (const node of tree.ordered) node.open = true; refresh(); });
    words.addEventListener("input", () => { for (const node of tree.ordered) node.open = true; refresh(); });
    chooser.addEventListener("change", () => { if (chooser.value !== "") open(views[Number(chooser.value)]); });
    outcome.addEventListener("change", choose);
    bin.addEventListener("change", choose);
    choose();
  };
  document.querySelectorAll(".trees").forEach(viewer);
})();
