/**
 * The page's own script: arrow keys between pieces of text and cells, and the choice of layer and head. It builds no
 * markup from data and asks nothing of the network; the policy admits it by its hash.
 *
 * @module
 */
import { levels } from "../palette.ts";

export const script = `"use strict";
for (const group of document.querySelectorAll("[data-keys]")) {
  const items = [...group.querySelectorAll(group.dataset.keys)];
  const across = Number(group.dataset.across || items.length);
  const focus = (i) => {
    for (const item of items) item.tabIndex = -1;
    items[i].tabIndex = 0;
    items[i].focus();
  };
  items.forEach((item, i) => { item.tabIndex = i ? -1 : 0; });
  group.addEventListener("keydown", (event) => {
    const at = items.indexOf(document.activeElement);
    if (at < 0) return;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - across, ArrowDown: at + across, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to >= 0 && to < items.length) focus(to);
  });
}
const explanations = JSON.parse(document.getElementById("explanations").textContent);
for (const form of document.querySelectorAll("form[data-grid]")) {
  const { data, signed } = explanations[Number(form.dataset.grid)];
  const cells = [...form.parentElement.querySelectorAll("table.map td")];
  const scale = Number(form.dataset.scale), decimals = Number(form.dataset.decimals);
  const selects = [...form.querySelectorAll("select")];
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    const block = selects.reduce((sum, select, i) => sum * data.shape[i] + select.selectedIndex, 0);
    cells.forEach((cell, i) => {
      const value = data.values[block * cells.length + i];
      const level = Math.round(Math.max(-1, Math.min(1, value / scale)) * ${levels});
      const text = Math.abs(value).toFixed(decimals);
      cell.className = level === 0 ? "z" : level > 0 ? "p" + level : "n" + -level;
      cell.textContent = value < 0 && Number(text) ? "−" + text : signed && Number(text) ? "+" + text : text;
    });
  });
}
`;
