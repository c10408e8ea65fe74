// Dragging over the bars chooses a time: the form's two days are set and the form is sent. Without this script the
// bars are links, and the two days can be typed.
"use strict";
(() => {
  const chart = document.querySelector("figure.brush");
  const form = document.getElementById("ask");
  if (!chart || !form || !window.PointerEvent) return;
  const plot = chart.querySelector("svg.plot");
  const periods = chart.dataset.periods.split(" ");
  const mark = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  mark.setAttribute("class", "chosen");
  mark.setAttribute("height", "100%");
  let start = null;
  const share = (event) => {
    const box = plot.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const period = (at) => periods[Math.min(periods.length - 1, Math.floor(at * periods.length))];
  const first = (name) => (name + "-01-01").slice(0, 10);
  const last = (name) => {
    if (name.length === 10) return name;
    if (name.length === 4) return name + "-12-31";
    const [year, month] = name.split("-").map(Number);
    return `${name}-${new Date(Date.UTC(year, month, 0)).getUTCDate()}`;
  };
  plot.addEventListener("pointerdown", (event) => {
    if (event.button === 0) start = share(event);
  });
  plot.addEventListener("dragstart", (event) => event.preventDefault());
  window.addEventListener("pointermove", (event) => {
    if (start === null) return;
    const now = share(event);
    if (Math.abs(now - start) < 0.01) return;
    plot.appendChild(mark);
    mark.setAttribute("x", `${100 * Math.min(start, now)}%`);
    mark.setAttribute("width", `${100 * Math.abs(now - start)}%`);
  });
  window.addEventListener("pointerup", (event) => {
    if (start === null) return;
    const [from, until] = [start, share(event)].sort((a, b) => a - b);
    start = null;
    if (!mark.isConnected) return;
    form.elements.from.value = first(period(from));
    form.elements.until.value = last(period(until));
    form.requestSubmit();
  });
  plot.addEventListener("click", (event) => {
    if (mark.isConnected) event.preventDefault();
  }, true);
})();
