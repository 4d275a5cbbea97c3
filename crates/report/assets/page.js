"use strict";
// Light and dark, tooltips, legends, sorting, the place in the list of contents.
(() => {
  const root = document.documentElement;
  const toggle = document.getElementById("theme");
  const preference = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : preference.matches);
  const label = () => {
    toggle.textContent = dark() ? "Light" : "Dark";
    toggle.setAttribute("aria-pressed", String(dark()));
  };
  const remember = (write) => {
    // A page from a file may have no storage.
    try { return write(localStorage); } catch { return null; }
  };
  const stored = remember((storage) => storage.getItem("theme"));
  if (stored === "dark" || stored === "light") root.dataset.theme = stored;
  toggle.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    remember((storage) => storage.setItem("theme", root.dataset.theme));
    label();
  });
  preference.addEventListener("change", label);
  label();

  // A tooltip of our own: the browser's comes late and never on touch.
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  document.body.append(tip);
  for (const title of document.querySelectorAll(".mark > title")) {
    title.parentNode.dataset.tip = title.textContent;
    title.parentNode.setAttribute("aria-label", title.textContent);
    title.remove();
  }
  const point = (event) => {
    const mark = event.target.closest?.(".mark");
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.dataset.tip;
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.max(8, Math.min(event.clientX + 14, innerWidth - width - 8));
    const above = event.clientY - height - 12;
    tip.style.transform = `translate(${left}px, ${above > 4 ? above : event.clientY + 18}px)`;
  };
  document.addEventListener("pointermove", point);
  document.addEventListener("pointerdown", point);
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

  for (const button of document.querySelectorAll(".legend button")) {
    button.addEventListener("click", () => {
      const figure = button.closest("figure");
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      const pressed = [...figure.querySelectorAll(".legend button[aria-pressed=true]")];
      const names = new Set(pressed.map((one) => one.dataset.series));
      figure.classList.toggle("focus", names.size > 0);
      for (const group of figure.querySelectorAll("svg g[data-series]")) {
        group.classList.toggle("on", names.has(group.dataset.series));
      }
    });
  }

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => head.firstChild.addEventListener("click", () => {
      const numeric = head.classList.contains("number");
      const before = head.getAttribute("aria-sort");
      const rising = before === "none" ? !numeric : before === "descending";
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      const key = (row) => {
        const cell = row.cells[column];
        if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
        return numeric ? NaN : cell.textContent;
      };
      const order = (a, b) => {
        const [left, right] = [key(a), key(b)];
        if (typeof left === "string" || typeof right === "string") {
          return String(left).localeCompare(String(right), "en", { numeric: true }) * (rising ? 1 : -1);
        }
        // What is not known stands last, whichever way.
        if (Number.isNaN(left) || Number.isNaN(right)) return Number.isNaN(left) - Number.isNaN(right);
        return (left - right) * (rising ? 1 : -1);
      };
      const body = table.tBodies[0];
      body.append(...[...body.rows].sort(order));
    }));
  }

  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-10% 0px -75% 0px" });
  for (const id of links.keys()) {
    const section = document.getElementById(id);
    if (section) seen.observe(section);
  }
})();
