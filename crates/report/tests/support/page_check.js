// Runs beside any page of the project, which is in a frame: uses it as a reader would and writes down what it found.
// `window.further` may hold a check of what only one page has.
addEventListener("load", async () => {
  const found = [];
  const check = (name, holds, detail = "") => found.push(`${holds ? "ok" : "FAILED"}: ${name} ${detail}`.trim());
  try {
    const frame = document.querySelector("iframe");
    const page = frame.contentDocument;
    const view = frame.contentWindow;
    const settled = () => new Promise((resolve) => setTimeout(resolve, 30));
    view.addEventListener("error", (event) => check("no error", false, event.message));
    const click = (element) => element.dispatchEvent(new view.MouseEvent("click", { bubbles: true }));

    const wide = () => [...page.body.querySelectorAll("*")]
      .filter((element) => element.getBoundingClientRect().right > page.documentElement.clientWidth + 0.5 && !element.closest(".scroll, .tree-list, pre"))
      .map((element) => `${element.tagName}.${element.getAttribute("class")} "${element.textContent.slice(0, 30)}" to ${Math.round(element.getBoundingClientRect().right)}`);
    const fits = (name) => check(name, page.documentElement.scrollWidth <= view.innerWidth, `${page.documentElement.scrollWidth} of ${view.innerWidth}: ${wide().slice(0, 6).join(", ")}`);
    fits("no overflow");
    check("no foreign image", page.querySelectorAll("img").length === 0);

    const figures = [...page.querySelectorAll("figure[data-marks]")];
    check("figures", figures.length === Number(document.body.dataset.figures), String(figures.length));
    for (const figure of figures) {
      const marks = [...figure.querySelectorAll("svg .mark")].filter((mark) => mark.checkVisibility());
      check(`marks of ${figure.id}`, marks.length === Number(figure.dataset.marks) && marks.length > 0, `${marks.length} of ${figure.dataset.marks}`);
      check(`names of ${figure.id}`, marks.every((mark) => mark.getAttribute("aria-label")));
    }

    const swatches = [...page.querySelectorAll(".legend svg")].filter((swatch) => swatch.checkVisibility());
    check("swatches are small", swatches.length > 0 && swatches.every((swatch) => swatch.getBoundingClientRect().height < 20));
    for (const picture of page.querySelectorAll(".panel > svg.chart, .panel > div > svg.chart")) {
      if (!picture.checkVisibility()) continue;
      const box = picture.viewBox.baseVal;
      const outside = [...picture.querySelectorAll("text")].filter((text) => {
        const { x, width } = text.getBBox();
        return x < -1.5 || x + width > box.width + 1.5;
      });
      check(`text of ${picture.closest("figure").id} lies within`, !outside.length, outside.map((text) => `${text.textContent} ${Math.round(text.getBBox().x)}+${Math.round(text.getBBox().width)} of ${box.width}`).join("; "));
    }

    const ground = () => view.getComputedStyle(page.body).backgroundColor;
    const before = ground();
    click(page.getElementById("theme"));
    check("the theme changes", ground() !== before, `${before} to ${ground()}`);
    click(page.getElementById("theme"));
    check("and back", ground() === before);

    const legend = [...page.querySelectorAll(".legend button")].find((button) => button.checkVisibility());
    click(legend);
    check("a legend brings its series out", legend.closest("figure").querySelectorAll("g.on").length > 0);

    const table = page.querySelector("table[data-sortable]");
    const column = [...table.tHead.rows[0].cells].findIndex((head) => head.classList.contains("number"));
    const values = () => [...table.tBodies[0].rows].map((row) => Number(row.cells[column].dataset.value));
    const button = table.tHead.rows[0].cells[column].querySelector("button");
    click(button);
    check("a column sorts down", values().every((value, i, all) => !i || all[i - 1] >= value), values().join(" "));
    click(button);
    check("and up", values().every((value, i, all) => !i || all[i - 1] <= value), values().join(" "));

    const trees = page.querySelector(".trees");
    const rows = () => [...trees.querySelectorAll("li[role=treeitem]")].filter((row) => !row.hidden);
    const all = rows().length;
    check("the tree is open", all > 5, String(all));
    click(trees.querySelector(".tree-collapse"));
    const roots = rows().length;
    check("it collapses", roots < all, `${all} to ${roots}`);
    click(trees.querySelector("li[aria-expanded=false]:not([hidden]) .twig"));
    check("a twig opens", rows().length > roots);
    click(trees.querySelector(".tree-expand"));
    check("it expands", rows().length === all);
    const filter = trees.querySelector(".tree-filter");
    filter.value = "pruned";
    filter.dispatchEvent(new view.Event("change", { bubbles: true }));
    check("it filters", rows().length < all, String(rows().length));
    filter.value = "";
    filter.dispatchEvent(new view.Event("change", { bubbles: true }));
    await window.further?.({ page, view, check, click, settled, trees, rows, all });
    fits("still no overflow");
  } catch (error) {
    check("the check ran", false, error.stack);
  }
  found.push("end");
  document.body.replaceChildren();
  document.body.dataset.found = found.join("\n");
});
