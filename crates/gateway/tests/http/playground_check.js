// Runs beside the playground, which is in a frame: uses it as a reader would and writes down what it found.
addEventListener("load", async () => {
  const found = [];
  const check = (name, holds, detail = "") => found.push(`${holds ? "ok" : "FAILED"}: ${name} ${detail}`.trim());
  try {
    const view = document.querySelector("iframe").contentWindow;
    const page = view.document;
    const at = (id) => page.getElementById(id);
    // A headless browser's clock runs ahead of the network, so this waits for answers instead.
    const until = async (name, holds) => {
      for (let i = 0; i < 2000 && !holds(); i++) await (await fetch("/health")).text();
      check(name, holds(), at("error").textContent);
    };
    const ask = (question) => {
      at("question").value = question;
      at("form").requestSubmit();
    };

    await until("it knows the models, or asks for a key", () => at("model").options.length === 2 || !at("locked").hidden);
    if (!at("locked").hidden) {
      at("key").value = "sesame";
      at("key").dispatchEvent(new view.Event("change"));
      await until("it knows the models with a key", () => at("model").options.length === 2);
    }
    at("model").selectedIndex = 1;
    at("budget").value = "4";
    ask("grow");
    await until("a bill comes", () => at("bill").children.length > 4);
    check("no error", at("error").hidden, at("error").textContent);
    check("the answer", at("answer").textContent === "It is\n0.", at("answer").textContent);
    check("the tree is a question and two states", page.querySelectorAll("#tree circle").length === 3);
    check("progress", at("progress").textContent.startsWith("2 states"), at("progress").textContent);
    check("votes", at("votes").textContent.includes("3 solutions"), at("votes").textContent);
    page.querySelectorAll("#tree circle")[1].dispatchEvent(new view.Event("mouseenter"));
    check("a state says what it adds", at("step").textContent === "a step", at("step").textContent);
    check("nothing overflows", page.documentElement.scrollWidth <= view.innerWidth, `${page.documentElement.scrollWidth}`);

    ask("fail");
    await until("a failure is said", () => at("error").textContent.includes("simulated"));
    check("and nothing else is shown", at("result").hidden);

    ask("wait");
    await until("it can be stopped", () => !at("stop").hidden && at("progress").textContent);
    at("stop").click();
    await until("and says so", () => at("progress").textContent.includes("stopped") && !at("ask").disabled);

    ask("late");
    await until("less than was asked for is marked", () => at("degraded").textContent.includes("deadline"));
  } catch (error) {
    check("the check ran", false, error.stack);
  }
  found.push("end");
  document.body.replaceChildren();
  document.body.dataset.found = found.join("\n");
});
