/** How far people agree. Five coefficients stand together, since one alone misleads. */
import { element } from "./element.js";
import { interval } from "./interval.js";
import { count, decimal, percent } from "./numbers.js";
import { table } from "./table.js";

const NAMES = {
  raw: "Raw agreement", cohen: "Cohen’s kappa", fleiss: "Fleiss’ kappa", krippendorff: "Krippendorff’s alpha", gwet: "Gwet’s AC1",
};

function estimate({ value, low, high }) {
  const cell = element("td", {});
  if (value === null) return cell.append("–"), cell;
  const clipped = [value, low, high].map((bound) => (bound === null ? null : Math.max(0, bound)));
  cell.append(interval(...clipped), element("span", { className: "number" }, decimal(value)));
  if (low !== null) cell.append(element("span", { className: "soft" }, ` ${decimal(low)} to ${decimal(high)}`));
  return cell;
}

function coefficients({ as_verdict: whole, as_missing: without }) {
  const rows = Object.entries(NAMES).map(([key, name]) => [name, estimate(whole[key]), decimal(without[key].value)]);
  const caption = `${count(whole.pairs)} pairs with two votes or more. 95% intervals; “unsure” as a verdict of its own, then left out.`;
  return table(["Coefficient", "With “unsure”", "Without"], rows, { caption, className: "coefficients" });
}

function matrix({ people, shared, raw, kappa }) {
  const rows = people.map((name, row) => [
    name,
    ...people.map((_, column) => {
      if (row === column) return element("td", { className: "self" }, "·");
      const cell = element("td", { title: `${count(shared[row][column])} pairs, Cohen’s kappa ${decimal(kappa[row][column])}` });
      cell.append(percent(raw[row][column], 0));
      return cell;
    }),
  ]);
  return table(["", ...people], rows, { caption: "Share of the same verdicts, person by person", className: "matrix" });
}

function byPart(parts, head, name) {
  const rows = parts.map((part) => [
    name(part), count(part.as_verdict.pairs), percent(part.as_verdict.raw.value), decimal(part.as_verdict.cohen.value), decimal(part.as_verdict.gwet.value),
  ]);
  return table([head, "Pairs", "Raw", "Kappa", "AC1"], rows);
}

const scrolls = (label, node) => {
  const box = element("div", { className: "scroll", tabIndex: 0 }, node);
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", label);
  return box;
};

export function showAgreement({ agreement }) {
  if (!agreement.overall?.as_verdict.pairs) return null;
  const shown = [scrolls("Coefficients of agreement", coefficients(agreement.overall))];
  if (agreement.matrix?.people.length > 1) shown.push(scrolls("Agreement of people", matrix(agreement.matrix)));
  if (agreement.by_class.length > 1)
    shown.push(scrolls("Agreement by class", byPart(agreement.by_class, "Class", (part) => part.name || "unknown")));
  if (agreement.by_similarity.length > 1)
    shown.push(scrolls("Agreement by similarity", byPart(agreement.by_similarity, "Similarity", (part) => `${decimal(part.low)} to ${decimal(part.high)}`)));
  return shown;
}
