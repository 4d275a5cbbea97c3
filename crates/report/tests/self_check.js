// Runs beside the page, which is in a frame: uses it as a reader would and writes down what it found.
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
    check("title untouched", page.title.startsWith("Gallery"), page.title);
    check("no foreign image", page.querySelectorAll("img").length === 0);

    const figures = [...page.querySelectorAll("figure[data-marks]")];
    check("figures", figures.length === Number(document.body.dataset.figures), String(figures.length));
    for (const figure of figures) {
      const marks = [...figure.querySelectorAll("svg .mark")].filter((mark) => mark.checkVisibility());
      check(`marks of ${figure.id}`, marks.length === Number(figure.dataset.marks) && marks.length > 0, `${marks.length} of ${figure.dataset.marks}`);
      check(`names of ${figure.id}`, marks.every((mark) => mark.getAttribute("aria-label")));
    }

    const swatches = [...page.querySelectorAll(".legend svg")].filter((swatch) => swatch.checkVisibility());
    check("swatches are small", swatches.length > 20 && swatches.every((swatch) => swatch.getBoundingClientRect().height < 20));
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
    click(trees.querySelector(".twig"));
    check("a twig opens", rows().length > roots);
    click(trees.querySelector(".tree-expand"));
    check("it expands", rows().length === all);
    const filter = trees.querySelector(".tree-filter");
    filter.value = "pruned";
    filter.dispatchEvent(new view.Event("change", { bubbles: true }));
    check("it filters", rows().length > 0 && rows().length < all, String(rows().length));
    filter.value = "";
    filter.dispatchEvent(new view.Event("change", { bubbles: true }));
    const words = trees.querySelector(".tree-words");
    words.value = "marbles are round";
    words.dispatchEvent(new view.Event("input", { bubbles: true }));
    check("it finds words", rows().length === 1 && trees.querySelector("li mark"), String(rows().length));
    words.value = "";
    words.dispatchEvent(new view.Event("input", { bubbles: true }));
    click(rows()[0].querySelector(".step"));
    const details = trees.querySelector(".tree-details");
    check("details open", !details.hidden && details.textContent.includes("0.8100"), details.textContent.slice(0, 80));
    rows()[0].focus();
    const press = (key) => page.activeElement.dispatchEvent(new view.KeyboardEvent("keydown", { key, bubbles: true }));
    press("ArrowDown");
    check("keys move", page.activeElement === rows()[1]);
    press("ArrowUp");
    press("ArrowLeft");
    check("keys fold", rows().length < all);
    press("ArrowRight");
    check("keys unfold", rows().length === all);

    const chooser = trees.querySelector(".tree-chooser");
    const choose = (index) => {
      chooser.value = String(index);
      chooser.dispatchEvent(new view.Event("change", { bubbles: true }));
    };
    const start = performance.now();
    choose(2);
    const built = performance.now() - start;
    click(trees.querySelector(".tree-expand"));
    const shown = performance.now() - start;
    void trees.offsetHeight;
    const took = performance.now() - start;
    check("2,000 nodes", rows().length === 2000, String(rows().length));
    // Far above what it takes: this is against quadratic work, not against a busy machine.
    check("2,000 nodes soon", took < 15000, `${Math.round(built)} ms to build, ${Math.round(shown)} to show, ${Math.round(took)} to lay out`);
    choose(3);
    await settled();
    check("hostile text is text", rows().length === 1 && trees.querySelectorAll("img, li script").length === 0 && page.title.startsWith("Gallery"));
    const outcome = trees.querySelector("select[aria-label=Outcome]");
    outcome.value = "right";
    outcome.dispatchEvent(new view.Event("change", { bubbles: true }));
    check("questions filter", chooser.options.length === 2, String(chooser.options.length));
    fits("still no overflow");
  } catch (error) {
    check("the check ran", false, error.stack);
  }
  found.push("end");
  document.body.replaceChildren();
  document.body.dataset.found = found.join("\n");
});
