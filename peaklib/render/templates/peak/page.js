"use strict";
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const paper = window.matchMedia("print");
  const sisters = JSON.parse(document.getElementById("peak-dark").textContent);
  const config = { displayModeBar: false, displaylogo: false, responsive: true };
  const PRINT_WIDTH = 1106;

  // Theme colours are written #rrggbb; colours that mean a number are not, and stay.
  const recolour = (value) => {
    if (typeof value === "string") return sisters[value] ?? value;
    if (Array.isArray(value)) return value.map(recolour);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, recolour(part)]));
  };

  // Lists that several traces share are written once and named by their number.
  const parse = (text) => {
    const { data, layout, arrays } = JSON.parse(text);
    const full = (value) => (value && value.$array !== undefined ? arrays[value.$array] : value);
    const traces = data.map((trace) =>
      Object.fromEntries(Object.entries(trace).map(([key, value]) => [key, full(value)])));
    return { data: traces, layout };
  };

  const figures = [...document.querySelectorAll(".peak-figure")].map((box) => ({
    box,
    payload: parse(box.parentElement.querySelector(".peak-payload").textContent),
  }));

  const draw = ({ box, payload }, forPaper) => {
    const { data, layout } = dark.matches && !forPaper ? recolour(payload) : structuredClone(payload);
    delete layout.width;
    if (forPaper) layout.width = PRINT_WIDTH;
    return Plotly.react(box, data, { ...layout, autosize: !forPaper }, config);
  };
  const drawAll = (forPaper) => Promise.all(figures.map((figure) => draw(figure, forPaper)));

  const start = async () => {
    for (const figure of figures) {
      await draw(figure, paper.matches);
      // Let the reader scroll between two figures.
      await new Promise((next) => setTimeout(next, 0));
    }
    document.documentElement.dataset.figures = "drawn";
  };

  const valueOf = (cell) => {
    const text = cell.textContent.trim();
    const plain = text.replace(/\u2212/g, "-").replace(/[\s\u00a0\u202f+%,]/g, "");
    return { text, number: plain === "" ? NaN : Number(plain.replace("∞", "Infinity")) };
  };
  const missingLast = (one, other) => (one.text === "–") - (other.text === "–");
  const compare = (one, other, numeric) =>
    numeric ? one.number - other.number : one.text.localeCompare(other.text, "en", { numeric: true });

  const sortBy = (head) => {
    const table = head.closest("table");
    const column = [...head.parentElement.children].indexOf(head);
    const numeric = head.classList.contains("n");
    const before = head.getAttribute("aria-sort");
    // Numbers are mostly looked up from the largest down.
    const order = before === "none" ? (numeric ? "descending" : "ascending")
      : before === "ascending" ? "descending" : "ascending";
    const sign = order === "ascending" ? 1 : -1;
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, key: valueOf(row.cells[column]) }));
    rows.sort((a, b) => missingLast(a.key, b.key) || sign * compare(a.key, b.key, numeric) || 0);
    for (const other of head.parentElement.children) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", order);
    table.tBodies[0].append(...rows.map(({ row }) => row));
  };

  // A preview holds the first rows only: sorting those alone would mislead, so all are opened.
  const sortAll = (head) => {
    if (!head.closest(".peak-preview")) return sortBy(head);
    const whole = head.closest(".peak-fold").querySelector("details");
    whole.open = true;
    return sortBy(whole.querySelector("thead tr").cells[head.cellIndex]);
  };

  document.querySelectorAll(".peak-table thead th").forEach((head) => {
    head.setAttribute("aria-sort", "none");
    head.tabIndex = 0;
    head.title = "sort";
    head.addEventListener("click", (event) => event.target.closest("a") || sortAll(head));
    head.addEventListener("keydown", (event) => {
      if ((event.key === "Enter" || event.key === " ") && event.target === head) {
        event.preventDefault();
        sortAll(head);
      }
    });
  });

  // An attached document is drawn when it is opened, without scripts and without a network.
  document.querySelectorAll(".peak-attachment").forEach((part) => {
    part.addEventListener("toggle", () => {
      if (!part.open || part.querySelector("iframe")) return;
      const frame = document.createElement("iframe");
      frame.setAttribute("sandbox", "");
      frame.title = part.querySelector("summary").textContent;
      frame.srcdoc = JSON.parse(part.querySelector("script").textContent);
      part.append(frame);
    });
  });

  const button = document.getElementById("peak-code-button");
  button?.addEventListener("click", () => {
    const shown = document.body.classList.toggle("peak-shows-code");
    button.textContent = shown ? "hide code" : "show code";
    button.setAttribute("aria-expanded", String(shown));
    document.querySelectorAll(".peak-code:not(.peak-failed)").forEach((part) => (part.open = shown));
  });

  // Paper has no buttons: what is folded away is opened, and closed again afterwards.
  const folds = [...document.querySelectorAll(".peak-fold details")];
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = folds.filter((part) => !part.open);
    closed.forEach((part) => (part.open = true));
  });
  window.addEventListener("afterprint", () => closed.forEach((part) => (part.open = false)));

  if (figures.length) {
    dark.addEventListener("change", () => drawAll(paper.matches));
    paper.addEventListener("change", () => drawAll(paper.matches));
    window.addEventListener("beforeprint", () => drawAll(true));
    window.addEventListener("afterprint", () => drawAll(false));
    document.querySelectorAll("details").forEach((part) =>
      part.addEventListener("toggle", () =>
        part.querySelectorAll(".peak-figure").forEach((box) => Plotly.Plots.resize(box))));
  }
  start();
})();
