/** Tables. A value is text, a node, a list of them, a cell, or null. */
import { element } from "./element.js";

/** A cell of this value, unless the value is one. */
function cell(tag, value, properties = {}) {
  return value instanceof HTMLTableCellElement ? value : element(tag, properties, ...[value ?? "–"].flat());
}

/** `head`: names of the columns. `rows`: [heading, ...values], or {group: heading} for a line above some of them. */
export function table(head, rows, { caption = null, className = "" } = {}) {
  const line = (row) => {
    if (row.group !== undefined) {
      const heading = cell("th", row.group, { colSpan: head.length, scope: "rowgroup" });
      return element("tr", { className: "group" }, heading);
    }
    return element("tr", {}, cell("th", row[0], { scope: "row" }), ...row.slice(1).map((value) => cell("td", value)));
  };
  return element(
    "table",
    { className },
    caption && element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...head.map((name) => cell("th", name, { scope: "col" })))),
    element("tbody", {}, ...rows.map(line)),
  );
}

/** The name of a column of words, and a cell of it. */
export const ofWords = (name) => element("th", { className: "text", scope: "col" }, name);
export const words = (...children) => element("td", { className: "text" }, ...children);
